/*
 * Options: what was given, on the command line and in the environment.
 *
 * One table (options.c) makes getopt's tables, the help text and the names of
 * the environment's variables.
 */
#ifndef TAPFERRY_CONTROL_OPTIONS_H
#define TAPFERRY_CONTROL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define OPTIONS_DEFAULT_FILE     SYSCONFDIR "/tapferry/tapferry.conf"
#define OPTIONS_DEFAULT_LISTENER "unix:" RUNSTATEDIR "/tapferry/dnstap.sock"

enum option_kind {
	OPTION_HEADING = 0, /* of a section of the help text */
	OPTION_FILE,
	OPTION_SET,
	OPTION_CHECK,
	OPTION_PRINT,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_LISTEN,
	OPTION_OUTPUT,
	OPTION_SOCKET,
	OPTION_OUTPUT_TYPE,
	OPTION_OUTPUT_PATH, /* of --output-type file, or an override */
	OPTION_HEC_URL,     /* of --output-type hec, or an override */
	OPTION_SECRET,      /* an override that ps must not show */
	OPTION_SECONDS,     /* an override; a bare number is seconds */
	OPTION_OVERRIDE,
};

struct option_row {
	enum option_kind kind;
	char letter; /* 0: none */
	const char *name;
	const char *arg;  /* NULL: takes none */
	const char *env;  /* "": none */
	const char *path; /* of overrides (override.h) */
	const char *help;
	const char *by_option, *by_env; /* where a value comes from */
};

/* One option or variable as it was given. */
struct option_given {
	const struct option_row *row;
	const char *value;  /* NULL: takes none */
	const char *origin; /* "command line --listen" */
	bool ambient;       /* from the environment */
};

struct options {
	/* the environment's first, then the command line's in their order */
	struct option_given *given;
	size_t n_given;
	char **kept; /* strings of ours; wiped before they are freed */
	size_t n_kept;
};

#define OPTIONS_NULL ((struct options){ 0 })

enum { OPTIONS_E_USAGE = 1 };

/*
 * options_read() - environment and command line
 * @argv:   tokens in it are overwritten, so that ps does not show them
 * @error:  on OPTIONS_E_USAGE: one line
 *
 * Thread: main (getopt and getenv).
 * Return: 0, OPTIONS_E_USAGE or -ENOMEM; options_deinit() is due always.
 */
int options_read(struct options *o, int argc, char **argv, struct buf *error);
void options_deinit(struct options *o);

/* The last one of a kind, the command line's before the environment's; NULL:
 * none. */
const struct option_given *options_last(
	const struct options *o, enum option_kind kind);

/*
 * options_keep() - leave an allocated string to o; there is room for one
 * of the caller's for each given
 * Return: it (NULL for NULL).
 */
char *options_keep(struct options *o, char *s);

void options_help(struct buf *out);

#endif
