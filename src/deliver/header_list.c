#include "deliver/header_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2: token */
static const char name_octets[] =
	"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const struct {
	const char *name;
	const char *why;
} taken[] = {
	{ "Content-Type", "is set by content_type" },
	{ "Content-Encoding", "is set by compression" },
	{ "Content-Length", "is set with the body" },
	{ "Transfer-Encoding", "is set with the body" },
	{ "Connection", "is HTTP's own" },
	{ "Expect", "is HTTP's own" },
	{ "Idempotency-Key", "is set for each request" },
	{ "X-Splunk-Request-Channel", "is set for each backend" },
};

/* What is wrong with "Name: value", or NULL. */
static const char *problem(const char *line, size_t len, const char *mask)
{
	size_t name = strspn(line, name_octets);

	if (name == 0 || name >= len || line[name] != ':')
		return "is not a header such as \"X-Scope-OrgID: dns\"";
	for (size_t i = name; i < len; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') ||
			line[i] == 0x7f)
			return "has control characters in it";
	if (strstr(line + name, mask) != NULL)
		return "has the mask that --print-config prints: put the "
		       "value there";
	/* libcurl takes a header without a value as one to leave out */
	if (strspn(line + name + 1, " \t") == len - name - 1)
		return "has no value";
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strlen(taken[i].name) == name &&
			strncasecmp(taken[i].name, line, name) == 0)
			return taken[i].why;
	return NULL;
}

static int add_line(
	struct header_list *l, const char *text, size_t len, struct buf *why)
{
	char *line = strndup(text, len);
	char **lines = realloc(l->lines, (l->n + 1) * sizeof(*lines));
	const char *wrong;

	if (lines != NULL)
		l->lines = lines;
	if (line == NULL || lines == NULL) {
		free(line);
		return -ENOMEM;
	}
	wrong = problem(line, len, "********");
	if (wrong != NULL) {
		size_t name = strspn(line, name_octets);

		/* not the value: it may be a secret, and so may be what only
		 * lacks its colon */
		if (name > 0 && line[name] == ':')
			buf_printf(why, "\"%.*s\" %s", (int)name, line, wrong);
		else
			buf_printf(why, "number %zu %s", l->n + 1, wrong);
		explicit_bzero(line, len);
		free(line);
		return -EINVAL;
	}
	l->lines[l->n++] = line;
	return 0;
}

int header_list_parse(struct header_list *l, const char *text, struct buf *why)
{
	struct header_list parsed = HEADER_LIST_NULL;
	int r = 0;

	while (r == 0 && *text != '\0') {
		size_t len = strcspn(text, "\n");

		r = add_line(&parsed, text, len, why);
		text += len + (text[len] == '\n');
	}
	if (r == 0)
		*l = parsed;
	else
		header_list_deinit(&parsed);
	return r;
}

void header_list_format(
	const struct header_list *l, const char *mask, struct buf *out)
{
	if (l->n == 0)
		return;
	for (size_t i = 0; i < l->n; i++)
		buf_printf(out, "%s\"%.*s: %s\"", i == 0 ? "[" : ", ",
			(int)strcspn(l->lines[i], ":"), l->lines[i], mask);
	buf_add_str(out, "]");
}

bool header_list_has(const struct header_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strncasecmp(l->lines[i], name, strlen(name)) == 0 &&
			l->lines[i][strlen(name)] == ':')
			return true;
	return false;
}

void header_list_deinit(struct header_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		explicit_bzero(l->lines[i], strlen(l->lines[i]));
		free(l->lines[i]);
	}
	free(l->lines);
	*l = HEADER_LIST_NULL;
}
