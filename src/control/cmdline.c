#include "control/cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/settings.h"

#define DEFAULT_FILE     SYSCONFDIR "/tapferry/tapferry.conf"
#define DEFAULT_LISTENER "unix:" RUNSTATEDIR "/tapferry/dnstap.sock"

enum kind {
	KIND_HEADING = 0, /* of a section of the help text */
	KIND_FILE,
	KIND_SET,
	KIND_CHECK,
	KIND_PRINT,
	KIND_HELP,
	KIND_VERSION,
	KIND_LISTEN,
	KIND_OUTPUT,
	KIND_SOCKET,
	KIND_OUTPUT_TYPE,
	KIND_OUTPUT_PATH, /* of --output-type file, or an override */
	KIND_HEC_URL,     /* of --output-type hec, or an override */
	KIND_SECRET,      /* an override that ps must not show */
	KIND_SECONDS,     /* an override; a bare number is seconds */
	KIND_OVERRIDE,
};

struct row {
	enum kind kind;
	char letter; /* 0: none */
	const char *name;
	const char *arg;  /* NULL: takes none */
	const char *env;  /* "": none */
	const char *path; /* of overrides */
	const char *help;
	const char *by_option, *by_env; /* origins */
};

#define HEADING(text)                                         \
	{                                                     \
		.kind = KIND_HEADING, .env = "", .help = text \
	}
#define ROW(kind, letter, name, arg, env, path, help)              \
	{                                                          \
		KIND_##kind, letter, name, arg, env, path, help,   \
			"command line --" name, "environment " env \
	}

