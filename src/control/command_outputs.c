/*
 * Commands for outputs and their backends.
 */
#include <errno.h>
#include <string.h>

#include "collector/url.h"
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
	unsigned n_left; /* of all: nobody said that they get nothing */
};

static void compare(const struct backend_view *v, void *arg)
{
	struct search *s = arg;

	s->n_left += v->state != BACKEND_DISABLED &&
		     v->state != BACKEND_DRAINING &&
		     v->state != BACKEND_DRAINED;
	if (strcmp(v->url, s->url) != 0)
		return;
	s->found = true;
	s->state = v->state;
	s->weight = v->weight;
}

/* What requests are sent to; "": that is no URL.  Return: it is one. */
static bool add_request_url(
	struct buf *out, const struct outlet *t, const char *url)
{
	buf_clear(out);
	return output_collector(t->settings.type)->url(out, url) == 0;
}

/* Somebody's words for a backend. */
struct naming {
	const struct outlet *outlet;
	const char *words;
	struct buf wanted, has; /* request URLs */
	struct buf *found;      /* of the one that is meant, as configured */
	bool exact;
};

static void recognize(const struct backend_view *v, void *arg)
{
	struct naming *n = arg;

	if (n->exact)
		return;
	n->exact = strcmp(v->url, n->words) == 0;
	if (n->exact ||
		(n->wanted.len != 0 && n->found->len == 0 &&
			add_request_url(&n->has, n->outlet, v->url) &&
			strcmp(buf_str(&n->has), buf_str(&n->wanted)) == 0)) {
		buf_clear(n->found);
		buf_add_str(n->found, v->url);
	}
}

/* The backend that is named as configured, by the URL of its requests, or by
 * either without http(s)://.  Return: is there one, in `found`? */
static bool find_named(
	const struct outlet *t, const char *words, struct buf *found)
{
	static const char *const schemes[] = { "", "https://", "http://" };
	struct naming n = { .outlet = t, .words = words, .found = found };
	struct buf whole = BUF_NULL;

	for (unsigned i = 0; i < 3 && t->output != NULL && has_backends(t) &&
			     found->len == 0;
		i++) {
		buf_clear(&whole);
		buf_printf(&whole, "%s%s", schemes[i], words);
		if (!add_request_url(&n.wanted, t, buf_str(&whole)))
			buf_clear(&n.wanted);
		output_backends_walk(t->output, recognize, &n);
	}
	buf_deinit(&whole);
	buf_deinit(&n.wanted);
	buf_deinit(&n.has);
	return found->len != 0;
}

/* Without an output's name: the only one that has such a backend. */
static struct outlet *find_by_url(struct command *c, const char *url)
{
	const struct outlets *o = c->room->outlets;
	struct outlet *found = NULL;

	for (size_t i = 0; i < o->n; i++) {
		struct buf other = BUF_NULL;
		bool has = find_named(
			o->of[i], url, found == NULL ? &c->url : &other);

		buf_deinit(&other);
		if (has && found != NULL) {
			command_refuse(c, "name the output, too",
				"several outputs have a backend %.256s", url);
			return NULL;
		}
		if (has)
			found = o->of[i];
	}
	if (found == NULL)
		command_refuse(c, "list them: tapferryctl backends",
			"there is no backend %.256s", url);
	c->outlet = found;
	return found;
}

/* The output that is meant, which runs; *url is as configured then, if there is
 * such a backend.  NULL: it is refused. */
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
	if (t != NULL && t->output == NULL) {
		command_refuse(c, "try again in a moment",
			"output %s is being started anew",
			t->feed.settings.name);
		return NULL;
	}
	if (t != NULL && (c->url.len != 0 || find_named(t, *url, &c->url)))
		*url = buf_str(&c->url);
	return t;
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
	if (s.n_left == 0) {
		struct buf text = BUF_NULL;

		buf_printf(&text,
			"output %s has no backend left that may be used: its "
			"events wait in memory%s",
			t->feed.settings.name,
			t->feed.settings.spool ? " and spool" : "");
		jbuf_text(&c->result, "warning", buf_str(&text));
		buf_deinit(&text);
	}
	jbuf_close(&c->result, '}');
}

static void refuse_url(struct command *c, const char *output, const char *url)
{
	struct buf text = BUF_NULL;

	url_quote(&text, url);
	command_refuse(c, "give it as https://host:port",
		"%.256s is no url for output %s", buf_str(&text), output);
	buf_deinit(&text);
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
		refuse_url(c, name, url);
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
