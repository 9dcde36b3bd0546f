#include "ctl/verb_line.h"

#include <getopt.h>
#include <stdlib.h>

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
		if (c == ':')
			buf_printf(error, "%s needs a value", argv[optind - 1]);
		else if (c == '?')
			buf_printf(
				error, "unknown option %s", argv[optind - 1]);
		else
			keep_option(l, c);
		if (error->len != 0)
			return CTL_USAGE;
	}
	l->words = argv + optind;
	l->n_words = argc - optind;
	return 0;
}
