#include "control/amendments.h"

#include <string.h>

#include "deliver/balance.h"

/* One output. */
struct look {
	const struct remote_settings *former, *next;
	const char *prefix, *name;
	struct buf *out;
	bool seen[BALANCE_MAX]; /* of `former` */
};

static const struct backend_settings *find_backend(
	const struct remote_settings *s, const char *url)
{
	for (size_t i = 0; i < s->n_backends; i++)
		if (strcmp(s->backends[i].url, url) == 0)
			return &s->backends[i];
	return NULL;
}

static void tell(const struct look *l, const char *url, const char *what)
{
	buf_printf(l->out, "%soutput %s: %s, %s at run time\n", l->prefix,
		l->name, url, what);
}

static unsigned weight_of(const struct backend_settings *s)
{
	return s->weight != 0 ? s->weight : 1;
}

static void compare(const struct backend_view *v, void *arg)
{
	struct look *l = arg;
	const struct backend_settings *was = find_backend(l->former, v->url);
	const struct backend_settings *will = find_backend(l->next, v->url);

	if (was != NULL)
		l->seen[was - l->former->backends] = true;
	if (was == NULL && will == NULL)
		tell(l, v->url, "added");
	if (was == NULL || will == NULL)
		return;
	if (v->state == BACKEND_DRAINING || v->state == BACKEND_DRAINED)
		tell(l, v->url, "drained");
	else if (v->state == BACKEND_DISABLED && was->enabled && will->enabled)
		tell(l, v->url, "disabled");
	else if (v->state != BACKEND_DISABLED && !was->enabled &&
		 !will->enabled)
		tell(l, v->url, "enabled");
	if (v->weight != weight_of(was) && v->weight != weight_of(will))
		tell(l, v->url, "weighed");
}

static void look_at(const struct outlet *t, const struct remote_settings *next,
	const char *prefix, struct buf *out)
{
	struct look l = {
		.former = &t->of_output->config.outputs[t->index].remote,
		.next = next,
		.prefix = prefix,
		.name = t->feed.settings.name,
		.out = out,
	};

	output_backends_walk(t->output, compare, &l);
	for (size_t i = 0; i < l.former->n_backends; i++) {
		const char *url = l.former->backends[i].url;

		if (!l.seen[i] && find_backend(next, url) != NULL)
			tell(&l, url, "removed");
	}
}

void amendments_tell(const struct outlets *now, const struct config *next,
	const char *prefix, struct buf *out)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct outlet *t = now->of[i];

		/* one that is being started takes what is configured */
		if (t->output == NULL ||
			output_collector(t->settings.type) == NULL)
			continue;
		for (size_t k = 0; k < next->n_outputs; k++) {
			const struct output_settings *s = &next->outputs[k];

			if (s->type == t->settings.type &&
				strcmp(s->feed.name, t->feed.settings.name) ==
					0)
				look_at(t, &s->remote, prefix, out);
		}
	}
}
