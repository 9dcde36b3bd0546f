#include "base/histogram.h"

#include <assert.h>

#include "base/clock.h"

#define US(n) ((n)*NS_PER_US)
#define MS(n) ((n)*NS_PER_MS)
#define S(n)  ((n)*NS_PER_S)

#define TIME_BOUNDS                                                         \
	US(10), US(25), US(50), US(100), US(250), US(500), MS(1), US(2500), \
		MS(5), MS(10), MS(25), MS(50), MS(100), MS(250), MS(500),   \
		S(1), MS(1250), MS(2500), S(5), S(10), S(25), S(60)

const struct histogram_scale histogram_time = {
	/* 1.25 s tells batches that waited for a linger of 1 s, as by default,
	 * from those that had to wait for more */
	.n = 22,
	.bound = { TIME_BOUNDS },
};

/* an outage may last */
const struct histogram_scale histogram_delay = {
	.n = 27,
	.bound = { TIME_BOUNDS, S(300), S(900), S(3600), S(21600), S(86400) },
};

const struct histogram_scale histogram_age = {
	.n = 14,
	.bound = { S(1), MS(2500), S(5), S(10), S(25), S(60), S(120), S(300),
		S(600), S(1800), S(3600), S(10800), S(36000), S(86400) },
};

const struct histogram_scale histogram_count = {
	.n = 19,
	.bound = { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000,
		20000, 50000, 100000, 200000, 500000, 1000000 },
};

void histogram_init(struct histogram *h, const struct histogram_scale *scale)
{
	h->scale = scale;
	atomic_init(&h->sum, 0);
	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS_MAX; i++)
		atomic_init(&h->bucket[i], 0);
}

/* The first bucket whose bound is not below the value. */
static unsigned place_of(const struct histogram_scale *scale, uint64_t value)
{
	unsigned low = 0, high = scale->n;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (scale->bound[mid] < value)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void histogram_add_n(struct histogram *h, uint64_t value, uint64_t n)
{
	atomic_fetch_add_explicit(
		&h->bucket[place_of(h->scale, value)], n, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum, value * n, memory_order_relaxed);
}

void histogram_read(const struct histogram *h, struct histogram_reading *r)
{
	*r = (struct histogram_reading){
		.scale = h->scale,
		.sum = atomic_load_explicit(&h->sum, memory_order_relaxed),
	};
	for (unsigned i = 0; i <= h->scale->n; i++) {
		r->bucket[i] = atomic_load_explicit(
			&h->bucket[i], memory_order_relaxed);
		r->count += r->bucket[i];
	}
}

void histogram_since(struct histogram_reading *later,
	const struct histogram_reading *earlier)
{
	assert(later->scale == earlier->scale);
	for (unsigned i = 0; i <= later->scale->n; i++)
		later->bucket[i] -= earlier->bucket[i];
	later->count -= earlier->count;
	later->sum -= earlier->sum;
}

void histogram_join(
	struct histogram_reading *sum, const struct histogram_reading *other)
{
	assert(sum->scale == other->scale);
	for (unsigned i = 0; i <= sum->scale->n; i++)
		sum->bucket[i] += other->bucket[i];
	sum->count += other->count;
	sum->sum += other->sum;
}

uint64_t histogram_quantile(const struct histogram_reading *r, double q)
{
	const uint64_t *bound = r->scale->bound;
	double rank = q * (double)r->count, before = 0;

	if (r->count == 0)
		return 0;
	for (unsigned i = 0; i < r->scale->n; i++) {
		double here = (double)r->bucket[i];

		if (here > 0 && before + here >= rank) {
			uint64_t low = i > 0 ? bound[i - 1] : 0;
			double part = (rank - before) / here;

			return low +
			       (uint64_t)(part * (double)(bound[i] - low));
		}
		before += here;
	}
	return histogram_limit(r);
}
