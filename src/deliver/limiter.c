#include "deliver/limiter.h"

/* Shares of a new value in the smoothed ones: 1/USUAL and 1/LATELY. */
enum { USUAL = 64, LATELY = 4 };

void limiter_init(struct limiter *l, uint32_t max)
{
	*l = (struct limiter){ .limit = max * LIMITER_ONE, .max = max };
}

static void lower(struct limiter *l, uint64_t mono_ns)
{
	l->limit = l->limit / 2 > LIMITER_ONE ? l->limit / 2 : LIMITER_ONE;
	l->lowered_ns = mono_ns;
	l->lately_ns = 0;
}

/* By one for each `limit` replies: one more a round trip. */
static void raise_it(struct limiter *l)
{
	l->limit += LIMITER_ONE * LIMITER_ONE / l->limit;
	if (l->limit > l->max * LIMITER_ONE)
		l->limit = l->max * LIMITER_ONE;
}

static uint64_t smoothed(uint64_t mean, uint64_t value, unsigned share)
{
	return mean == 0 ? value : mean - mean / share + value / share;
}

static bool is_slow(const struct limiter *l, const struct limiter_settings *s)
{
	return s->latency_factor != 0 && l->lately_ns > s->latency_floor_ns &&
	       l->lately_ns / s->latency_factor > l->usual_ns;
}

void limiter_result(struct limiter *l, const struct limiter_settings *s,
	enum limiter_sign sign, uint64_t took_ns, uint64_t mono_ns)
{
	if (!s->enabled || sign == LIMITER_UNKNOWN ||
		mono_ns - took_ns < l->lowered_ns)
		return;
	if (sign == LIMITER_TOO_MUCH) {
		lower(l, mono_ns);
		return;
	}
	l->lately_ns = smoothed(l->lately_ns, took_ns, LATELY);
	if (l->usual_ns != 0 && is_slow(l, s))
		lower(l, mono_ns);
	else
		raise_it(l);
	/* slowness that stays becomes what is usual */
	l->usual_ns = smoothed(l->usual_ns, took_ns, USUAL);
}

void limiter_restart(struct limiter *l, const struct limiter_settings *s)
{
	if (s->enabled)
		l->limit = LIMITER_ONE;
}
