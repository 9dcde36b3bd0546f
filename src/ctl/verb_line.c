#include "ctl/verb_line.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"

static void keep_option(struct verb_line *l, int c)
{
	switch (c) {
	case 'a':
		l->all = true;
		break;
	case 'i':
		l->interval = optarg;
		break;
	case 'l':
		l->limit = optarg;
		break;
	case 'n':
		l->now = true;
		break;
	case '1':
		l->once = true;
		break;
	case 'o':
		l->output = optarg;
		break;
	case 'p':
		l->peer = optarg;
		break;
	case 'k':
		l->sort = optarg;
		break;
	case 'w':
		l->wait = true;
		break;
	case 's':
		l->socket = optarg;
		break;
	case 'j':
		l->json = true;
		break;
	case 'h':
		l->help = true;
		break;
	case 'V':
		l->version = true;
		break;
	}
}

/* "--name=value", or what name can be abbreviated to */
static bool gives_value(const char *word, const char *name)
{
	const char *end = strchr(word, '=');

	return end != NULL && end > word + 2 && strncmp(word, "--", 2) == 0 &&
	       strncmp(word + 2, name, (size_t)(end - word) - 2) == 0;
}

/*
 * What getopt_long() refuses.  @last: the word before optind, which is that of
 * a long option, but not yet that of a short one with others behind it
 */
static void explain_option(
	int c, const char *last, const struct option *table, struct buf *error)
{
	if (c == ':') {
		if (strncmp(last, "--", 2) == 0)
			buf_printf(error, "%s needs a value", last);
		else
			buf_printf(error, "-%c needs a value", optopt);
		return;
	}
	for (; optopt != 0 && table->name != NULL; table++)
		if (table->val == optopt && gives_value(last, table->name)) {
			buf_printf(error, "--%s takes no value", table->name);
			return;
		}
	if (optopt != 0)
		buf_printf(error, "unknown option -%c", optopt);
	else
		buf_printf(error, "unknown option %s", last);
}

int verb_line_parse(
	struct verb_line *l, int argc, char **argv, struct buf *error)
{
	static const struct option table[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "interval", required_argument, NULL, 'i' },
		{ "limit", required_argument, NULL, 'l' },
		{ "now", no_argument, NULL, 'n' },
		{ "once", no_argument, NULL, '1' },
		{ "output", required_argument, NULL, 'o' },
		{ "peer", required_argument, NULL, 'p' },
		{ "sort", required_argument, NULL, 'k' },
		{ "wait", no_argument, NULL, 'w' },
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *env = getenv("TAPFERRY_SOCKET");
	int c;

	*l = (struct verb_line){
		.socket =
			env != NULL && *env != '\0' ? env : CTL_DEFAULT_SOCKET,
	};
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while ((c = getopt_long(argc, argv, ":s:jhV", table, NULL)) != -1) {
		if (c == ':' || c == '?')
			explain_option(c, argv[optind - 1], table, error);
		else
			keep_option(l, c);
		if (error->len != 0)
			return CTL_USAGE;
	}
	l->words = argv + optind;
	l->n_words = argc - optind;
	return 0;
}
