/*
 * Pacer: how many frames are due by now.
 *
 * The rate rises evenly from nothing to `rate` during the ramp and stays.
 * What a full socket held up is caught up later: the count is what was asked.
 */
#ifndef TAPFERRY_LOAD_PACER_H
#define TAPFERRY_LOAD_PACER_H

#include <stdint.h>

struct pacer {
	uint64_t start_ns; /* monotonic */
	uint64_t rate;     /* frames a second; 0: as many as go */
	uint64_t ramp_ns;  /* only with a rate */
};

/* Frames due since the start; UINT64_MAX without a rate. */
uint64_t pacer_due(const struct pacer *p, uint64_t mono_ns);

/*
 * pacer_wait_ns() - how long to sleep until frame number `n` + 1 is due
 * Never more than the time to it, at least a tick of PACER_TICK_NS unless
 * there is no rate, so that a high rate goes out in few, larger writes.
 */
#define PACER_TICK_NS UINT64_C(1000000)
uint64_t pacer_wait_ns(const struct pacer *p, uint64_t mono_ns, uint64_t n);

#endif