static const struct row rows[] = {
	HEADING("Configuration"),
	ROW(FILE, 'c', "config", "FILE", "", NULL,
		"read FILE (default " DEFAULT_FILE ")"),
	ROW(SET, 'o', "set", "KEY=VALUE", "", NULL,
		"change a setting: outputs.splunk.batch.events=500"),
	ROW(CHECK, 't', "check", NULL, "", NULL,
		"check the configuration and exit"),
	ROW(PRINT, 0, "print-config", NULL, "", NULL,
		"print the settings in force and where they come from"),

	HEADING("Listeners and outputs, in addition to FILE's or without one"),
	ROW(LISTEN, 0, "listen", "ADDRESS", "", NULL,
		"unix:/path or tcp://address:port\n"
		"(default " DEFAULT_LISTENER ")"),
	ROW(OUTPUT, 0, "output", "WHERE", "", NULL,
		"stdout, file:PATH or hec:URL (default stdout)"),

	HEADING("Other"),
	ROW(OVERRIDE, 0, "log-level", "LEVEL", "DNSTAP_LOG_LEVEL", "log.level",
		"error, warning, info or debug"),
	ROW(HELP, 'h', "help", NULL, "", NULL, "print this and exit"),
	ROW(VERSION, 'V', "version", NULL, "", NULL,
		"print the version and exit"),

	HEADING("Single settings, by option or by environment variable"),
	ROW(SOCKET, 0, "socket", "PATH", "DNSTAP_SOCKET_PATH", NULL,
		"the same as --listen unix:PATH"),
	ROW(OUTPUT_TYPE, 0, "output-type", "TYPE", "DNSTAP_OUTPUT_TYPE", NULL,
		"add an output: stdout, file or hec"),
	ROW(OUTPUT_PATH, 0, "output-path", "PATH", "DNSTAP_OUTPUT_PATH",
		"outputs.*.path", "path of file outputs"),
	ROW(HEC_URL, 0, "hec-url", "URL", "DNSTAP_HEC_URL",
		"outputs.*.backends", "backend of hec outputs"),
	ROW(SECRET, 0, "hec-token", "TOKEN", "DNSTAP_HEC_TOKEN",
		"outputs.*.token",
		"token of hec outputs; visible to others at the start,\n"
		"prefer token_file or the environment"),
	ROW(OVERRIDE, 0, "batch-size", "N", "DNSTAP_BATCH_SIZE",
		"outputs.*.batch.events", "events in a batch"),
	ROW(OVERRIDE, 0, "buffer-size", "N", "DNSTAP_BUFFER_SIZE",
		"buffer_size", "events kept in memory for each output"),
	ROW(SECONDS, 0, "flush-interval", "SECONDS",
		"DNSTAP_FLUSH_INTERVAL_SEC", "outputs.*.batch.linger",
		"age at which a batch is sent, 0.2 for instance"),
	ROW(OVERRIDE, 0, "max-connections", "N", "DNSTAP_MAX_CONNECTIONS",
		"limits.max_connections", "connections open at a time"),
	ROW(OVERRIDE, 0, "splunk-index", "NAME", "DNSTAP_SPLUNK_INDEX",
		"outputs.*.index", "index of hec outputs"),
	ROW(OVERRIDE, 0, "splunk-source", "NAME", "DNSTAP_SPLUNK_SOURCE",
		"outputs.*.source", "source of hec outputs"),
	ROW(OVERRIDE, 0, "splunk-sourcetype", "NAME",
		"DNSTAP_SPLUNK_SOURCETYPE", "outputs.*.sourcetype",
		"source type of hec outputs"),
	ROW(OVERRIDE, 0, "splunk-host", "NAME", "DNSTAP_SPLUNK_HOST",
		"outputs.*.host", "host of hec outputs"),
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* One option or variable as it was given. */
struct given {
	const struct row *row;
	const char *value; /* NULL: takes none */
	bool ambient;      /* from the environment */
};

struct cmdline_memory {
	struct given *given; /* environment first, then the command line */
	size_t n_given;
	struct config_addition *listeners, *outputs;
	struct config_override *overrides;
	char **strings; /* ours */
	size_t n_strings;
};

static const char *origin(const struct given *g)
{
	return g->ambient ? g->row->by_env : g->row->by_option;
}

/* Keeps a string of ours; Return: it, NULL without memory. */
static char *keep(struct cmdline_memory *m, char *s)
{
	if (s != NULL)
		m->strings[m->n_strings++] = s;
	return s;
}

static char *join(struct cmdline_memory *m, const char *a, const char *b)
{
	char *s = NULL;

	return asprintf(&s, "%s%s", a, b) < 0 ? NULL : keep(m, s);
}

static void give(struct cmdline_memory *m, const struct row *row,
	const char *value, bool ambient)
{
	m->given[m->n_given++] = (struct given){ row, value, ambient };
}

/* A variable that is set to nothing counts as not set. */
static void read_environment(struct cmdline_memory *m)
{
	for (const struct row *row = rows; row < rows + N_ROWS; row++) {
		const char *value = *row->env != '\0' ? getenv(row->env) : NULL;

		if (value != NULL && *value != '\0')
			give(m, row, value, true);
	}
}

/*
 * An option's value; one with a secret is kept elsewhere and blotted out in
 * argv, which ps shows.
 */
static const char *take_value(
	struct cmdline_memory *m, const struct row *row, char *value)
{
	char *secret = NULL, *copy, *equals;

	if (row->kind == KIND_SECRET) {
		secret = value;
	} else if (row->kind == KIND_SET) {
		equals = strchr(value, '=');
		if (equals != NULL && equals - value >= 5 &&
			strncmp(equals - 5, "token", 5) == 0)
			secret = equals + 1;
	}
	if (secret == NULL)
		return value;
	copy = keep(m, strdup(value));
	memset(secret, '*', strlen(secret));
	return copy;
}

static void unknown_option(const char *word, struct buf *error)
{
	const char *name = word + strspn(word, "-"), *best = NULL;
	unsigned nearest = 4;

	buf_printf(error, "unknown option %.*s", (int)strcspn(word, "="), word);
	if (strncmp(word, "--", 2) != 0)
		return;
	for (const struct row *row = rows; row < rows + N_ROWS; row++) {
		char typed[40];

		if (row->kind == KIND_HEADING)
			continue;
		snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(name, "="),
			name);
		if (text_distance(row->name, typed) < nearest) {
			nearest = text_distance(row->name, typed);
			best = row->name;
		}
	}
	if (best != NULL)
		buf_printf(error, " (did you mean --%s?)", best);
}

/* getopt_long()'s tables; a long option's value is its row's number + 256. */
static void make_getopt(struct option options[N_ROWS + 1], char letters[64])
{
	struct option *o = options;

	*letters++ = ':'; /* tell a missing argument from an unknown option */
	for (int i = 0; i < N_ROWS; i++) {
		if (rows[i].kind == KIND_HEADING)
			continue;
		*o++ = (struct option){ rows[i].name,
			rows[i].arg != NULL ? required_argument : no_argument,
			NULL, i + 256 };
		if (rows[i].letter == 0)
			continue;
		*letters++ = rows[i].letter;
		if (rows[i].arg != NULL)
			*letters++ = ':';
	}
	*o = (struct option){ 0 };
	*letters = '\0';
}

static const struct row *row_of(int c)
{
	if (c >= 256)
		return &rows[c - 256];
	for (const struct row *row = rows; row < rows + N_ROWS; row++)
		if (row->letter == c)
			return row;
	return NULL;
}

static int read_options(
	struct cmdline_memory *m, int argc, char **argv, struct buf *error)
{
	struct option options[N_ROWS + 1];
	char letters[64];
	int c;

	make_getopt(options, letters);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		const struct row *row = row_of(c);
		const char *value = NULL;
		const char *word = argv[optind > 1 ? optind - 1 : 1];

