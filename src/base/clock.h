/*
 * Clock: where time comes from.
 *
 * Code that decides by time takes a `const struct clock *`, so a test can put
 * its own hands on it (tests/lib/fake_clock.h).  Times are nanoseconds in
 * uint64_t: monotonic ones for intervals, real ones (since 1970) for events.
 */
#ifndef TAPFERRY_BASE_CLOCK_H
#define TAPFERRY_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

struct clock {
	uint64_t (*mono_ns)(const struct clock *);
	uint64_t (*real_ns)(const struct clock *);
};

/* The machine's clock.  Any thread. */
extern const struct clock clock_system;

static inline uint64_t clock_mono_ns(const struct clock *c)
{
	return c->mono_ns(c);
}

static inline uint64_t clock_real_ns(const struct clock *c)
{
	return c->real_ns(c);
}

#endif
