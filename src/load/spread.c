#include "load/spread.h"

enum { STEPS = 1 << SPREAD_STEP_BITS };

/* Below 64 a bucket is a value; above, the leading seven bits of it. */
static unsigned bucket_of(uint64_t value)
{
	unsigned shift;

	if (value < STEPS)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - SPREAD_STEP_BITS;
	return (shift << SPREAD_STEP_BITS) + (unsigned)(value >> shift);
}

static uint64_t start_of(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2 * STEPS)
		return bucket;
	shift = (bucket >> SPREAD_STEP_BITS) - 1;
	return (uint64_t)(bucket - (shift << SPREAD_STEP_BITS)) << shift;
}

void spread_add(struct spread *s, uint64_t value)
{
	s->count++;
	if (value > s->max)
		s->max = value;
	s->bucket[bucket_of(value)]++;
}

uint64_t spread_quantile(const struct spread *s, double q)
{
	/* 0.57 of 20,000 is a little more than 11,400 in doubles */
	double rank = q * (double)s->count - 1e-6;
	uint64_t below = 0;

	for (unsigned i = 0; i < SPREAD_BUCKETS; i++) {
		below += s->bucket[i];
		if (below > 0 && (double)below >= rank)
			return start_of(i);
	}
	return 0;
}