		if (c == '?' && optopt > 0 && optopt < 256) {
			buf_printf(error, "unknown option -%c", optopt);
			return CMDLINE_E_USAGE;
		}
		if (c == '?' && optopt >= 256) {
			buf_printf(error, "--%s takes no argument",
				rows[optopt - 256].name);
			return CMDLINE_E_USAGE;
		}
		if (c == '?') {
			unknown_option(word, error);
			return CMDLINE_E_USAGE;
		}
		if (c == ':') {
			row = row_of(optopt);
			buf_printf(error, "--%s needs an argument: %s",
				row->name, row->arg);
			return CMDLINE_E_USAGE;
		}
		if (optarg != NULL) {
			value = take_value(m, row, optarg);
			if (value == NULL)
				return -ENOMEM;
		}
		give(m, row, value, false);
	}
	if (optind < argc) {
		buf_printf(error, "unexpected argument %s", argv[optind]);
		return CMDLINE_E_USAGE;
	}
	return 0;
}

/* The last one of a kind: the command line's before the environment's. */
static const struct given *last(const struct cmdline_memory *m, enum kind kind)
{
	for (size_t i = m->n_given; i-- > 0;)
		if (m->given[i].row->kind == kind)
			return &m->given[i];
	return NULL;
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

static int add_override(struct cmdline *c, const struct given *g,
	const char *path, const char *value)
{
	if (path == NULL || value == NULL)
		return -ENOMEM;
	c->memory->overrides[c->source.n_overrides++] =
		(struct config_override){ path, value, origin(g), g->ambient };
	return 0;
}

static int add_listeners(struct cmdline *c)
{
	const struct cmdline_memory *m = c->memory;
	const struct given *socket = last(m, KIND_SOCKET);

	for (size_t i = 0; i < m->n_given; i++)
		if (m->given[i].row->kind == KIND_LISTEN)
			add_listener(
				c, m->given[i].value, origin(&m->given[i]));
	if (socket != NULL)
		add_listener(c, socket->value, origin(socket));
	if (c->source.file == NULL && c->source.n_listeners == 0)
		add_listener(c, DEFAULT_LISTENER, "default listener");
	return 0;
}

/* --output-type with what belongs to it. */
static int add_typed_output(struct cmdline *c, const struct given *type,
	const struct given *path, const struct given *url, struct buf *error)
{
	const struct given *rest = NULL;
	const char *prefix = type->value;

	if (strcmp(type->value, "file") == 0) {
		rest = path;
		prefix = "file:";
	} else if (strcmp(type->value, "hec") == 0) {
		rest = url;
		prefix = "hec:";
	} else {
		return add_output(c, type->value, origin(type));
	}
	if (rest == NULL) {
		buf_printf(error, "%s: type %s needs %s", origin(type),
			type->value,
			*type->value == 'f'
				? "--output-path PATH or DNSTAP_OUTPUT_PATH"
				: "--hec-url URL or DNSTAP_HEC_URL");
		return CMDLINE_E_USAGE;
	}
	return add_output(
		c, join(c->memory, prefix, rest->value), origin(rest));
}

/*
 * --output-path and --hec-url are part of the output that --output-type adds,
 * or make one themselves where there is neither a file nor --output; else they
 * change the outputs that there are.
 */
static int add_outputs(struct cmdline *c, struct buf *error)
{
	struct cmdline_memory *m = c->memory;
	const struct given *type = last(m, KIND_OUTPUT_TYPE);
	const struct given *path = last(m, KIND_OUTPUT_PATH);
	const struct given *url = last(m, KIND_HEC_URL);
	bool path_used = false, url_used = false, alone;
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->n_given; i++)
		if (m->given[i].row->kind == KIND_OUTPUT)
			r = add_output(
				c, m->given[i].value, origin(&m->given[i]));
	alone = c->source.file == NULL && c->source.n_outputs == 0;
	if (r == 0 && type != NULL) {
		path_used = strcmp(type->value, "file") == 0;
		url_used = strcmp(type->value, "hec") == 0;
		r = add_typed_output(c, type, path, url, error);
	} else if (alone) {
		if (r == 0 && path != NULL)
			r = add_output(
				c, join(m, "file:", path->value), origin(path));
		if (r == 0 && url != NULL)
			r = add_output(
				c, join(m, "hec:", url->value), origin(url));
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
static int add_set(struct cmdline *c, const struct given *g, struct buf *error)
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
		keep(c->memory, strndup(g->value, (size_t)(equals - g->value))),
		equals + 1);
}

