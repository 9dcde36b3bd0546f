#include "load/faults.h"

#include "load/rng.h"

enum { CODE_WRONG_INDEX = 7 }; /* its number counts from 1 */

uint64_t fault_keeps(const struct fault *f)
{
	if (f->taken || fault_succeeds(f))
		return UINT64_MAX;
	if (f->what != FAULT_STATUS || f->number < 0)
		return 0;
	if (f->code == CODE_WRONG_INDEX)
		return f->number > 0 ? (uint64_t)f->number - 1 : 0;
	return (uint64_t)f->number;
}

static bool applies(
	const struct faults *f, unsigned rule, const struct fault_request *rq)
{
	const struct fault_rule *r = &f->rules[rule];
	struct rng rng = RNG_SEED(f->seed ^ rq->n << 8 ^ rule);

	switch (r->when) {
	case FAULT_CHANCE:
		/* 53 random bits: a number from 0 to below 1 */
		return (double)(rng_next(&rng) >> 11) * 0x1p-53 < r->chance;
	case FAULT_EVERY:
		return rq->n % r->n == 0;
	case FAULT_FIRST:
		return rq->n <= r->n;
	case FAULT_FROM:
		return rq->n >= r->n;
	case FAULT_AT:
		return rq->n == r->n;
	case FAULT_ABOVE:
		return rq->len > r->n;
	case FAULT_CODING:
		return rq->coding == r->n;
	default:
		return true;
	}
}

struct fault faults_pick(const struct faults *f, const struct fault_request *rq)
{
	for (unsigned i = 0; i < f->n_rules; i++)
		if (applies(f, i, rq))
			return f->rules[i].fault;
	return FAULT_NULL;
}
