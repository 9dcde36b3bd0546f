/*
 * Limiter: how many requests a backend is given at the same time.
 *
 * Additive increase, multiplicative decrease.  A reply that asks for less, a
 * request without a reply, and replies that take far longer than this backend
 * usually does lower the limit; every reply in good time raises it a little.
 * What was sent before the last decrease says nothing about the limit since,
 * so several requests that suffer together lower it once.
 *
 * Pure.  Whoever shares one locks it.
 */
#ifndef TAPFERRY_DELIVER_LIMITER_H
#define TAPFERRY_DELIVER_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct limiter_settings {
	bool enabled;
	unsigned latency_factor; /* of the usual time; 0: time does not count */
	uint64_t latency_floor_ns; /* quicker than this is never too slow */
};

struct limiter {
	uint32_t limit;      /* in 1/LIMITER_ONE requests */
	uint32_t max;        /* requests: as many as there are senders */
	uint64_t usual_ns;   /* time of a reply, smoothed over many; 0: none */
	uint64_t lately_ns;  /* smoothed over a few */
	uint64_t lowered_ns; /* monotonic: the last decrease; 0: never */
};

enum { LIMITER_ONE = 256 };

/* How a request went. */
enum limiter_sign {
	LIMITER_GOOD = 0, /* a reply, with the time it took */
	LIMITER_TOO_MUCH, /* 429, 503, no reply: less, please */
	LIMITER_UNKNOWN,  /* says nothing */
};

/* @max:  requests, 1 or more; where the limit begins and ends */
void limiter_init(struct limiter *l, uint32_t max);

/* Requests allowed at the same time, 1 or more. */
static inline uint32_t limiter_requests(const struct limiter *l)
{
	return l->limit / LIMITER_ONE;
}

/*
 * limiter_result() - how a request went
 * @took_ns:  from sending to the whole reply
 */
void limiter_result(struct limiter *l, const struct limiter_settings *s,
	enum limiter_sign sign, uint64_t took_ns, uint64_t mono_ns);

/* After a failure the limit begins at 1 again, and grows. */
void limiter_restart(struct limiter *l, const struct limiter_settings *s);

#endif
