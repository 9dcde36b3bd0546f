/* The ack table as senders see it around a post. */
#include <stdio.h>

#include "deliver/ack_resolve.h"

/* A restart mixes ids once; what does so this often in a row is no restart. */
enum { MIXED_MAX = 3 };

static struct ack_node *node_find(
	const struct ack_table *t, const struct backend *b)
{
	struct ack_node *n;

	LIST_FOREACH(n, &t->nodes, link)
	if (n->backend == b)
		break;
	return n;
}

/* Return: NULL: no memory. */
static struct ack_node *node_of(struct ack_table *t, struct backend *b)
{
	struct ack_node *n = node_find(t, b);

	if (n != NULL)
		return n;
	n = ack_node_new(b, t->settings.wanted);
	if (n != NULL)
		LIST_INSERT_HEAD(&t->nodes, n, link);
	return n;
}

void ack_table_post(struct ack_table *t, struct backend *b, uint64_t mono_ns,
	struct ack_post *post)
{
	struct ack_channel *ch = NULL;
	struct ack_node *n;

	*post = (struct ack_post){ .kind = REQUEST_NO_CHANNEL };
	pthread_mutex_lock(&t->lock);
	/* a node holds its backend, and so its connections: none for nothing */
	n = t->settings.wanted ? node_of(t, b) : node_find(t, b);
	if (n != NULL)
		n->used_ns = mono_ns;
	if (n != NULL && n->names)
		ch = ack_node_open(n);
	if (ch != NULL) {
		ch->posting++;
		post->channel = ch;
		post->kind = n->refused ? REQUEST_NEW_CHANNEL : REQUEST_CHANNEL;
		snprintf(post->guid, sizeof(post->guid), "%s", ch->guid);
		post->least_id = ch->top;
	}
	pthread_mutex_unlock(&t->lock);
}

/* It is there (again): what it holds need not be given up, and it can be
 * asked at once. */
static void reached(struct ack_node *n)
{
	if (n->silent_since_ns == 0)
		return;
	n->silent_since_ns = 0;
	n->failures = 0;
	n->ask_ns = 0;
}

/* The backend does not like the channel, or that there is none. */
static enum ack_remark refused(
	struct ack_node *n, struct ack_channel *ch, uint64_t mono_ns)
{
	if (ch == NULL) {
		bool news = !n->names;

		n->names = true;
		n->refused = true; /* this one, too, may not do */
		return news ? ACK_REMARK_ON : ACK_REMARK_NONE;
	}
	ch->spoilt = true;
	/* of several posts at once the first one takes it away */
	if (n->open == ch)
		n->refused = true;
	ack_channel_close(ch, mono_ns);
	return ACK_REMARK_NONE;
}

/* Return: false when the id cannot be believed. */
static bool await(struct ack_table *t, const struct ack_post *post,
	const struct ack_reply *reply, uint64_t mono_ns)
{
	struct ack_part *p = ack_claim_add(reply->claim, reply->backend,
		reply->events, reply->verdict->ack_id);

	p->due_ns = mono_ns + t->settings.timeout_ns;
	return ack_channel_await(post->channel, p, post->least_id, mono_ns);
}

static void success(struct ack_table *t, struct ack_node *n,
	const struct ack_post *post, const struct ack_reply *reply,
	uint64_t mono_ns, struct ack_posted *posted)
{
	const struct verdict *v = reply->verdict;
	struct ack_channel *ch = post->channel;

	n->refused = false;
	if (!t->settings.wanted || reply->claim == NULL)
		return;
	if (ch == NULL || v->ack_id == VERDICT_NO_ACK) {
		if (!n->told)
			posted->remark = ACK_REMARK_OFF;
		n->told = true;
		return;
	}
	n->told = false;
	posted->awaited = true;
	if (!await(t, post, reply, mono_ns) || ch->mixed) {
		/* those that were under way tell the same story */
		if (!ch->mixed)
			posted->remark = ++n->mixed < MIXED_MAX
						 ? ACK_REMARK_MIXED
						 : ACK_REMARK_LOOSE;
		ch->mixed = true;
		posted->lost = ack_channel_lost(t, ch);
		ack_channel_close(ch, mono_ns);
	} else if (v->channel_full) {
		ack_channel_close(ch, mono_ns);
	}
}

void ack_table_posted(struct ack_table *t, const struct ack_post *post,
	const struct ack_reply *reply, uint64_t mono_ns,
	struct ack_posted *posted)
{
	struct ack_channel *ch = post->channel;
	struct ack_node *n;

	*posted = (struct ack_posted){ 0 };
	pthread_mutex_lock(&t->lock);
	n = node_find(t, reply->backend);
	if (n == NULL && reply->verdict->action == VERDICT_CHANNEL)
		n = node_of(t, reply->backend);
	if (n == NULL) /* it needs none, or there was no memory for it */
		goto out;
	if (reply->answered)
		reached(n);
	if (ch != NULL && reply->unanswered)
		ch->unanswered++;
	switch (reply->verdict->action) {
	case VERDICT_DELIVERED:
		success(t, n, post, reply, mono_ns, posted);
		break;
	case VERDICT_CHANNEL:
		posted->remark = refused(n, ch, mono_ns);
		break;
	case VERDICT_NO_CHANNEL:
		if (n->names)
			posted->remark = ACK_REMARK_OFF;
		n->names = false;
		n->told = true;
		if (ch != NULL)
			ack_channel_close(ch, mono_ns);
		break;
	default:
		break;
	}
	if (ch != NULL)
		ack_channel_back(ch, mono_ns);
	ack_node_let_go(n);
out:
	pthread_mutex_unlock(&t->lock);
}
