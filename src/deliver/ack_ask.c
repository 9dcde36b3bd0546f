/* The ack table as the acker sees it. */
#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "deliver/ack_resolve.h"

#define NODE_KEPT_NS   (600 * NS_PER_S) /* without a post */
#define FAILURE_MAX_NS (30 * NS_PER_S)  /* between questions that fail */
#define HURRIED_NS     (500 * NS_PER_MS)

enum {
	PATIENCE_MAX = 3,     /* up to 8 intervals between two questions */
	DOUBLINGS_MAX = 16,   /* an hour and so often is still a number */
	CHANNELS_AT_ONCE = 4, /* more are asked about: open ones longer */
};

static uint64_t pause_ns(const struct ack_table *t, unsigned doublings)
{
	uint64_t pause =
		t->settings.interval_ns
		<< (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);

	return t->hurried && pause > HURRIED_NS ? HURRIED_NS : pause;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * When an open channel is to be closed, so that it can be asked about.  Where
 * acknowledgement takes long each is open longer, for there are the fewer
 * then.
 */
static uint64_t close_at(const struct ack_table *t, const struct ack_channel *c)
{
	uint64_t open_ns = t->settings.interval_ns;

	if (c == NULL || c->first_ns == 0)
		return UINT64_MAX;
	if (t->hurried)
		return c->first_ns;
	return c->first_ns + open_ns +
	       open_ns / CHANNELS_AT_ONCE * c->node->asked;
}

/* Closes what has been open long enough; the channel to ask about first, or
 * NULL and when to look again. */
static struct ack_channel *find_due(
	struct ack_table *t, uint64_t mono_ns, uint64_t *wake_ns)
{
	struct ack_channel *c, *due = NULL;
	struct ack_node *n;

	*wake_ns = UINT64_MAX;
	LIST_FOREACH(n, &t->nodes, link)
	{
		uint64_t end = close_at(t, n->open);

		if (end <= mono_ns)
			ack_channel_close(n->open, mono_ns);
		else if (end < *wake_ns)
			*wake_ns = end;
		TAILQ_FOREACH(c, &n->channels, link)
		{
			uint64_t at = later(c->ask_ns, n->ask_ns);

			if (c->state != ACK_CHANNEL_ASKED)
				continue;
			if (at > mono_ns && at < *wake_ns)
				*wake_ns = at;
			if (at <= mono_ns &&
				(due == NULL || c->ask_ns < due->ask_ns))
				due = c;
		}
	}
	return due;
}

/* The ids to ask about; what does not fit comes first the next time. */
static void fill(struct ack_question *q, struct ack_channel *c)
{
	struct ack_part *p = TAILQ_FIRST(&c->parts), *next;
	struct ack_part *last = TAILQ_LAST(&c->parts, ack_parts);
	bool more = p != NULL;

	q->n = 0;
	while (more && q->n < ACK_IDS_MAX) {
		more = p != last;
		next = TAILQ_NEXT(p, link);
		if (p->due_ns != 0) /* else it is given up already */
			q->ids[q->n++] = p->id;
		TAILQ_REMOVE(&c->parts, p, link);
		TAILQ_INSERT_TAIL(&c->parts, p, link);
		p = next;
	}
}

bool ack_table_ask(struct ack_table *t, uint64_t mono_ns,
	struct ack_question *q, uint64_t *wake_ns)
{
	struct ack_channel *c;

	pthread_mutex_lock(&t->lock);
	c = find_due(t, mono_ns, wake_ns);
	if (c != NULL) {
		q->channel = c;
		q->backend = c->node->backend;
		snprintf(q->guid, sizeof(q->guid), "%s", c->guid);
		fill(q, c);
		/* all given up: ack_table_expire() sees to them */
		if (q->n == 0)
			c = NULL;
	}
	pthread_mutex_unlock(&t->lock);
	return c != NULL;
}

static void take_acks(struct ack_table *t, const struct ack_question *q)
{
	struct ack_channel *c = q->channel;
	struct ack_part *p;

	for (size_t i = 0; i < q->n; i++) {
		if (!q->acked[i])
			continue;
		TAILQ_FOREACH(p, &c->parts, link)
		if (p->id == q->ids[i])
			break;
		/* asked about channels change by this thread alone */
		assert(p != NULL);
		ack_part_acked(t, p, c);
	}
}

/* Nothing is acknowledged there: what was answered with 200 is delivered. */
static void take_all(struct ack_table *t, struct ack_node *n)
{
	struct ack_channel *c, *next;

	n->names = false;
	n->told = true;
	for (c = TAILQ_FIRST(&n->channels); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		while (!TAILQ_EMPTY(&c->parts))
			ack_part_acked(t, TAILQ_FIRST(&c->parts), c);
		c->spoilt = true;
		ack_channel_settle(c);
	}
}

static void note_failure(struct ack_table *t, struct ack_node *n,
	const struct ack_verdict *v, bool silent, uint64_t mono_ns)
{
	uint64_t pause = pause_ns(t, n->failures);

	if (pause < FAILURE_MAX_NS)
		n->failures++;
	else
		pause = later(FAILURE_MAX_NS, t->settings.interval_ns);
	n->ask_ns = mono_ns + later(pause, v->retry_after_ns);
	if (!silent)
		n->silent_since_ns = 0;
	else if (n->silent_since_ns == 0)
		n->silent_since_ns = mono_ns;
}

static void tell(struct ack_loss *loss, const struct ack_node *n,
	uint32_t events, const char *why)
{
	loss->events = events;
	loss->why = why;
	snprintf(loss->url, sizeof(loss->url), "%s", n->backend->base);
}

void ack_table_answer(struct ack_table *t, const struct ack_question *q,
	const struct ack_verdict *v, bool silent, uint64_t mono_ns,
	struct ack_loss *loss)
{
	struct ack_channel *c = q->channel;
	struct ack_node *n = c->node;

	loss->events = 0;
	pthread_mutex_lock(&t->lock);
	if (v->action == ACK_FAILED) {
		note_failure(t, n, v, silent, mono_ns);
		goto out;
	}
	n->failures = 0;
	n->ask_ns = 0;
	n->silent_since_ns = 0;
	if (v->action == ACK_OFF) {
		take_all(t, n);
		goto out;
	}
	if (v->action == ACK_LOST)
		tell(loss, n, ack_channel_lost(t, c),
			"the channel is not known");
	else
		take_acks(t, q);
	if (v->n_acked > 0)
		c->patience = 0;
	c->ask_ns = mono_ns + pause_ns(t, c->patience);
	if (v->n_acked == 0 && c->patience < PATIENCE_MAX)
		c->patience++;
	if (q->n == ACK_IDS_MAX) /* there may be more */
		c->ask_ns = mono_ns;
	ack_channel_settle(c);
out:
	pthread_mutex_unlock(&t->lock);
}

static uint32_t expire_channel(
	struct ack_table *t, struct ack_channel *c, uint64_t mono_ns)
{
	struct ack_part *p, *next;
	uint32_t events = 0;

	for (p = TAILQ_FIRST(&c->parts); p != NULL; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->due_ns <= mono_ns)
			events += ack_part_lost(t, p, c);
	}
	ack_channel_settle(c);
	return events;
}

