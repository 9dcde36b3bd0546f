#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/command.h"
#include "load/ids.h"
#include "load/option.h"

static const char help[] =
	"usage: tapferry-load ids [--list] FILE\n"
	"\n"
	"  FILE    where collectors with --ids count what send --number sent\n"
	"  --list  name each event that is missing or came more than once\n";

static void print(const struct ids *ids, bool list)
{
	struct ids_summary s;

	for (unsigned i = 0; i < IDS_RUNS; i++) {
		if (!ids_sum(ids, i, &s))
			continue;
		if (list)
			ids_list(ids, i, stdout);
		printf("ids run=%08" PRIx32 " numbered=%" PRIu32
		       " taken=%" PRIu64 " missing=%" PRIu64
		       " duplicated=%" PRIu64 " extra=%" PRIu64 "\n",
			s.run, s.numbered, s.taken, s.missing, s.duplicated,
			s.extra);
	}
	printf("unknown=%" PRIu64 "\n", atomic_load(&ids->file->unknown));
}

static bool take(void *into, int option, const char *name)
{
	bool *list = into;

	(void)option; /* there is one */
	(void)name;
	return *list = true;
}

int command_ids(int argc, char **argv)
{
	static const struct option known[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct option_table table = {
		.command = "ids",
		.help = help,
		.known = known,
		.take = take,
	};
	bool list = false, helped = false;
	struct ids ids = IDS_NULL;
	const char *path;
	int r = option_parse(&table, argc, argv, &list, &path, &helped);

	if (r != 0 || helped)
		return r;
	if (path == NULL) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	/* ids_open() would make one */
	r = access(path, R_OK | W_OK) == 0 ? ids_open(&ids, path) : -errno;
	if (r != 0) {
		fprintf(stderr, "tapferry-load: %s: %s\n", path,
			r == -EINVAL ? "not a file of --ids" : strerror(-r));
		return 1;
	}
	print(&ids, list);
	ids_close(&ids);
	return 0;
}
