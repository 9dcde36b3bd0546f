#include "ctl/verb.h"

#include <stdio.h>
#include <string.h>

#include "ctl/client.h"

enum { HELP_COLUMN = 30 };

static const struct {
	const char *name, *argument, *help;
} options[] = {
	{ "all", NULL, "every file that waits" },
	{ "interval", "SECONDS", "how often top looks, 2 by default" },
	{ "limit", "N", "list no more than N" },
	{ "now", NULL, "do not deliver the rest: to the spool, or dropped" },
	{ "once", NULL, "show one page and end" },
	{ "output", "NAME", "the output meant; needed where several would do" },
	{ "peer", "NETWORK", "all from there: 192.0.2.0/24 or 2001:db8::1" },
	{ "sort", "KEY",
		"rate (default), byte_rate, messages, octets,\n"
		"errors, age, quiet or id" },
	{ "wait", NULL, "return when the daemon has ended" },
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

static void add_arguments(const struct verb *v, struct buf *out)
{
	for (const char *p = v->arguments; *p != '\0';) {
		size_t n = strcspn(p, "#? "), end = strcspn(p, " ");
		bool optional = p[end - 1] == '?';

		buf_add_str(out, optional ? " [" : " ");
		for (size_t i = 0; i < n; i++) {
			char c = (char)(p[i] - 'a' + 'A');

			buf_add(out, &c, 1);
		}
		buf_add_str(out, optional ? "]" : "");
		p += end + (p[end] != '\0');
	}
	for (unsigned i = 0; i < N_OPTIONS; i++)
		if (verb_takes(v, options[i].name))
			buf_printf(out, " [--%s%s%s]", options[i].name,
				options[i].argument != NULL ? " " : "",
				options[i].argument != NULL
					? options[i].argument
					: "");
}

/* Does the group alone list something, and has other words, too? */
static bool is_list(const struct verb *v)
{
	const struct verb *other;
	bool others = false;

	for (unsigned i = 0; (other = verb_at(i)) != NULL; i++)
		others |= other != v && strcmp(other->group, v->group) == 0;
	return *v->word == '\0' && others;
}

static void add_command(const struct verb *v, struct buf *out)
{
	buf_printf(out, "%s%s%s%s", v->group, *v->word != '\0' ? " " : "",
		v->word, is_list(v) ? " [list]" : "");
	add_arguments(v, out);
	buf_add_str(out, "\n");
}

void verb_usage(const struct verb *v, struct buf *out)
{
	buf_add_str(out, "tapferryctl ");
	add_command(v, out);
}

/* Behind a name that begins a line; lines of the text stand below each other.
 */
static void add_text(struct buf *out, const char *left, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		buf_printf(
			out, "%-*s %.*s\n", HELP_COLUMN, left, (int)len, text);
		left = "";
		text += len + (text[len] != '\0');
	}
}

static bool is_meant(const struct verb *v, const char *group)
{
	return group == NULL || strcmp(v->group, group) == 0;
}

static void add_commands(const char *group, struct buf *out)
{
	const struct verb *v;

	buf_add_str(out, "Commands:\n");
	for (unsigned i = 0; (v = verb_at(i)) != NULL; i++) {
		if (!is_meant(v, group))
			continue;
		buf_add_str(out, "  ");
		add_command(v, out);
		buf_printf(out, "        %s\n", v->help);
	}
}

static void add_options(const char *group, struct buf *out)
{
	const struct verb *v;
	bool any = false;

	for (unsigned k = 0; k < N_OPTIONS; k++) {
		char left[HELP_COLUMN + 1];
		bool taken = false;

		for (unsigned i = 0; (v = verb_at(i)) != NULL; i++)
			taken |= is_meant(v, group) &&
				 verb_takes(v, options[k].name);
		if (!taken)
			continue;
		if (!any)
			buf_add_str(out, "\nTheir options:\n");
		any = true;
		snprintf(left, sizeof(left), "  --%s %s", options[k].name,
			options[k].argument != NULL ? options[k].argument : "");
		add_text(out, left, options[k].help);
	}
}

void verb_help(const char *group, struct buf *out)
{
	const struct verb *v;
	bool known = false;

	for (unsigned i = 0; group != NULL && (v = verb_at(i)) != NULL; i++)
		known |= is_meant(v, group);
	group = known ? group : NULL;
	buf_add_str(out, "Usage: tapferryctl [--socket PATH] [--json] COMMAND\n"
			 "\n"
			 "Talks to a running tapferryd over its control "
			 "socket.\n"
			 "\n");
	add_commands(group, out);
	add_options(group, out);
	buf_add_str(out, "\nOptions of all:\n");
	add_text(out, "  -s, --socket PATH",
		"the control socket, or TAPFERRY_SOCKET, "
		"or\n" CTL_DEFAULT_SOCKET);
	add_text(out, "  -j, --json", "the result as one line of JSON");
	add_text(out, "  -h, --help",
		group == NULL ? "print this, or that of one command, and exit"
			      : "print this and exit");
	add_text(out, "  -V, --version", "print the version and exit");
	buf_add_str(out, "\nExit status: 0 done, 1 refused or failed, 2 usage, "
			 "3 no daemon.\n"
			 "Manual: tapferryctl(1)\n");
}
