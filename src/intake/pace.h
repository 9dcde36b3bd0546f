/*
 * Pace: so many of something a second, a tenth of a second's worth at once.
 * Thread: its owner.
 */
#ifndef TAPFERRY_INTAKE_PACE_H
#define TAPFERRY_INTAKE_PACE_H

#include <stdint.h>

struct pace {
	uint64_t interval_ns; /* const after init; 0: any number */
	uint64_t burst_ns;    /* const after init: how far ahead is allowed */
	uint64_t due_ns;      /* monotonic: when all of them were in pace */
};

/* @per_second: 0: no pace */
void pace_init(struct pace *p, unsigned per_second);

/* One more. */
void pace_count(struct pace *p, uint64_t mono_ns);

/* Return: how long to wait before the next one; 0: no need. */
uint64_t pace_wait_ns(const struct pace *p, uint64_t mono_ns);

#endif