static int add_overrides(struct cmdline *c, struct buf *error)
{
	struct cmdline_memory *m = c->memory;
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->n_given; i++) {
		const struct given *g = &m->given[i];
		const char *value = g->value;

		switch (g->row->kind) {
		case KIND_SET:
			r = add_set(c, g, error);
			break;
		case KIND_SECONDS:
			if (isdigit((unsigned char)value[strlen(value) - 1]))
				value = join(m, value, "s");
			r = add_override(c, g, g->row->path, value);
			break;
		case KIND_OVERRIDE:
		case KIND_SECRET:
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
	static const enum kind instead[] = { KIND_LISTEN, KIND_OUTPUT,
		KIND_SOCKET, KIND_OUTPUT_TYPE, KIND_OUTPUT_PATH, KIND_HEC_URL };
	const struct given *file = last(c->memory, KIND_FILE);

	c->source.file = file != NULL ? file->value : DEFAULT_FILE;
	for (unsigned i = 0; i < sizeof(instead) / sizeof(instead[0]); i++)
		if (file == NULL && last(c->memory, instead[i]) != NULL)
			c->source.file = NULL;
}

static enum cmdline_action choose_action(const struct cmdline_memory *m)
{
	return last(m, KIND_HELP) != NULL      ? CMDLINE_HELP
	       : last(m, KIND_VERSION) != NULL ? CMDLINE_VERSION
	       : last(m, KIND_PRINT) != NULL   ? CMDLINE_PRINT
	       : last(m, KIND_CHECK) != NULL   ? CMDLINE_CHECK
					       : CMDLINE_RUN;
}

int cmdline_parse(struct cmdline *c, int argc, char **argv, struct buf *error)
{
	/* every word and every variable gives one at most; two of ours more */
	size_t max = (size_t)argc + N_ROWS + 2;
	struct cmdline_memory *m = calloc(1, sizeof(*m));
	int r;

	*c = CMDLINE_NULL;
	c->memory = m;
	if (m == NULL)
		return -ENOMEM;
	m->given = calloc(max, sizeof(*m->given));
	m->listeners = calloc(max, sizeof(*m->listeners));
	m->outputs = calloc(max, sizeof(*m->outputs));
	m->overrides = calloc(max, sizeof(*m->overrides));
	m->strings = calloc(2 * max, sizeof(*m->strings));
	if (m->given == NULL || m->listeners == NULL || m->outputs == NULL ||
		m->overrides == NULL || m->strings == NULL)
		return -ENOMEM;
	c->source.listeners = m->listeners;
	c->source.outputs = m->outputs;
	c->source.overrides = m->overrides;

	read_environment(m);
	r = read_options(m, argc, argv, error);
	if (r != 0)
		return r;
	c->action = choose_action(m);
	if (c->action == CMDLINE_HELP || c->action == CMDLINE_VERSION)
		return 0;
	choose_file(c);
	r = add_listeners(c);
	if (r == 0)
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
	for (size_t i = 0; i < m->n_strings; i++) {
		explicit_bzero(m->strings[i], strlen(m->strings[i]));
		free(m->strings[i]);
	}
	free(m->strings);
	free(m->given);
	free(m->listeners);
	free(m->outputs);
	free(m->overrides);
	free(m);
	*c = CMDLINE_NULL;
}

/* The left column, the help text's lines, and the variable where it fits. */
static void help_row(const struct row *row, struct buf *out)
{
	enum { COLUMN = 30, WIDTH = 80 };
	char left[64], letter[] = "-x, ";
	const char *line = row->help;
	size_t len;

	letter[1] = row->letter;
	snprintf(left, sizeof(left), "  %4s--%s%s%s",
		row->letter != 0 ? letter : "", row->name,
		row->arg != NULL ? " " : "", row->arg != NULL ? row->arg : "");
	buf_printf(out, "%-*s", COLUMN, left);
	while (line[len = strcspn(line, "\n")] != '\0') {
		buf_printf(out, " %.*s\n%*s", (int)len, line, COLUMN, "");
		line += len + 1;
	}
	buf_printf(out, " %s", line);
	if (*row->env != '\0') {
		if (COLUMN + 1 + len + 3 + strlen(row->env) > WIDTH)
			buf_printf(out, "\n%*s", COLUMN, "");
		buf_printf(out, " [%s]", row->env);
	}
	buf_add_str(out, "\n");
}

void cmdline_help(struct buf *out)
{
	buf_add_str(out,
		"Usage: tapferryd [-t] [-c FILE] [-o KEY=VALUE]...\n"
		"       tapferryd --listen ADDRESS --output WHERE [OPTION]...\n"
		"\n"
		"Takes dnstap from DNS servers, delivers JSON events to Splunk "
		"HEC and files.\n");
	for (const struct row *row = rows; row < rows + N_ROWS; row++) {
		if (row->kind == KIND_HEADING)
			buf_printf(out, "\n%s:\n", row->help);
		else
			help_row(row, out);
	}
	buf_add_str(out,
		"\n"
		"The command line wins over the environment, that over the "
		"file.  A setting for\n"
		"outputs applies to every output that has it.\n"
		"Manual: tapferryd(8), tapferry.conf(5)\n");
}
