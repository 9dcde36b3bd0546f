#include "deliver/ack_resolve.h"

void ack_claim_free(struct ack_table *t, struct ack_claim *c)
{
	c->batch = NULL;
	TAILQ_INSERT_HEAD(&t->free, c, link);
	pthread_cond_signal(&t->changed);
}

void ack_claim_ripe(struct ack_table *t, struct ack_claim *c)
{
	if (!ack_claim_is_ripe(c))
		return;
	ack_claim_keep_lost(c);
	if (batch_left(c->batch) == 0 || c->given_up) {
		TAILQ_INSERT_TAIL(&t->done, c, link);
		return;
	}
	TAILQ_INSERT_TAIL(&t->again, c, link);
	pthread_cond_signal(&t->changed);
}

void ack_part_acked(
	struct ack_table *t, struct ack_part *p, struct ack_channel *ch)
{
	struct ack_claim *c = p->claim;

	ack_channel_drop(ch, p);
	t->settings.acked(
		t->settings.arg, ch->node->backend, c->batch, p->events.n);
	ack_part_resolve(p, ACK_PART_ACKED);
	ack_claim_ripe(t, c);
}

uint32_t ack_part_lost(
	struct ack_table *t, struct ack_part *p, struct ack_channel *ch)
{
	struct ack_claim *c = p->claim;
	uint32_t events = p->events.n;

	ack_channel_drop(ch, p);
	c->failed = ch->node->backend;
	ch->spoilt = true;
	ack_part_resolve(p, ACK_PART_LOST);
	ack_claim_ripe(t, c);
	return events;
}

uint32_t ack_channel_lost(struct ack_table *t, struct ack_channel *ch)
{
	struct ack_part *p;
	uint32_t events = 0;

	while ((p = TAILQ_FIRST(&ch->parts)) != NULL)
		events += ack_part_lost(t, p, ch);
	return events;
}