static uint32_t expire_node(
	struct ack_table *t, struct ack_node *n, uint64_t mono_ns)
{
	struct ack_channel *c, *next;
	uint32_t events = 0;

	for (c = TAILQ_FIRST(&n->channels); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		events += expire_channel(t, c, mono_ns);
	}
	return events;
}

bool ack_table_expire(
	struct ack_table *t, uint64_t mono_ns, struct ack_loss *loss)
{
	struct ack_node *n, *next;

	loss->events = 0;
	pthread_mutex_lock(&t->lock);
	for (n = LIST_FIRST(&t->nodes); n != NULL && loss->events == 0;
		n = next) {
		uint64_t since = n->silent_since_ns;
		bool silent = since != 0 &&
			      mono_ns - since >= t->settings.unreached_ns;

		next = LIST_NEXT(n, link);
		if (silent) /* what comes now has its own time */
			n->silent_since_ns = mono_ns;
		tell(loss, n, expire_node(t, n, silent ? UINT64_MAX : mono_ns),
			silent ? "the backend is not reached"
			       : "not acknowledged in time");
		if (mono_ns - n->used_ns > NODE_KEPT_NS &&
			ack_node_is_quiet(n)) {
			LIST_REMOVE(n, link);
			ack_node_free(n);
		} else {
			ack_node_let_go(n);
		}
	}
	pthread_mutex_unlock(&t->lock);
	return loss->events > 0;
}

void ack_table_hurry(struct ack_table *t)
{
	struct ack_channel *c;
	struct ack_node *n;

	pthread_mutex_lock(&t->lock);
	if (!t->hurried)
		LIST_FOREACH(n, &t->nodes, link)
		{
			n->ask_ns = 0;
			TAILQ_FOREACH(c, &n->channels, link)
			c->ask_ns = 0;
		}
	t->hurried = true;
	pthread_mutex_unlock(&t->lock);
}
