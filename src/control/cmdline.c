#include "control/cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/options.h"

struct cmdline_memory {
	struct options options;
	struct config_addition *listeners, *outputs;
	struct config_override *overrides;
};

static char *join(struct options *o, const char *a, const char *b)
{
	char *s = NULL;

	return asprintf(&s, "%s%s", a, b) < 0 ? NULL : options_keep(o, s);
}

static void add_listener(struct cmdline *c, const char *text, const char *from)
{
	c->memory->listeners[c->source.n_listeners++] =
		(struct config_addition){ text, from };
}

static int add_output(struct cmdline *c, const char *text, const char *from)
{
	if (text == NULL)
		return -ENOMEM;
	c->memory->outputs[c->source.n_outputs++] =
		(struct config_addition){ text, from };
	return 0;
}

static int add_override(struct cmdline *c, const struct option_given *g,
	const char *path, const char *value)
{
	if (path == NULL || value == NULL)
		return -ENOMEM;
	c->memory->overrides[c->source.n_overrides++] =
		(struct config_override){ path, value, g->origin, g->ambient };
	return 0;
}

static void add_listeners(struct cmdline *c)
{
	const struct options *o = &c->memory->options;
	const struct option_given *socket = options_last(o, OPTION_SOCKET);

	for (size_t i = 0; i < o->n_given; i++)
		if (o->given[i].row->kind == OPTION_LISTEN)
			add_listener(c, o->given[i].value, o->given[i].origin);
	if (socket != NULL)
		add_listener(c, socket->value, socket->origin);
	if (c->source.file == NULL && c->source.n_listeners == 0)
		add_listener(c, OPTIONS_DEFAULT_LISTENER, "default listener");
}

static bool has_path(const char *type)
{
	return strcmp(type, "file") == 0 || strcmp(type, "pipe") == 0 ||
	       strcmp(type, "socket") == 0;
}

/* --output-type with what belongs to it. */
static int add_typed_output(struct cmdline *c, const struct option_given *type,
	const struct option_given *path, const struct option_given *url,
	struct buf *error)
{
	const struct option_given *rest = NULL;
	const char *prefix = type->value;

	if (has_path(type->value)) {
		rest = path;
		prefix = join(&c->memory->options, type->value, ":");
	} else if (strcmp(type->value, "hec") == 0) {
		rest = url;
		prefix = "hec:";
	} else {
		return add_output(c, type->value, type->origin);
	}
	if (rest == NULL) {
		buf_printf(error, "%s: type %s needs %s", type->origin,
			type->value,
			has_path(type->value)
				? "--output-path PATH or DNSTAP_OUTPUT_PATH"
				: "--hec-url URL or DNSTAP_HEC_URL");
		return CMDLINE_E_USAGE;
	}
	return add_output(c, join(&c->memory->options, prefix, rest->value),
		rest->origin);
}

/*
 * --output-path and --hec-url are part of the output that --output-type adds,
 * or make one themselves where there is neither a file nor --output; else they
 * change the outputs that there are.
 */
static int add_outputs(struct cmdline *c, struct buf *error)
{
	struct options *o = &c->memory->options;
	const struct option_given *type = options_last(o, OPTION_OUTPUT_TYPE);
	const struct option_given *path = options_last(o, OPTION_OUTPUT_PATH);
	const struct option_given *url = options_last(o, OPTION_HEC_URL);
	bool path_used = false, url_used = false, alone;
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->n_given; i++)
		if (o->given[i].row->kind == OPTION_OUTPUT)
			r = add_output(
				c, o->given[i].value, o->given[i].origin);
	alone = c->source.file == NULL && c->source.n_outputs == 0;
	if (r == 0 && type != NULL) {
		path_used = has_path(type->value);
		url_used = strcmp(type->value, "hec") == 0;
		r = add_typed_output(c, type, path, url, error);
	} else if (alone) {
		if (r == 0 && path != NULL)
			r = add_output(
				c, join(o, "file:", path->value), path->origin);
		if (r == 0 && url != NULL)
			r = add_output(
				c, join(o, "hec:", url->value), url->origin);
		path_used = url_used = true;
		if (r == 0 && c->source.n_outputs == 0)
			r = add_output(c, "stdout", "default output");
	}
	if (r == 0 && path != NULL && !path_used)
		r = add_override(c, path, path->row->path, path->value);
	if (r == 0 && url != NULL && !url_used)
		r = add_override(c, url, url->row->path, url->value);
	return r;
}

