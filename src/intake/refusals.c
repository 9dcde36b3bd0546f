#include "intake/refusals.h"

void refusals_set_pace(struct refusals *r, unsigned per_second)
{
	pace_init(&r->pace, per_second);
}

static void close_oldest(struct refusals *r)
{
	conn_free(r->kept[r->first]);
	r->first = (r->first + 1) % REFUSALS_KEPT_MAX;
	r->n--;
}

void refusals_close(struct refusals *r, struct conn **cp, uint64_t mono_ns)
{
	pace_count(&r->pace, mono_ns);
	*cp = conn_free(*cp);
}

void refusals_keep(struct refusals *r, struct conn **cp, uint64_t mono_ns)
{
	if (r->n == REFUSALS_KEPT_MAX)
		close_oldest(r);
	r->kept[(r->first + r->n) % REFUSALS_KEPT_MAX] = *cp;
	r->n++;
	*cp = NULL;
	refusals_tick(r, mono_ns);
}

void refusals_fit(struct refusals *r, unsigned places)
{
	while (r->n > places)
		close_oldest(r);
}

void refusals_tick(struct refusals *r, uint64_t mono_ns)
{
	while (r->n > 0 && pace_wait_ns(&r->pace, mono_ns) == 0) {
		pace_count(&r->pace, mono_ns);
		close_oldest(r);
	}
}

uint64_t refusals_wait_ns(const struct refusals *r, uint64_t mono_ns)
{
	return r->n > 0 ? pace_wait_ns(&r->pace, mono_ns) : UINT64_MAX;
}
