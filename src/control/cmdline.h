/*
 * Cmdline: what the command line and the environment ask for.
 *
 * What was given (options.h) becomes listeners, outputs and overrides for
 * config_load().
 */
#ifndef TAPFERRY_CONTROL_CMDLINE_H
#define TAPFERRY_CONTROL_CMDLINE_H

#include "base/buf.h"
#include "control/config.h"

enum { CMDLINE_E_USAGE = 1 };

enum cmdline_action {
	CMDLINE_RUN = 0,
	CMDLINE_CHECK,
	CMDLINE_PRINT,
	CMDLINE_HELP,
	CMDLINE_VERSION,
};

struct cmdline {
	enum cmdline_action action;
	struct config_source source; /* strings: ours, argv's, environ's */
	struct cmdline_memory *memory;
};

#define CMDLINE_NULL ((struct cmdline){ 0 })

/*
 * cmdline_parse() - read both
 * @argv:   tokens in it are overwritten, so that ps does not show them
 * @error:  on CMDLINE_E_USAGE: one line
 *
 * The default file is read (source.file) unless listeners or outputs are
 * given here; without a file, listener and output have defaults.
 * Return: 0, CMDLINE_E_USAGE or -ENOMEM; cmdline_deinit() is due always.
 */
int cmdline_parse(struct cmdline *c, int argc, char **argv, struct buf *error);
void cmdline_deinit(struct cmdline *c);

#endif
