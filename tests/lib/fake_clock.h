/* Fake clock: time that moves only when a test says so. */
#ifndef TESTS_LIB_FAKE_CLOCK_H
#define TESTS_LIB_FAKE_CLOCK_H

#include "base/clock.h"

struct fake_clock {
	struct clock clock; /* first: hand out &fake.clock */
	uint64_t mono_ns;
	uint64_t real_ns;
};

/* Starts at 1 s monotonic and 1,700,000,000 s real time. */
void fake_clock_init(struct fake_clock *f);
void fake_clock_advance(struct fake_clock *f, uint64_t ns);

#endif
