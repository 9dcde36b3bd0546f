#include "deliver/ack_channel.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* A random UUID (RFC 9562, 5.4).  Return: false: no random numbers. */
static bool make_guid(char *text)
{
	uint8_t r[16];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		return false;
	r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
	r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(r); i++)
		text += sprintf(text, "%s%02x",
			i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", r[i]);
	return true;
}

struct ack_node *ack_node_new(struct backend *b, bool names)
{
	struct ack_node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	backend_get(b);
	n->backend = b;
	n->names = names;
	TAILQ_INIT(&n->channels);
	return n;
}

static void channel_free(struct ack_channel *c)
{
	assert(c->posting == 0 && TAILQ_EMPTY(&c->parts));
	TAILQ_REMOVE(&c->node->channels, c, link);
	free(c);
}

void ack_node_free(struct ack_node *n)
{
	struct ack_channel *c;

	while ((c = TAILQ_FIRST(&n->channels)) != NULL)
		channel_free(c);
	backend_put(n->backend);
	free(n);
}

bool ack_node_is_quiet(const struct ack_node *n)
{
	struct ack_channel *c;

	TAILQ_FOREACH(c, &n->channels, link)
	if (c->posting > 0 || !TAILQ_EMPTY(&c->parts))
		return false;
	return true;
}

void ack_node_let_go(struct ack_node *n)
{
	if (!atomic_load(&n->backend->draining) || !ack_node_is_quiet(n))
		return;
	LIST_REMOVE(n, link);
	ack_node_free(n);
}

static struct ack_channel *channel_new(struct ack_node *n)
{
	struct ack_channel *c = calloc(1, sizeof(*c));

	if (c == NULL || !make_guid(c->guid)) {
		free(c);
		return NULL;
	}
	c->node = n;
	TAILQ_INIT(&c->parts);
	TAILQ_INSERT_TAIL(&n->channels, c, link);
	return c;
}

struct ack_channel *ack_node_open(struct ack_node *n)
{
	struct ack_channel *c;

	if (n->open != NULL)
		return n->open;
	TAILQ_FOREACH(c, &n->channels, link)
	if (c->state == ACK_CHANNEL_CLEAN)
		break;
	if (c == NULL)
		c = channel_new(n);
	if (c == NULL)
		return NULL;
	c->state = ACK_CHANNEL_OPEN;
	c->mixed = false;
	c->unanswered = 0;
	c->top = 0;
	c->first_ns = 0;
	n->open = c;
	return c;
}

static void lose_doubtful(struct ack_channel *c)
{
	struct ack_part *p;

	TAILQ_FOREACH(p, &c->parts, link)
	if (ack_channel_doubtful(c, p->id))
		p->due_ns = 0;
}

/* Closed, and all posts are back. */
static void rest(struct ack_channel *c, uint64_t mono_ns)
{
	/* several ids of one count: who gives them is one */
	if (TAILQ_FIRST(&c->parts) != TAILQ_LAST(&c->parts, ack_parts))
		c->node->mixed = 0;
	c->state = ACK_CHANNEL_ASKED;
	c->node->asked++;
	c->ask_ns = mono_ns;
	c->patience = 0;
	lose_doubtful(c);
	ack_channel_settle(c);
}

void ack_channel_close(struct ack_channel *c, uint64_t mono_ns)
{
	if (c->state != ACK_CHANNEL_OPEN)
		return;
	c->state = ACK_CHANNEL_CLOSING;
	c->node->open = NULL;
	if (c->posting == 0)
		rest(c, mono_ns);
}

void ack_channel_back(struct ack_channel *c, uint64_t mono_ns)
{
	c->posting--;
	if (c->state == ACK_CHANNEL_CLOSING && c->posting == 0)
		rest(c, mono_ns);
}

static bool has_id(const struct ack_channel *c, uint64_t id)
{
	struct ack_part *p;

	TAILQ_FOREACH(p, &c->parts, link)
	if (p->id == id)
		return true;
	return false;
}

bool ack_channel_await(struct ack_channel *c, struct ack_part *p,
	uint64_t least_id, uint64_t mono_ns)
{
	/* an id at or above the top is new; below it somebody may have it */
	bool good = p->id >= least_id && p->id < UINT64_MAX &&
		    (p->id >= c->top || !has_id(c, p->id));

	if (p->id >= c->top && p->id < UINT64_MAX)
		c->top = p->id + 1;
	if (c->first_ns == 0)
		c->first_ns = mono_ns;
	TAILQ_INSERT_TAIL(&c->parts, p, link);
	return good;
}

void ack_channel_drop(struct ack_channel *c, struct ack_part *p)
{
	TAILQ_REMOVE(&c->parts, p, link);
}

void ack_channel_settle(struct ack_channel *c)
{
	if (c->state != ACK_CHANNEL_ASKED || !TAILQ_EMPTY(&c->parts))
		return;
	c->node->asked--;
	c->state = ACK_CHANNEL_CLEAN;
	if (c->spoilt)
		channel_free(c);
}
