#include "deliver/ack_table.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "deliver/ack_resolve.h"

int ack_table_init(struct ack_table *t, const struct ack_settings *settings,
	unsigned n_senders)
{
	pthread_condattr_t attr;

	*t = (struct ack_table){
		.settings = *settings,
		.n_claims = settings->max_pending + n_senders,
	};
	t->claims = calloc(t->n_claims, sizeof(*t->claims));
	if (t->claims == NULL)
		return -ENOMEM;
	TAILQ_INIT(&t->free);
	TAILQ_INIT(&t->done);
	TAILQ_INIT(&t->again);
	LIST_INIT(&t->nodes);
	for (unsigned i = 0; i < t->n_claims; i++)
		TAILQ_INSERT_TAIL(&t->free, &t->claims[i], link);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attr);
	pthread_condattr_destroy(&attr);
	return 0;
}

void ack_table_deinit(struct ack_table *t)
{
	struct ack_node *n;

	if (t->claims == NULL)
		return;
	while ((n = LIST_FIRST(&t->nodes)) != NULL) {
		LIST_REMOVE(n, link);
		ack_node_free(n);
	}
	for (unsigned i = 0; i < t->n_claims; i++)
		ack_claim_deinit(&t->claims[i]);
	free(t->claims);
	t->claims = NULL;
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
}

struct ack_claim *ack_table_reserve(struct ack_table *t)
{
	struct ack_claim *c;

	pthread_mutex_lock(&t->lock);
	c = TAILQ_FIRST(&t->free);
	if (c != NULL && ack_claim_prepare(c) == 0)
		TAILQ_REMOVE(&t->free, c, link);
	else
		c = NULL;
	pthread_mutex_unlock(&t->lock);
	return c;
}

void ack_table_cancel(struct ack_table *t, struct ack_claim *c)
{
	pthread_mutex_lock(&t->lock);
	ack_claim_free(t, c);
	pthread_mutex_unlock(&t->lock);
}

void ack_table_fill(struct ack_table *t, struct ack_claim *c, struct batch **bp)
{
	pthread_mutex_lock(&t->lock);
	t->busy++;
	c->batch = *bp;
	*bp = NULL;
	c->acked = false;
	c->failed = NULL;
	ack_claim_begin(c);
	pthread_mutex_unlock(&t->lock);
}

void ack_table_leave(struct ack_table *t, struct ack_claim *c, bool given_up)
{
	pthread_mutex_lock(&t->lock);
	ack_claim_leave(c, given_up);
	ack_claim_ripe(t, c);
	pthread_mutex_unlock(&t->lock);
}

struct ack_claim *ack_table_again(struct ack_table *t)
{
	struct ack_claim *c;

	pthread_mutex_lock(&t->lock);
	c = TAILQ_FIRST(&t->again);
	if (c != NULL) {
		TAILQ_REMOVE(&t->again, c, link);
		ack_claim_begin(c);
	}
	pthread_mutex_unlock(&t->lock);
	return c;
}

void ack_table_wait(struct ack_table *t, uint64_t mono_until_ns)
{
	struct timespec at = {
		.tv_sec = (time_t)(mono_until_ns / NS_PER_S),
		.tv_nsec = (long)(mono_until_ns % NS_PER_S),
	};

	pthread_mutex_lock(&t->lock);
	/* a wake too many does no harm: the caller looks again */
	if (TAILQ_EMPTY(&t->free) && TAILQ_EMPTY(&t->again))
		pthread_cond_timedwait(&t->changed, &t->lock, &at);
	pthread_mutex_unlock(&t->lock);
}

bool ack_table_is_idle(struct ack_table *t)
{
	bool idle;

	pthread_mutex_lock(&t->lock);
	idle = t->busy == 0;
	pthread_mutex_unlock(&t->lock);
	return idle;
}

void ack_table_let_go(struct ack_table *t)
{
	struct ack_node *n, *next;

	pthread_mutex_lock(&t->lock);
	for (n = LIST_FIRST(&t->nodes); n != NULL; n = next) {
		next = LIST_NEXT(n, link);
		ack_node_let_go(n);
	}
	pthread_mutex_unlock(&t->lock);
}

struct batch *ack_table_reap(struct ack_table *t, bool *acked)
{
	struct batch *b = NULL;
	struct ack_claim *c;

	pthread_mutex_lock(&t->lock);
	c = TAILQ_FIRST(&t->done);
	if (c != NULL) {
		TAILQ_REMOVE(&t->done, c, link);
		b = c->batch;
		*acked = c->acked;
		t->busy--;
		ack_claim_free(t, c);
	}
	pthread_mutex_unlock(&t->lock);
	return b;
}

struct batch *ack_table_give_up(struct ack_table *t)
{
	struct ack_channel *ch;
	struct ack_node *n;

	LIST_FOREACH(n, &t->nodes, link)
	TAILQ_FOREACH(ch, &n->channels, link)
	ack_channel_lost(t, ch);
	for (unsigned i = 0; i < t->n_claims; i++) {
		struct batch *b = t->claims[i].batch;

		if (b == NULL)
			continue;
		t->claims[i].batch = NULL;
		t->busy--;
		return b;
	}
	return NULL;
}
