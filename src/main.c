/* tapferryd: dnstap in, HTTP collectors out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/cmdline.h"
#include "control/config.h"
#include "control/daemon.h"
#include "control/limits.h"
#include "control/options.h"
#include "control/rehearsal.h"

enum { EXIT_OK = 0, EXIT_SYSTEM = 1, EXIT_CONFIG = 2 };

static int print(const struct buf *text)
{
	if (buf_failed(text) || fputs(buf_str(text), stdout) == EOF ||
		fflush(stdout) == EOF) {
		fprintf(stderr, "tapferryd: cannot write to standard output\n");
		return EXIT_SYSTEM;
	}
	return EXIT_OK;
}

static void log_notes(const struct config *c)
{
	const char *line = config_notes(c);

	log_open(c->log_target, c->log_level);
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		log_warn(CONFIG_NOTE, "configuration", "note=\"%.*s\"",
			(int)len, line);
		line += len + 1;
	}
}

static int complain(struct buf *error)
{
	fprintf(stderr, "%stapferryd: it would not start, see above\n",
		buf_str(error));
	buf_deinit(error);
	return EXIT_SYSTEM;
}

static int act(enum cmdline_action action, struct config *c,
	const struct config_source *source)
{
	struct buf out = BUF_NULL, error = BUF_NULL;
	int status;

	if (action == CMDLINE_RUN) {
		log_notes(c);
		return daemon_run(c, source);
	}
	if (action == CMDLINE_PRINT)
		config_print(c, &out);
	else if (!rehearse(c, source->file, &out, &error))
		return complain(&error);
	status = print(&out);
	buf_deinit(&out);
	return status;
}

static int configure_and_act(const struct cmdline *cmd)
{
	struct config c;
	struct buf error = BUF_NULL;
	int r = config_load(&c, &cmd->source, &error);
	int status = EXIT_CONFIG;

	if (r == 0) {
		limits_fit(&c);
		status = act(cmd->action, &c, &cmd->source);
		config_deinit(&c);
	} else if (r == -ENOMEM) {
		fprintf(stderr, "tapferryd: out of memory\n");
		status = EXIT_SYSTEM;
	} else {
		fprintf(stderr,
			"%stapferryd: the configuration is wrong, see "
			"above\n",
			buf_str(&error));
	}
	buf_deinit(&error);
	return status;
}

static int say(enum cmdline_action action)
{
	struct buf out = BUF_NULL;
	int status;

	if (action == CMDLINE_HELP)
		options_help(&out);
	else
		buf_add_str(&out, "tapferryd " PACKAGE_VERSION "\n");
	status = print(&out);
	buf_deinit(&out);
	return status;
}

int main(int argc, char **argv)
{
	struct cmdline cmd;
	struct buf error = BUF_NULL;
	int r = cmdline_parse(&cmd, argc, argv, &error);
	int status = EXIT_CONFIG;

	if (r == CMDLINE_E_USAGE) {
		fprintf(stderr, "tapferryd: %s\nTry: tapferryd --help\n",
			buf_str(&error));
	} else if (r != 0) {
		fprintf(stderr, "tapferryd: out of memory\n");
		status = EXIT_SYSTEM;
	} else if (cmd.action == CMDLINE_HELP ||
		   cmd.action == CMDLINE_VERSION) {
		status = say(cmd.action);
	} else {
		status = configure_and_act(&cmd);
	}
	cmdline_deinit(&cmd);
	buf_deinit(&error);
	return status;
}