/* -o KEY=VALUE */
static int add_set(
	struct cmdline *c, const struct option_given *g, struct buf *error)
{
	const char *equals = strchr(g->value, '=');

	if (equals == NULL || equals == g->value) {
		buf_printf(error,
			"-o %s: write it as KEY=VALUE, as in "
			"-o outputs.splunk.batch.events=500",
			g->value);
		return CMDLINE_E_USAGE;
	}
	return add_override(c, g,
		options_keep(&c->memory->options,
			strndup(g->value, (size_t)(equals - g->value))),
		equals + 1);
}

static int add_overrides(struct cmdline *c, struct buf *error)
{
	struct options *o = &c->memory->options;
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->n_given; i++) {
		const struct option_given *g = &o->given[i];
		const char *value = g->value;
		size_t len;

		switch (g->row->kind) {
		case OPTION_SET:
			r = add_set(c, g, error);
			break;
		case OPTION_SECONDS:
			len = strlen(value);
			if (len > 0 && isdigit((unsigned char)value[len - 1]))
				value = join(o, value, "s");
			r = add_override(c, g, g->row->path, value);
			break;
		case OPTION_OVERRIDE:
		case OPTION_SECRET:
			r = add_override(c, g, g->row->path, value);
			break;
		default:
			break;
		}
	}
	return r;
}

static void choose_file(struct cmdline *c)
{
	static const enum option_kind instead[] = { OPTION_LISTEN,
		OPTION_OUTPUT, OPTION_SOCKET, OPTION_OUTPUT_TYPE,
		OPTION_OUTPUT_PATH, OPTION_HEC_URL };
	const struct option_given *file =
		options_last(&c->memory->options, OPTION_FILE);

	c->source.file = file != NULL ? file->value : OPTIONS_DEFAULT_FILE;
	for (unsigned i = 0; i < sizeof(instead) / sizeof(instead[0]); i++)
		if (file == NULL &&
			options_last(&c->memory->options, instead[i]) != NULL)
			c->source.file = NULL;
}

static enum cmdline_action choose_action(const struct options *o)
{
	return options_last(o, OPTION_HELP) != NULL      ? CMDLINE_HELP
	       : options_last(o, OPTION_VERSION) != NULL ? CMDLINE_VERSION
	       : options_last(o, OPTION_PRINT) != NULL   ? CMDLINE_PRINT
	       : options_last(o, OPTION_CHECK) != NULL   ? CMDLINE_CHECK
							 : CMDLINE_RUN;
}

int cmdline_parse(struct cmdline *c, int argc, char **argv, struct buf *error)
{
	struct cmdline_memory *m = calloc(1, sizeof(*m));
	size_t max;
	int r;

	*c = CMDLINE_NULL;
	c->memory = m;
	if (m == NULL)
		return -ENOMEM;
	r = options_read(&m->options, argc, argv, error);
	if (r != 0)
		return r == OPTIONS_E_USAGE ? CMDLINE_E_USAGE : r;
	c->action = choose_action(&m->options);
	if (c->action == CMDLINE_HELP || c->action == CMDLINE_VERSION)
		return 0;

	/* each of those given makes one at most, and one is the default */
	max = m->options.n_given + 1;
	m->listeners = calloc(max, sizeof(*m->listeners));
	m->outputs = calloc(max, sizeof(*m->outputs));
	m->overrides = calloc(max, sizeof(*m->overrides));
	if (m->listeners == NULL || m->outputs == NULL || m->overrides == NULL)
		return -ENOMEM;
	c->source.listeners = m->listeners;
	c->source.outputs = m->outputs;
	c->source.overrides = m->overrides;
	choose_file(c);
	add_listeners(c);
	r = add_outputs(c, error);
	if (r == 0)
		r = add_overrides(c, error);
	return r;
}

void cmdline_deinit(struct cmdline *c)
{
	struct cmdline_memory *m = c->memory;

	if (m == NULL)
		return;
	options_deinit(&m->options);
	free(m->listeners);
	free(m->outputs);
	free(m->overrides);
	free(m);
	*c = CMDLINE_NULL;
}
