/*
 * Backoff: how long to wait before the next try.
 *
 * The ceiling doubles with each failure up to a maximum; the delay is drawn
 * evenly between zero and the ceiling (full jitter), so that senders that
 * failed together do not come back together.
 */
#ifndef TAPFERRY_DELIVER_BACKOFF_H
#define TAPFERRY_DELIVER_BACKOFF_H

#include <stdint.h>

/* The random numbers of one thread. */
struct backoff {
	uint64_t state; /* owner: that thread */
};

/* From the system's randomness. */
void backoff_init(struct backoff *b);

/* 64 random bits. */
uint64_t backoff_random(struct backoff *b);

/* min(max, initial * 2^(failures - 1)); failures: 1 or more. */
uint64_t backoff_ceiling_ns(
	uint64_t initial_ns, uint64_t max_ns, uint32_t failures);

/* Evenly drawn from 0 to ceiling_ns, both included. */
uint64_t backoff_jitter_ns(struct backoff *b, uint64_t ceiling_ns);

#endif
