#include "base/log_pairs.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT_MAX = 512 };

/* What the format's own characters become, so that they are told from those
 * that a conversion put in: see mark(). */
enum { QUOTE, BLANK, EQUALS, N_MARKS };
static const char marked[] = "\" =";

struct text {
	char *at;
	size_t len, cap;
};

static bool put(struct text *t, const char *octets, size_t len)
{
	if (len > t->cap - t->len)
		return false;
	memcpy(t->at + t->len, octets, len);
	t->len += len;
	return true;
}

/* What finds room of it.  Return: all. */
static bool put_part(struct text *t, const char *octets, size_t len)
{
	size_t room = t->cap - t->len;

	return put(t, octets, len < room ? len : room) && len <= room;
}

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static size_t escape(char out[4], unsigned char c)
{
	static const char hex[] = "0123456789abcdef", names[] = "\n\r\t";
	const char *name = c != '\0' ? strchr(names, c) : NULL;

	out[0] = '\\';
	out[1] = (char)c;
	if (c == '"' || c == '\\')
		return 2;
	if (name != NULL) {
		out[1] = "nrt"[name - names];
		return 2;
	}
	if (is_control(c)) {
		out[1] = 'x';
		out[2] = hex[c >> 4];
		out[3] = hex[c & 15];
		return 4;
	}
	out[0] = (char)c;
	return 1;
}

/* Return: all of it found room. */
static bool put_quoted(struct text *t, const char *value, size_t len)
{
	bool whole = true;

	if (t->cap - t->len < 2)
		return false;
	put(t, "\"", 1);
	t->cap--; /* for the other one */
	for (size_t i = 0; i < len && whole; i++) {
		char octets[4];

		whole = put(t, octets, escape(octets, (unsigned char)value[i]));
	}
	t->cap++;
	return put(t, "\"", 1) && whole;
}

static bool needs_quotes(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (value[i] == ' ' || value[i] == '"' ||
			is_control((unsigned char)value[i]))
			return true;
	return false;
}

static bool put_value(struct text *t, const char *value, size_t len)
{
	if (needs_quotes(value, len))
		return put_quoted(t, value, len);
	return put_part(t, value, len);
}

size_t log_pair_format(
	char *out, size_t cap, const char *key, const char *value, size_t len)
{
	struct text t = { .at = out, .cap = cap };

	if (!put(&t, key, strlen(key)) || !put(&t, "=", 1))
		return 0;
	put_value(&t, value, len);
	return t.len;
}

/* A copy of the format with other characters for its own quotes, blanks and
 * equals signs. */
static void mark(char copy[FORMAT_MAX], const char *format, char first)
{
	size_t i = 0;

	for (; format[i] != '\0' && i < FORMAT_MAX - 1; i++) {
		const char *at = strchr(marked, format[i]);

		copy[i] =
			at != NULL ? (char)(first + (at - marked)) : format[i];
	}
	copy[i] = '\0';
}

/* The values, rendered with two different marks: where the two texts are not
 * the same is a character of the format.  So nothing that a value may be is
 * taken for one. */
struct rendered {
	char text[LOG_PAIRS_MAX], other[LOG_PAIRS_MAX];
	size_t len;
};

static bool is_mark(const struct rendered *r, size_t i, int which)
{
	return r->text[i] == which + 1 && r->other[i] == which + 1 + N_MARKS;
}

static size_t find_mark(
	const struct rendered *r, size_t from, size_t end, int which)
{
	while (from < end && !is_mark(r, from, which))
		from++;
	return from;
}

/* Back to what the format had. */
static void unmark(struct rendered *r, size_t from, size_t end)
{
	for (; from < end; from++)
		for (int which = 0; which < N_MARKS; which++)
			if (is_mark(r, from, which))
				r->text[from] = marked[which];
}

/* From one of the format's blanks to the next one. */
static bool put_pair(
	struct text *t, struct rendered *r, size_t from, size_t end)
{
	size_t equals = find_mark(r, from, end, EQUALS), quote;

	if (equals == end) {
		unmark(r, from, end);
		while (from < end && r->text[from] == ' ')
			from++;
		return put_part(t, r->text + from, end - from);
	}
	quote = equals + 1;
	if (quote < end && is_mark(r, quote, QUOTE)) {
		size_t close = find_mark(r, quote + 1, end, QUOTE);

		unmark(r, from, end);
		return put(t, r->text + from, quote - from) &&
		       put_quoted(t, r->text + quote + 1, close - quote - 1) &&
		       (close == end || put_part(t, r->text + close + 1,
						end - close - 1));
	}
	unmark(r, from, end);
	return put(t, r->text + from, equals + 1 - from) &&
	       put_value(t, r->text + equals + 1, end - equals - 1);
}

/* Where the pair ends: at a blank of the format that is not in its quotes. */
static size_t pair_end(const struct rendered *r, size_t from)
{
	bool quoted = false;

	for (; from < r->len; from++) {
		if (is_mark(r, from, QUOTE))
			quoted = !quoted;
		else if (!quoted && is_mark(r, from, BLANK))
			break;
	}
	return from;
}

/* The format's marks are not known to the compiler; that it fits the values is,
 * from log_write(). */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t render(char text[LOG_PAIRS_MAX], const char *format, char first,
	va_list values)
{
	char copy[FORMAT_MAX];
	int n;

	mark(copy, format, first);
	n = vsnprintf(text, LOG_PAIRS_MAX, copy, values);
	if (n < 0)
		n = 0;
	return n < LOG_PAIRS_MAX ? (size_t)n : LOG_PAIRS_MAX - 1;
}
#pragma GCC diagnostic pop

size_t log_pairs_format(
	char *out, size_t cap, const char *format, va_list values)
{
	struct text t = { .at = out, .cap = cap };
	struct rendered r;
	va_list again;

	va_copy(again, values);
	r.len = render(r.text, format, 1, values);
	render(r.other, format, 1 + N_MARKS, again);
	va_end(again);
	for (size_t from = 0, end; from < r.len; from = end + 1) {
		size_t before = t.len;

		end = pair_end(&r, from);
		if (t.len != 0 && !put(&t, " ", 1))
			break;
		before += t.len != before;
		if (!put_pair(&t, &r, from, end))
			break;
		if (t.len == before && before != 0)
			t.len--; /* there was nothing */
	}
	return t.len;
}

static unsigned hex_digit(char c)
{
	return (unsigned)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

size_t log_pair_plain(char *out, const char *quoted, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = quoted[i];

		if (c != '\\' || i + 1 == len) {
			out[n++] = c;
			continue;
		}
		c = quoted[++i];
		if (c == 'x' && i + 2 < len) {
			out[n++] = (char)(hex_digit(quoted[i + 1]) << 4 |
					  hex_digit(quoted[i + 2]));
			i += 2;
		} else {
			out[n++] = c == 'n'   ? '\n'
				   : c == 'r' ? '\r'
				   : c == 't' ? '\t'
					      : c;
		}
	}
	return n;
}
