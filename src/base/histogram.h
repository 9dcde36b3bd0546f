/*
 * Histogram: how often which values occurred, in fixed buckets.
 *
 * Many threads add, with relaxed atomics and no allocation; whoever wants to
 * know takes a reading, a plain copy that the rest is computed from.  A
 * reading is a snapshot: each bucket is exact, two of them, and the sum, may
 * be an instant apart; its count is the sum of its buckets.
 *
 * Bounds are inclusive, as Prometheus' `le` is.
 */
#ifndef TAPFERRY_BASE_HISTOGRAM_H
#define TAPFERRY_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS_MAX = 27 };

struct histogram_scale {
	unsigned n; /* bounds, ascending; one bucket more is above them all */
	uint64_t bound[HISTOGRAM_BOUNDS_MAX];
};

extern const struct histogram_scale histogram_time;  /* ns: 10 us to 60 s */
extern const struct histogram_scale histogram_delay; /* ns: 10 us to 1 d */
extern const struct histogram_scale histogram_age;   /* ns: 1 s to 1 d */
extern const struct histogram_scale histogram_count; /* 1 to 1,000,000 */

struct histogram {
	const struct histogram_scale *scale; /* const after init */
	_Atomic uint64_t sum;                /* atomic */
	_Atomic uint64_t bucket[HISTOGRAM_BOUNDS_MAX + 1]; /* atomic */
};

struct histogram_reading {
	const struct histogram_scale *scale;
	uint64_t sum;
	uint64_t count;
	uint64_t bucket[HISTOGRAM_BOUNDS_MAX + 1]; /* not cumulative */
};

/* Before any other thread knows of it. */
void histogram_init(struct histogram *h, const struct histogram_scale *scale);

/* Any thread. */
void histogram_add_n(struct histogram *h, uint64_t value, uint64_t n);

static inline void histogram_add(struct histogram *h, uint64_t value)
{
	histogram_add_n(h, value, 1);
}

/* Any thread. */
void histogram_read(const struct histogram *h, struct histogram_reading *r);

/* @later becomes what was added after @earlier, of the same histogram. */
void histogram_since(struct histogram_reading *later,
	const struct histogram_reading *earlier);

/* @sum has what either had; of the same scale. */
void histogram_join(
	struct histogram_reading *sum, const struct histogram_reading *other);

/*
 * histogram_quantile() - the value that a share q (0..1) of all is not above,
 * by linear interpolation in its bucket, as Prometheus does it
 * Return: 0 when there is none; the last bound when it is above that.
 */
uint64_t histogram_quantile(const struct histogram_reading *r, double q);

/* The last bound: of what is above it no more is known. */
static inline uint64_t histogram_limit(const struct histogram_reading *r)
{
	return r->scale->bound[r->scale->n - 1];
}

#endif
