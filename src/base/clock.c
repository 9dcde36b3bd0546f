#include "base/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static uint64_t system_mono_ns(const struct clock *c)
{
	(void)c;
	return read_ns(CLOCK_MONOTONIC);
}

static uint64_t system_real_ns(const struct clock *c)
{
	(void)c;
	return read_ns(CLOCK_REALTIME);
}

const struct clock clock_system = {
	.mono_ns = system_mono_ns,
	.real_ns = system_real_ns,
};
