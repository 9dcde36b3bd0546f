/*
 * Commands for outputs and their backends.
 */
#include <errno.h>
#include <string.h>

#include "control/command.h"

static void set_paused(struct command *c, bool paused)
{
	struct outlet *t = command_outlet(c, NULL, "");

	if (t == NULL)
		return;
	feed_pause(&t->feed, paused);
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "output", t->feed.settings.name);
	jbuf_bool(&c->result, "paused", paused);
	jbuf_close(&c->result, '}');
}

void command_pause(struct command *c)
{
	set_paused(c, true);
}

void command_resume(struct command *c)
{
	set_paused(c, false);
}

void command_flush(struct command *c)
{
	struct outlet *t = command_outlet(c, NULL, "");

	if (t == NULL)
		return;
	feed_flush(&t->feed);
	intake_wake(c->room->view->intake);
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "output", t->feed.settings.name);
	jbuf_close(&c->result, '}');
}

static bool has_backends(const struct outlet *t)
{
	return output_collector(t->settings.type) != NULL;
}

struct search {
	const char *url;
	bool found;
	enum backend_state state;
	unsigned weight;
};

static void compare(const struct backend_view *v, void *arg)
{
	struct search *s = arg;

	if (strcmp(v->url, s->url) != 0)
		return;
	s->found = true;
	s->state = v->state;
	s->weight = v->weight;
}

/* Without an output's name: the only one that has such a backend. */
static struct outlet *find_by_url(struct command *c, const char *url)
{
	const struct outlets *o = c->room->outlets;
	struct outlet *found = NULL;

	for (size_t i = 0; i < o->n; i++) {
		struct search s = { .url = url };

		if (o->of[i]->output != NULL)
			output_backends_walk(o->of[i]->output, compare, &s);
		if (!s.found)
			continue;
		if (found != NULL) {
			command_refuse(c, "name the output, too",
				"several outputs have a backend %.256s", url);
			return NULL;
		}
		found = o->of[i];
	}
	if (found == NULL)
		command_refuse(c, "list them: tapferryctl backends",
			"there is no backend %.256s", url);
	return found;
}

/* The output that is meant, which runs.  NULL: it is refused. */
static struct outlet *find_output(
	struct command *c, const char **url, bool is_new)
{
	struct outlet *t;

	if (!command_text(c, "url", url))
		return NULL;
	if (*url == NULL) {
		command_refuse(c, "give its url as tapferryctl backends shows",
			"which backend?");
		return NULL;
	}
	if (is_new || json_object_get(c->request, "output") != NULL)
		t = command_outlet(c, has_backends, " with backends");
	else
		t = find_by_url(c, *url);
	if (t == NULL || t->output != NULL)
		return t;
	command_refuse(c, "try again in a moment",
		"output %s is being started anew", t->feed.settings.name);
	return NULL;
}

/* What has become of it. */
static void put_backend(
	struct command *c, const struct outlet *t, const char *url)
{
	struct search s = { .url = url };

	output_backends_walk(t->output, compare, &s);
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "output", t->feed.settings.name);
	jbuf_text(&c->result, "url", url);
	jbuf_text(&c->result, "state",
		s.found ? backend_state_name(s.state) : "removed");
	if (s.found)
		jbuf_u64(&c->result, "weight", s.weight);
	jbuf_close(&c->result, '}');
}

static void conclude(
	struct command *c, const struct outlet *t, const char *url, int r)
{
	const char *name = t->feed.settings.name;

	switch (r) {
	case 0:
		put_backend(c, t, url);
		break;
	case OUTPUT_E_NO_BACKEND:
		command_refuse(c, "list them: tapferryctl backends",
			"output %s has no backend %.256s", name, url);
		break;
	case OUTPUT_E_EXISTS:
		command_refuse(c, "give it a weight instead",
			"output %s has a backend %.256s", name, url);
		break;
	case OUTPUT_E_FULL:
		command_refuse(c, "remove one first",
			"output %s has as many backends as there may be", name);
		break;
	case OUTPUT_E_URL:
		command_refuse(c, "give it as https://host:port",
			"%.256s is no url for output %s", url, name);
		break;
	default:
		command_refuse(c, "see the log", "%s", strerror(-r));
	}
}

void command_backend_add(struct command *c)
{
	struct backend_settings s = { .enabled = true };
	struct outlet *t = find_output(c, &s.url, true);
	uint64_t weight = 1;

	if (t == NULL || !command_number(c, "weight", 1, 1000, &weight))
		return;
	s.weight = (unsigned)weight;
	conclude(c, t, s.url, output_backend_add(t->output, &s));
}

void command_backend_remove(struct command *c)
{
	const char *url = NULL;
	struct outlet *t = find_output(c, &url, false);

	if (t != NULL)
		conclude(c, t, url, output_backend_remove(t->output, url));
}

void command_backend_drain(struct command *c)
{
	const char *url = NULL;
	struct outlet *t = find_output(c, &url, false);

	if (t != NULL)
		conclude(c, t, url, output_backend_drain(t->output, url));
}

static void set_enabled(struct command *c, bool enabled)
{
	const char *url = NULL;
	struct outlet *t = find_output(c, &url, false);

	if (t != NULL)
		conclude(c, t, url,
			output_backend_enable(t->output, url, enabled));
}

void command_backend_enable(struct command *c)
{
	set_enabled(c, true);
}

void command_backend_disable(struct command *c)
{
	set_enabled(c, false);
}

void command_backend_weight(struct command *c)
{
	const char *url = NULL;
	struct outlet *t = find_output(c, &url, false);
	uint64_t weight = 0;

	if (t == NULL || !command_number(c, "weight", 1, 1000, &weight))
		return;
	if (weight == 0)
		command_refuse(c, "give a whole number from 1 to 1000",
			"what weight?");
	else
		conclude(c, t, url,
			output_backend_weigh(t->output, url, (unsigned)weight));
}
