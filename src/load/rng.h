/*
 * Rng: a small seeded generator of random numbers (SplitMix64), so that a run
 * can be repeated.  Not for secrets.
 */
#ifndef TAPFERRY_LOAD_RNG_H
#define TAPFERRY_LOAD_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

#define RNG_SEED(seed) ((struct rng){ .state = (seed) })

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 to n - 1; n is not 0. */
static inline unsigned rng_below(struct rng *r, unsigned n)
{
	return (unsigned)((rng_next(r) >> 32) * n >> 32);
}

/* True in `percent` of a hundred cases. */
static inline bool rng_chance(struct rng *r, unsigned percent)
{
	return rng_below(r, 100) < percent;
}

#endif
