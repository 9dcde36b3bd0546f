#include "load/acks.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { GUID_LEN = 36 };

struct ack_id {
	uint64_t id;
	uint64_t due_ns; /* monotonic: when its events are in */
	struct ack_fate fate;
	bool in;
	struct delivery delivery; /* until it is in */
	uint64_t events;
	TAILQ_ENTRY(ack_id) next;
};

struct ack_channel_ids {
	char guid[GUID_LEN + 1];
	uint64_t next_id;
	uint64_t unreported;
	TAILQ_HEAD(, ack_id) ids;
	struct ack_channel_ids *next;
};

void acks_init(struct acks *a, const struct ack_rules *rules,
	void (*in)(void *arg, const struct delivery *d, uint64_t events),
	void *arg)
{
	*a = (struct acks){ .rules = *rules, .in = in, .arg = arg };
	pthread_mutex_init(&a->lock, NULL);
}

static void drop(struct ack_channel_ids *c, struct ack_id *i)
{
	TAILQ_REMOVE(&c->ids, i, next);
	c->unreported--;
	delivery_deinit(&i->delivery);
	free(i);
}

/* The lock is held. */
static void look(struct acks *a, uint64_t mono_ns)
{
	for (struct ack_channel_ids *c = a->channels; c != NULL; c = c->next) {
		struct ack_id *i;

		TAILQ_FOREACH(i, &c->ids, next)
		{
			if (i->in || i->fate.lost || i->due_ns > mono_ns)
				continue;
			a->in(a->arg, &i->delivery, i->events);
			delivery_deinit(&i->delivery);
			i->delivery = (struct delivery){ 0 };
			i->in = true;
		}
	}
}

void acks_look(struct acks *a, uint64_t mono_ns)
{
	pthread_mutex_lock(&a->lock);
	look(a, mono_ns);
	pthread_mutex_unlock(&a->lock);
}

void acks_deinit(struct acks *a)
{
	struct ack_channel_ids *c;
	struct ack_id *i;

	look(a, UINT64_MAX);
	while ((c = a->channels) != NULL) {
		while ((i = TAILQ_FIRST(&c->ids)) != NULL)
			drop(c, i);
		a->channels = c->next;
		free(c);
	}
	pthread_mutex_destroy(&a->lock);
}

int acks_check(const char *channel)
{
	if (channel == NULL)
		return ACKS_E_MISSING;
	if (strlen(channel) != GUID_LEN)
		return ACKS_E_INVALID;
	for (int i = 0; i < GUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? channel[i] != '-'
			 : !isxdigit((unsigned char)channel[i]))
			return ACKS_E_INVALID;
	}
	return 0;
}

static struct ack_channel_ids *find(const struct acks *a, const char *guid)
{
	struct ack_channel_ids *c = a->channels;

	while (c != NULL && strcmp(c->guid, guid) != 0)
		c = c->next;
	return c;
}

/* Return: a channel, new if need be; NULL: no memory. */
static struct ack_channel_ids *open_channel(struct acks *a, const char *guid)
{
	struct ack_channel_ids *c = find(a, guid);

	if (c != NULL)
		return c;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	memcpy(c->guid, guid, GUID_LEN);
	TAILQ_INIT(&c->ids);
	c->next = a->channels;
	a->channels = c;
	return c;
}

/* The lock is held. */
static int take(struct acks *a, const char *channel, struct delivery *d,
	uint64_t events, uint64_t mono_ns, uint64_t *id)
{
	struct ack_channel_ids *c = open_channel(a, channel);
	struct ack_id *i;

	if (c == NULL)
		return -ENOMEM;
	if (a->rules.full > 0 && c->unreported >= a->rules.full)
		return ACKS_E_FULL;
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		return -ENOMEM;
	i->fate = ack_rules_pick(&a->rules, ++a->number);
	i->due_ns = mono_ns + i->fate.in_ns;
	i->delivery = *d;
	*d = (struct delivery){ 0 };
	i->events = events;
	*id = i->id = c->next_id++;
	TAILQ_INSERT_TAIL(&c->ids, i, next);
	c->unreported++;
	return 0;
}

int acks_take(struct acks *a, const char *channel, struct delivery *d,
	uint64_t events, uint64_t mono_ns, uint64_t *id)
{
	int r;

	pthread_mutex_lock(&a->lock);
	r = take(a, channel, d, events, mono_ns, id);
	if (r == 0)
		look(a, mono_ns);
	pthread_mutex_unlock(&a->lock);
	return r;
}

/* True once; what is unknown is false, as what is not in yet. */
static bool report(struct acks *a, struct ack_channel_ids *c, uint64_t id)
{
	struct ack_id *i;

	if (c == NULL)
		return false;
	TAILQ_FOREACH(i, &c->ids, next)
	if (i->id == id)
		break;
	if (i == NULL || !i->in || !i->fate.told)
		return false;
	drop(c, i);
	a->told++;
	return true;
}

int acks_answer(struct acks *a, const char *channel, struct slice question,
	uint64_t mono_ns, struct buf *answer)
{
	json_t *root = question.len == 0
			       ? NULL
			       : json_loadb((const char *)question.data,
					 question.len, 0, NULL);
	const json_t *ids = json_object_get(root, "acks");
	int r = json_is_array(ids) ? 0 : ACKS_E_QUESTION;

	pthread_mutex_lock(&a->lock);
	look(a, mono_ns);
	buf_add_str(answer, "{\"acks\":{");
	for (size_t i = 0; i < json_array_size(ids); i++) {
		json_int_t id = json_integer_value(json_array_get(ids, i));

		buf_printf(answer, "%s\"%" PRIu64 "\":%s", i > 0 ? "," : "",
			(uint64_t)id,
			report(a, find(a, channel), (uint64_t)id) ? "true"
								  : "false");
	}
	buf_add_str(answer, "}}");
	pthread_mutex_unlock(&a->lock);
	json_decref(root);
	return r == 0 && answer->failed ? -ENOMEM : r;
}
