/*
 * Beat: something that is due again and again.
 */
#ifndef TAPFERRY_CONTROL_BEAT_H
#define TAPFERRY_CONTROL_BEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct beat {
	uint64_t interval_ns; /* 0: never */
	uint64_t next_ns;     /* monotonic */
};

/* The first time is one interval from now. */
static inline struct beat beat_from(uint64_t interval_ns, uint64_t now_ns)
{
	return (struct beat){ interval_ns, now_ns + interval_ns };
}

/* Once each time; those that were slept through are left out. */
static inline bool beat_is_due(struct beat *b, uint64_t now_ns)
{
	if (b->interval_ns == 0 || now_ns < b->next_ns)
		return false;
	b->next_ns += b->interval_ns;
	if (b->next_ns <= now_ns)
		b->next_ns = now_ns + b->interval_ns;
	return true;
}

/* The time left, as poll(2) takes it: never too short, at most an hour. */
static inline int beat_wait_ms(const struct beat *b, uint64_t now_ns)
{
	uint64_t left = 3600 * NS_PER_S;

	if (b->interval_ns != 0 && b->next_ns < now_ns + left)
		left = b->next_ns > now_ns ? b->next_ns - now_ns : 0;
	return (int)((left + NS_PER_MS - 1) / NS_PER_MS);
}

#endif
