#include "deliver/ack_claim.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int ack_claim_prepare(struct ack_claim *c)
{
	if (c->parts == NULL)
		c->parts = calloc(ACK_PARTS_MAX + 1, sizeof(*c->parts));
	return c->parts != NULL ? 0 : -ENOMEM;
}

void ack_claim_deinit(struct ack_claim *c)
{
	free(c->parts);
	c->parts = NULL;
}

void ack_claim_begin(struct ack_claim *c)
{
	c->at_sender = true;
	c->n = 0;
	c->awaited = 0;
}

/* Does it wait for b? */
static bool awaits(const struct ack_claim *c, const struct backend *b)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->parts[i].state == ACK_PART_AWAITED &&
			c->parts[i].backend == b)
			return true;
	return false;
}

static struct ack_part *add(struct ack_claim *c, struct backend *b,
	struct batch_span events, uint64_t id, enum ack_part_state state)
{
	struct ack_part *p = &c->parts[c->n++];

	*p = (struct ack_part){
		.claim = c,
		.backend = b,
		.events = events,
		.id = id,
		.state = state,
	};
	return p;
}

struct ack_part *ack_claim_add(struct ack_claim *c, struct backend *b,
	struct batch_span events, uint64_t id)
{
	assert(c->at_sender && c->n < ACK_PARTS_MAX);
	c->awaited++;
	if (!awaits(c, b))
		atomic_fetch_add(&b->claims, 1);
	return add(c, b, events, id, ACK_PART_AWAITED);
}

void ack_claim_leave(struct ack_claim *c, bool given_up)
{
	struct batch_span rest = { c->batch->first, batch_left(c->batch) };

	if (rest.n > 0)
		add(c, NULL, rest, 0, ACK_PART_LOST);
	c->at_sender = false;
	c->given_up = given_up;
}

void ack_part_resolve(struct ack_part *p, enum ack_part_state state)
{
	struct ack_claim *c = p->claim;

	assert(p->state == ACK_PART_AWAITED);
	p->state = state;
	c->awaited--;
	if (!awaits(c, p->backend))
		atomic_fetch_sub(&p->backend->claims, 1);
	if (state != ACK_PART_ACKED)
		return;
	batch_settle_passed(c->batch, p->events.n);
	c->acked = true;
}

void ack_claim_keep_lost(struct ack_claim *c)
{
	struct batch_span lost[ACK_PARTS_MAX + 1];
	size_t n = 0;

	assert(ack_claim_is_ripe(c));
	/* a sender goes through a batch from its start: they ascend */
	for (unsigned i = 0; i < c->n; i++)
		if (c->parts[i].state == ACK_PART_LOST)
			lost[n++] = c->parts[i].events;
	batch_keep(c->batch, lost, n);
	c->n = 0;
}
