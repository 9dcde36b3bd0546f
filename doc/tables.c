/*
 * The tables of the documents, from those of the program:
 *
 *	doc/tables settings    section of tapferry.conf(5), mdoc
 *	doc/tables counters    counters.md
 *	doc/tables metrics     section of tapferry-monitor(7), mdoc
 *
 * doc/update.sh puts them in their places.
 */
#include <stdio.h>
#include <string.h>

#include "base/stat.h"
#include "control/settings.h"
#include "monitor/metrics.h"

/* In lines as mdoc wants them: not too long, each sentence on its own. */
static void print_lines(const char *text)
{
	enum { WIDTH = 72 };
	size_t column = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		bool sentence = len > 0 && text[len - 1] == '.';

		if (column + len > WIDTH) {
			printf("\n");
			column = 0;
		}
		column += (size_t)printf(
			"%s%.*s", column > 0 ? " " : "", (int)len, text);
		if (sentence)
			column = WIDTH;
		text += len;
		text += strspn(text, " ");
	}
	printf("\n");
}

static void print_default(const struct setting *s)
{
	if (s->def == NULL)
		printf("must be given");
	else if (*s->def == '\0')
		printf("default: none");
	else if (setting_quoted(s->type))
		printf("default \\(dq%s\\(dq", s->def);
	else
		printf("default %s", s->def);
}

/* "a|b/c" as "a, b (or c)" */
static void print_allowed(const struct setting *s)
{
	const char *p = s->allowed;

	if (s->type != SETTING_ENUM) {
		printf("; %s%s%s", p, *s->unit ? " " : "", s->unit);
		return;
	}
	if (strchr(p, '|') == NULL) /* the default is all there is */
		return;
	printf("; ");
	for (; *p != '\0'; p++)
		if (*p == '|')
			printf(", ");
		else if (*p == '/')
			printf(" or ");
		else
			putchar(*p);
}

static void print_setting(const struct setting *s)
{
	printf(".It Va %s\n", s->key);
	printf(".Pq %s; ", setting_type_name(s->type));
	print_default(s);
	if (*s->allowed != '\0')
		print_allowed(s);
	if (s->fits != scopes[s->scope].fits)
		printf("; %s", setting_owners(s->fits));
	printf("\n.br\n");
	print_lines(s->help);
}

static void scope_path(const struct scope *s, char *path, size_t cap)
{
	char above[64] = "";

	if (s->parent != SCOPE_TOP)
		scope_path(&scopes[s->parent], above, sizeof(above));
	snprintf(path, cap, "%s%s%s", above, *above != '\0' ? "." : "", s->key);
}

static void print_settings(void)
{
	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		const struct scope *s = &scopes[i];
		char path[64];

		scope_path(s, path, sizeof(path));
		if (i == SCOPE_TOP)
			printf(".Ss Top level\n");
		else
			printf(".Ss %s\n%s%s%s.\n", path,
				s->kind == SCOPE_IS_LIST ? "A list of groups"
							 : "A group",
				s->fits != FITS_ALL ? " in " : "",
				s->fits != FITS_ALL ? setting_owners(s->fits)
						    : "");
		print_lines(s->help);
		printf(".Bl -tag -width Ds\n");
		for (size_t j = 0; j < n_settings; j++)
			if (settings[j].scope == s->id)
				print_setting(&settings[j]);
		printf(".El\n");
	}
}

static void print_counters_of(
	const char *prefix, const struct stat_desc *desc, unsigned n)
{
	printf("| counter | unit | what it counts |\n|---|---|---|\n");
	for (unsigned i = 0; i < n; i++)
		printf("| `%s%s` | %s | %s |\n", prefix, desc[i].name,
			desc[i].unit, desc[i].help);
}

static void print_counters(void)
{
	printf("# Counters\n\n"
	       "<!-- made by doc/update.sh from src/base/stat.def -->\n\n"
	       "They end up in the `STATS` and `LEDGER` log lines. For each "
	       "output,\n\n"
	       "`received = delivered + filtered + dropped + dead_lettered + "
	       "in_memory + in_spool`\n\n"
	       "where `dropped` is the sum of the `DROPPED_` counters of the "
	       "intake and of the\noutput; what is in memory is counted in "
	       "the batches themselves.\n\n"
	       "## Intake\n\nOne set in the process.\n\n");
	print_counters_of("INTAKE_", intake_stat_desc, INTAKE_STAT_COUNT);
	printf("\n## Output\n\nOne set for each output.\n\n");
	print_counters_of("OUTPUT_", output_stat_desc, OUTPUT_STAT_COUNT);
	printf("\n## Listener\n\nOne set for each listener.\n\n");
	print_counters_of("LISTENER_", listener_stat_desc, LISTENER_STAT_COUNT);
	printf("\n## Backend\n\nOne set for each backend of an output; kept "
	       "while the backend stays, over a\nreload too.\n\n");
	print_counters_of("BACKEND_", backend_stat_desc, BACKEND_STAT_COUNT);
	printf("\n## Pool\n\nOne set for the connections to each "
	       "backend.\n\n");
	print_counters_of("POOL_", pool_stat_desc, POOL_STAT_COUNT);
}

static void print_metrics(void)
{
	printf(".Bl -tag -width Ds\n");
	for (size_t i = 0; i < n_metrics; i++) {
		const struct metric *m = &metrics[i];

		printf(".It Li %s\n.Pq %s%s%s\n.br\n", m->name, m->type,
			*m->labels != '\0' ? "; " : "", m->labels);
		print_lines(m->help);
	}
	printf(".El\n");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "settings") == 0)
		print_settings();
	else if (argc == 2 && strcmp(argv[1], "counters") == 0)
		print_counters();
	else if (argc == 2 && strcmp(argv[1], "metrics") == 0)
		print_metrics();
	else {
		fprintf(stderr, "usage: tables settings|counters|metrics\n");
		return 2;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
