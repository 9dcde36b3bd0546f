/*
 * Spread: how values are distributed, to two per cent, for what a run prints.
 *
 * base/histogram.h is for scrapes: fixed buckets, few of them, many threads.
 * This one has 64 buckets for each power of two, and one thread.
 */
#ifndef TAPFERRY_LOAD_SPREAD_H
#define TAPFERRY_LOAD_SPREAD_H

#include <stdint.h>

enum {
	SPREAD_STEP_BITS = 6, /* 64 buckets for each power of two */
	SPREAD_BUCKETS = (64 - SPREAD_STEP_BITS + 1) << SPREAD_STEP_BITS,
};

struct spread {
	uint64_t count;
	uint64_t max;
	uint64_t bucket[SPREAD_BUCKETS];
};

void spread_add(struct spread *s, uint64_t value);

/*
 * spread_quantile() - the value that a share q (0..1) of all is not above
 * Rounded down to its bucket, so by less than two per cent.  Return: 0 when
 * there is none.
 */
uint64_t spread_quantile(const struct spread *s, double q);

#endif
