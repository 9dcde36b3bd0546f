/* Stress: what the contention tests share. */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"

#define must(x)                                                                \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, \
				#x, strerror(errno));                          \
			abort();                                               \
		}                                                              \
	} while (0)

/* A run lasts $STRESS_SECONDS, 2 by default. */
static inline uint64_t stress_end_ns(void)
{
	const char *s = getenv("STRESS_SECONDS");

	return clock_mono_ns(&clock_system) +
	       (s != NULL ? strtoull(s, NULL, 10) : 2) * NS_PER_S;
}

static inline bool stress_goes_on(uint64_t end_ns)
{
	return clock_mono_ns(&clock_system) < end_ns;
}

/* As many open files, if the system allows; else the test is skipped. */
static inline void stress_need_descriptors(rlim_t n)
{
	struct rlimit l;

	must(getrlimit(RLIMIT_NOFILE, &l) == 0);
	if (l.rlim_cur >= n)
		return;
	l.rlim_cur = n;
	if (setrlimit(RLIMIT_NOFILE, &l) == 0)
		return;
	printf("skipped: fewer than %lu descriptors\n", (unsigned long)n);
	exit(77);
}

/* xorshift64: each thread has its own state, never 0. */
static inline uint64_t stress_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
