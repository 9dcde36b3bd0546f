#include "load/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

int option_parse(const struct option_table *table, int argc, char **argv,
	void *into, const char **word, bool *helped)
{
	int index = 0;
	int option;

	while ((option = getopt_long(argc, argv, "h", table->known, &index)) !=
		-1) {
		if (option == 'h') {
			*helped = true;
			fputs(table->help, stdout);
			return 0;
		}
		/* getopt_long() has said why */
		if (option == '?' ||
			!table->take(into, option, table->known[index].name))
			return EXIT_USAGE;
	}
	if (word != NULL)
		*word = optind < argc ? argv[optind++] : NULL;
	if (optind >= argc)
		return 0;
	fprintf(stderr,
		"tapferry-load %s: what is \"%s\"? every value belongs to an "
		"option\n",
		table->command, argv[optind]);
	return EXIT_USAGE;
}

/* A decimal number at the start of text; *rest is what follows it. */
static bool parse_number(uint64_t *value, const char *text, const char **rest)
{
	char *end;

	if (text[0] < '0' || text[0] > '9') /* no sign, no space */
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	*rest = end;
	return errno == 0;
}

bool option_number(uint64_t *value, const char *name, const char *text,
	uint64_t min, uint64_t max)
{
	const char *rest;

	if (parse_number(value, text, &rest) && *rest == '\0' &&
		*value >= min && *value <= max)
		return true;
	fprintf(stderr,
		"tapferry-load: --%s: \"%s\" is not a number from %" PRIu64
		" to %" PRIu64 "\n",
		name, text, min, max);
	return false;
}

bool option_rate(uint64_t *value, const char *name, const char *text)
{
	const char *rest;

	if (parse_number(value, text, &rest) && *value > 0 &&
		(*rest == '\0' || strcmp(rest, "/s") == 0))
		return true;
	fprintf(stderr,
		"tapferry-load: --%s: \"%s\" is not a rate such as 50000 or "
		"50000/s\n",
		name, text);
	return false;
}

bool option_duration(uint64_t *ns, const char *name, const char *text)
{
	int r = units_parse_duration(text, ns);

	if (r == 0 && *ns > 0)
		return true;
	fprintf(stderr,
		r == UNITS_E_NO_UNIT ? "tapferry-load: --%s: \"%s\" has no "
				       "unit; write 500ms, "
				       "10s or 2m\n"
				     : "tapferry-load: --%s: \"%s\" is not a "
				       "duration such as "
				       "500ms, 10s or 2m\n",
		name, text);
	return false;
}
