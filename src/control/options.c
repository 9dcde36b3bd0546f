#include "control/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/settings.h"

#define HEADING(text)                                           \
	{                                                       \
		.kind = OPTION_HEADING, .env = "", .help = text \
	}
#define ROW(kind, letter, name, arg, env, path, help)              \
	{                                                          \
		OPTION_##kind, letter, name, arg, env, path, help, \
			"command line --" name, "environment " env \
	}

static const struct option_row rows[] = {
	HEADING("Configuration"),
	ROW(FILE, 'c', "config", "FILE", "", NULL,
		"read FILE (default " OPTIONS_DEFAULT_FILE ")"),
	ROW(SET, 'o', "set", "KEY=VALUE", "", NULL,
		"change a setting: outputs.splunk.batch.events=500"),
	ROW(CHECK, 't', "check", NULL, "", NULL,
		"check the configuration and exit"),
	ROW(PRINT, 0, "print-config", NULL, "", NULL,
		"print the settings in force and where they come from"),

	HEADING("Listeners and outputs, in addition to FILE's or without one"),
	ROW(LISTEN, 0, "listen", "ADDRESS", "", NULL,
		"unix:/path, tcp://address:port or tls://address:port\n"
		"(default " OPTIONS_DEFAULT_LISTENER ")"),
	ROW(OUTPUT, 0, "output", "WHERE", "", NULL,
		"stdout, file:PATH, pipe:PATH, socket:PATH, hec:URL\n"
		"or http:URL; default stdout"),

	HEADING("Other"),
	ROW(OVERRIDE, 0, "log-level", "LEVEL", "DNSTAP_LOG_LEVEL", "log.level",
		"error, warning, info or debug"),
	ROW(OVERRIDE, 0, "user", "NAME", "", "user",
		"become this user when started as root"),
	ROW(OVERRIDE, 0, "group", "NAME", "", "group",
		"and this group; default the user's own"),
	ROW(OVERRIDE, 0, "pid-file", "FILE", "", "pid_file",
		"write the process id there"),
	ROW(HELP, 'h', "help", NULL, "", NULL, "print this and exit"),
	ROW(VERSION, 'V', "version", NULL, "", NULL,
		"print the version and exit"),

	HEADING("Single settings, by option or by environment variable"),
	ROW(SOCKET, 0, "socket", "PATH", "DNSTAP_SOCKET_PATH", NULL,
		"the same as --listen unix:PATH"),
	ROW(OUTPUT_TYPE, 0, "output-type", "TYPE", "DNSTAP_OUTPUT_TYPE", NULL,
		"add an output: stdout, file, pipe, socket or hec"),
	ROW(OUTPUT_PATH, 0, "output-path", "PATH", "DNSTAP_OUTPUT_PATH",
		"outputs.*.path", "path of file, pipe and socket outputs"),
	ROW(HEC_URL, 0, "hec-url", "URL", "DNSTAP_HEC_URL",
		"outputs.*:hec.backends", "backend of hec outputs"),
	ROW(SECRET, 0, "hec-token", "TOKEN", "DNSTAP_HEC_TOKEN",
		"outputs.*:hec.token",
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

char *options_keep(struct options *o, char *s)
{
	if (s != NULL)
		o->kept[o->n_kept++] = s;
	return s;
}

static void give(struct options *o, const struct option_row *row,
	const char *value, bool ambient)
{
	o->given[o->n_given++] = (struct option_given){ row, value,
		ambient ? row->by_env : row->by_option, ambient };
}

/* A variable that is set to nothing counts as not set. */
static void read_environment(struct options *o)
{
	for (const struct option_row *row = rows; row < rows + N_ROWS; row++) {
		const char *value = *row->env != '\0' ? getenv(row->env) : NULL;

		if (value != NULL && *value != '\0')
			give(o, row, value, true);
	}
}

static bool ends_with(const char *text, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - text) >= len &&
	       strncmp(end - len, word, len) == 0;
}

/*
 * An option's value; one with a secret is kept elsewhere and blotted out in
 * argv, which ps shows.
 */
static const char *take_value(
	struct options *o, const struct option_row *row, char *value)
{
	char *secret = NULL, *copy, *equals;

	if (row->kind == OPTION_SECRET) {
		secret = value;
	} else if (row->kind == OPTION_SET) {
		equals = strchr(value, '=');
		if (equals != NULL &&
			(ends_with(value, equals, "token") ||
				ends_with(value, equals, "password") ||
				ends_with(value, equals, "headers")))
			secret = equals + 1;
	}
	if (secret == NULL)
		return value;
	copy = options_keep(o, strdup(value));
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
	for (const struct option_row *row = rows; row < rows + N_ROWS; row++) {
		char typed[40];

		if (row->kind == OPTION_HEADING)
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
	struct option *next = options;

	*letters++ = ':'; /* tell a missing argument from an unknown option */
	for (int i = 0; i < N_ROWS; i++) {
		if (rows[i].kind == OPTION_HEADING)
			continue;
		*next++ = (struct option){ rows[i].name,
			rows[i].arg != NULL ? required_argument : no_argument,
			NULL, i + 256 };
		if (rows[i].letter == 0)
			continue;
		*letters++ = rows[i].letter;
		if (rows[i].arg != NULL)
			*letters++ = ':';
	}
	*next = (struct option){ 0 };
	*letters = '\0';
}

static const struct option_row *row_of(int c)
{
	if (c >= 256)
		return &rows[c - 256];
	for (const struct option_row *row = rows; row < rows + N_ROWS; row++)
		if (row->letter == c)
			return row;
	return NULL;
}

/* What getopt_long() answered '?' or ':' to, in words. */
static int usage(int answer, const char *word, struct buf *error)
{
	const struct option_row *row = optopt > 0 ? row_of(optopt) : NULL;

	if (answer == ':' && row != NULL)
		buf_printf(error, "--%s needs an argument: %s", row->name,
			row->arg);
	else if (row != NULL)
		buf_printf(error, "--%s takes no argument", row->name);
	else if (optopt > 0)
		buf_printf(error, "unknown option -%c", optopt);
	else
		unknown_option(word, error);
	return OPTIONS_E_USAGE;
}

static int read_options(
	struct options *o, int argc, char **argv, struct buf *error)
{
	struct option options[N_ROWS + 1];
	char letters[64];
	int c;

	make_getopt(options, letters);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		const struct option_row *row = row_of(c);
		const char *value = NULL;

		if (c == '?' || c == ':')
			return usage(c, argv[optind - 1], error);
		if (optarg != NULL) {
			value = take_value(o, row, optarg);
			if (value == NULL)
				return -ENOMEM;
		}
		give(o, row, value, false);
	}
	if (optind < argc) {
		buf_printf(error, "unexpected argument %s", argv[optind]);
		return OPTIONS_E_USAGE;
	}
	return 0;
}

int options_read(struct options *o, int argc, char **argv, struct buf *error)
{
	size_t max = N_ROWS; /* a variable each, and a letter can be one */

	*o = OPTIONS_NULL;
	for (int i = 0; i < argc; i++)
		max += strlen(argv[i]) + 1;
	o->given = calloc(max, sizeof(*o->given));
	o->kept = calloc(2 * max, sizeof(*o->kept));
	if (o->given == NULL || o->kept == NULL)
		return -ENOMEM;
	read_environment(o);
	return read_options(o, argc, argv, error);
}

void options_deinit(struct options *o)
{
	for (size_t i = 0; i < o->n_kept; i++) {
		explicit_bzero(o->kept[i], strlen(o->kept[i]));
		free(o->kept[i]);
	}
	free(o->kept);
	free(o->given);
	*o = OPTIONS_NULL;
}

const struct option_given *options_last(
	const struct options *o, enum option_kind kind)
{
	for (size_t i = o->n_given; i-- > 0;)
		if (o->given[i].row->kind == kind)
			return &o->given[i];
	return NULL;
}

/* The left column, the help text's lines, and the variable where it fits. */
static void help_row(const struct option_row *row, struct buf *out)
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

void options_help(struct buf *out)
{
	buf_add_str(out,
		"Usage: tapferryd [-t] [-c FILE] [-o KEY=VALUE]...\n"
		"       tapferryd --listen ADDRESS --output WHERE [OPTION]...\n"
		"\n"
		"Takes dnstap from DNS servers, delivers JSON events to Splunk "
		"HEC and other HTTP\n"
		"collectors, files, named pipes, unix sockets and syslog.\n");
	for (const struct option_row *row = rows; row < rows + N_ROWS; row++) {
		if (row->kind == OPTION_HEADING)
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
