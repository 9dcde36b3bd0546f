/*
 * Breaker: stops sending to a backend that fails, and finds out with a single
 * request whether it works again.
 *
 *	closed     requests pass; their results are remembered
 *	open       none pass until the time is over
 *	half open  one passes: its result closes the breaker, or opens it again
 *	           for twice as long
 *
 * Pure: time comes in with every call.  Whoever shares one locks it.
 */
#ifndef TAPFERRY_DELIVER_BREAKER_H
#define TAPFERRY_DELIVER_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum { BREAKER_WINDOW_MAX = 64 };

struct breaker_settings {
	unsigned failures;    /* in a row; 0: these never open it */
	unsigned window;      /* results looked at, up to BREAKER_WINDOW_MAX */
	unsigned ratio;       /* percent of a full window failed; 0: never */
	uint64_t time_ns;     /* how long it is open the first time */
	uint64_t max_time_ns; /* where doubling ends */
};

enum breaker_state { BREAKER_CLOSED = 0, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
	enum breaker_state state;
	bool probing;       /* half open: the one request is under way */
	uint64_t results;   /* the last ones, newest lowest; 1: failed */
	unsigned n_results; /* of them, up to the window */
	unsigned row;       /* failures in a row */
	unsigned openings;  /* since it was last closed */
	uint64_t since_ns;  /* monotonic: of the state, or of the probe */
	uint64_t until_ns;  /* monotonic: end of open */
};

#define BREAKER_NULL ((struct breaker){ 0 })

/* Would a request pass now? */
bool breaker_passes(const struct breaker *b, uint64_t mono_ns);

/*
 * breaker_enter() - a request wants to pass
 * Return: true: it does, and breaker_result() must follow.
 */
bool breaker_enter(struct breaker *b, uint64_t mono_ns);

/*
 * breaker_result() - how a request went
 * @began_ns:  when it was sent; what began before the breaker opened tells
 *             nothing new
 * Return: true when the breaker opened.
 */
bool breaker_result(struct breaker *b, const struct breaker_settings *s,
	bool failed, uint64_t began_ns, uint64_t mono_ns);

/* A request that passed at that time ended without saying anything. */
void breaker_leave(struct breaker *b, uint64_t entered_ns);

/*
 * breaker_trip() - open it, whatever the results were (health, outliers)
 * Return: true when it was closed.
 */
bool breaker_trip(
	struct breaker *b, const struct breaker_settings *s, uint64_t mono_ns);

/* Something else says it works again: the next request may find out. */
void breaker_try(struct breaker *b, uint64_t mono_ns);

/*
 * breaker_usable_ns() - the time from which requests pass
 * Return: 0: now; UINT64_MAX: when the probe is back.
 */
uint64_t breaker_usable_ns(const struct breaker *b);

#endif
