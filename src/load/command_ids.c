#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/command.h"
#include "load/ids.h"
#include "load/option.h"

static const char help[] =
	"usage: tapferry-load ids FILE [--list]\n"
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
		printf("ids run=%08" PRIx32 " sent=%" PRIu32 " taken=%" PRIu64
		       " missing=%" PRIu64 " duplicated=%" PRIu64
		       " extra=%" PRIu64 "\n",
			s.run, s.sent, s.taken, s.missing, s.duplicated,
			s.extra);
	}
	printf("unknown=%" PRIu64 "\n", atomic_load(&ids->file->unknown));
}

int command_ids(int argc, char **argv)
{
	bool list = argc == 3 && strcmp(argv[2], "--list") == 0;
	struct ids ids = IDS_NULL;
	int r;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 ||
				 strcmp(argv[1], "-h") == 0)) {
		fputs(help, stdout);
		return 0;
	}
	if (argc < 2 || argc > 3 || (argc == 3 && !list) || argv[1][0] == '-') {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	/* ids_open() would make one */
	r = access(argv[1], R_OK | W_OK) == 0 ? ids_open(&ids, argv[1])
					      : -errno;
	if (r != 0) {
		fprintf(stderr, "tapferry-load: %s: %s\n", argv[1],
			r == -EINVAL ? "not a file of --ids" : strerror(-r));
		return 1;
	}
	print(&ids, list);
	ids_close(&ids);
	return 0;
}
