/*
 * Pacer: how many frames are due by now.
 *
 * The rate goes evenly from `from` to `rate` during the ramp and stays there;
 * or it is `rate` with a spike of `peak` at the end of each period.  What a
 * full socket held up is caught up later: the count is what was asked.
 */
#ifndef TAPFERRY_LOAD_PACER_H
#define TAPFERRY_LOAD_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct pacer {
	uint64_t start_ns; /* monotonic */
	uint64_t rate;     /* frames a second */
	uint64_t from;     /* before the ramp */
	uint64_t ramp_ns;
	uint64_t peak;     /* frames a second in a spike */
	uint64_t peak_ns;  /* how long one lasts */
	uint64_t every_ns; /* from spike to spike; 0: there are none */
};

/* Is there a rate at all?  Otherwise as many as go. */
static inline bool pacer_limits(const struct pacer *p)
{
	return p->rate > 0 || p->from > 0 || p->peak > 0;
}

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
