#include "spool/letter.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "event/json.h"
#include "event/stamp.h"

int letter_new(struct letter **lp, const struct letter_cause *cause,
	const struct batch *b, uint32_t n)
{
	size_t start = batch_start(b, b->first);
	size_t len = batch_start(b, b->first + n) - start;
	struct letter *l = malloc(sizeof(*l) + n * sizeof(*l->ends) + len);

	if (l == NULL)
		return -ENOMEM;
	*l = (struct letter){
		.errand = ERRAND_LETTER, .cause = *cause, .events = n
	};
	l->ends = (uint32_t *)(l + 1);
	l->data = (uint8_t *)(l->ends + n);
	memcpy(l->data, b->data + start, len);
	for (uint32_t i = 0; i < n; i++)
		l->ends[i] = b->ends[b->first + i] - (uint32_t)start;
	*lp = l;
	return 0;
}

static void add_text(struct buf *out, struct slice text)
{
	uint8_t made[6 * LETTER_REPLY_MAX], spill[JSON_ROOM_MAX];
	struct json j = json_begin(made, sizeof(made), spill);

	json_text(&j, text);
	buf_add(out, made, json_end(&j));
}

/* "DROPPED_TOO_LARGE" is "too_large" */
static void add_reason(struct buf *out, enum output_stat reason)
{
	for (const char *p = output_stat_desc[reason].name + strlen("DROPPED_");
		*p != '\0'; p++) {
		char c = (char)tolower((unsigned char)*p);

		buf_add(out, &c, 1);
	}
}

static struct slice letter_event(const struct letter *l, uint32_t i)
{
	uint32_t start = i == 0 ? 0 : l->ends[i - 1], end = l->ends[i];

	while (end > start && (l->data[end - 1] == '\n'))
		end--;
	return slice_from(l->data + start, end - start);
}

void letter_write(
	const struct letter *l, uint32_t i, const char *output, struct buf *out)
{
	const struct letter_cause *c = &l->cause;
	struct slice event = letter_event(l, i);
	uint8_t time[STAMP_LEN];
	struct stamp stamp;

	stamp_init(&stamp);
	stamp_put(&stamp, time, c->real_ns / NS_PER_S,
		(uint32_t)(c->real_ns % NS_PER_S));
	buf_add_str(out, "{\"time\":\"");
	buf_add(out, time, sizeof(time));
	buf_printf(out, "\",\"output\":\"%s\",\"reason\":\"", output);
	add_reason(out, c->reason);
	buf_printf(out, "\",\"status\":%ld,\"code\":%d,\"text\":\"", c->status,
		c->code);
	add_text(out, slice_from_str(c->text));
	buf_add_str(out, "\",\"reply\":\"");
	add_text(out, slice_from(c->reply, c->reply_len));
	buf_add_str(out, "\",\"event\":");
	buf_add(out, event.data, event.len);
	buf_add_str(out, "}\n");
}

/* --- reading: as much of JSON as it takes to find a member's value */

struct cursor {
	const uint8_t *p, *end;
};

static bool next_is(const struct cursor *c, char what)
{
	return c->p < c->end && *c->p == (uint8_t)what;
}

static void skip_space(struct cursor *c)
{
	while (next_is(c, ' ') || next_is(c, '\t'))
		c->p++;
}

/* Return: false: it does not end. */
static bool skip_string(struct cursor *c)
{
	for (c->p++; c->p < c->end; c->p++) {
		if (*c->p == '\\')
			c->p++;
		else if (*c->p == '"')
			return c->p++, true;
	}
	c->p = c->end;
	return false;
}

/* A value: with its objects and arrays closed, otherwise not checked. */
static bool skip_value(struct cursor *c)
{
	unsigned depth = 0;

	while (c->p < c->end) {
		uint8_t o = *c->p;

		if (o == '"') {
			if (!skip_string(c))
				return false;
			continue;
		}
		if (depth == 0 && (o == ',' || o == '}'))
			return true;
		if (o == '{' || o == '[')
			depth++;
		if ((o == '}' || o == ']') && depth-- == 0)
			return false;
		c->p++;
	}
	return false;
}

static bool read_member(
	struct cursor *c, struct slice *key, struct slice *value)
{
	const uint8_t *start;

	skip_space(c);
	start = c->p + 1;
	if (!next_is(c, '"') || !skip_string(c))
		return false;
	*key = slice_from(start, (size_t)(c->p - 1 - start));
	skip_space(c);
	if (!next_is(c, ':'))
		return false;
	c->p++;
	skip_space(c);
	start = c->p;
	if (!skip_value(c))
		return false;
	*value = slice_from(start, (size_t)(c->p - start));
	return true;
}

int letter_read(struct slice line, struct slice *event)
{
	struct cursor c = { line.data, line.data + line.len };
	struct slice key, value;

	skip_space(&c);
	if (!next_is(&c, '{'))
		return LETTER_E_DAMAGED;
	do {
		c.p++;
		if (!read_member(&c, &key, &value))
			return LETTER_E_DAMAGED;
		if (key.len == 5 && memcmp(key.data, "event", 5) == 0 &&
			value.len > 1 && value.data[0] == '{') {
			*event = value;
			return 0;
		}
	} while (next_is(&c, ','));
	return LETTER_E_DAMAGED;
}
