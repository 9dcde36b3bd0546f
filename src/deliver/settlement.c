#include "deliver/settlement.h"

#include "base/log.h"

void settlement_refuse(struct sender *s, struct batch *b, uint32_t n,
	const struct outcome *o, enum output_stat reason)
{
	stat_add(s->stats, reason, n);
	stat_inc(s->stats, OUTPUT_REPLIES_REFUSED);
	backend_count(o->backend, BACKEND_REFUSED, n);
	batch_settle(b, n);
	log_limited(LOG_LEVEL_WARN, DELIVER_REFUSED,
		"the collector refused events for good; they are dropped",
		OUTCOME_FORMAT " events=%u", OUTCOME_ARGS(s, o), (unsigned)n);
}

size_t settlement_split(
	struct sender *s, struct parcel *p, const struct outcome *o)
{
	if (p->n > 1)
		return p->plain.len / 2;
	settlement_refuse(s, p->batch, 1, o, OUTPUT_DROPPED_TOO_LARGE);
	return SIZE_MAX;
}
