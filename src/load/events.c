#include "load/events.h"

#include <errno.h>
#include <jansson.h>

typedef uint8_t octets __attribute__((vector_size(16)));

static void set_bad(struct events_scan *s)
{
	if (!s->bad)
		s->bad_at = s->events;
	s->bad = true;
}

/* One octet outside of every fast path. */
static void scan(struct events_scan *s, uint8_t c)
{
	if (s->in_string) {
		if (s->escaped)
			s->escaped = false;
		else if (c == '\\')
			s->escaped = true;
		else if (c == '"')
			s->in_string = false;
		return;
	}
	switch (c) {
	case '{':
	case '[':
		/* between events, an array is as wrong as a number */
		if (s->depth == 0 && c == '[')
			set_bad(s);
		s->depth++;
		break;
	case '}':
	case ']':
		if (s->depth == 0)
			set_bad(s);
		else if (--s->depth == 0 && c == '}')
			s->events++;
		break;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		break;
	default:
		if (s->depth == 0)
			set_bad(s);
		else if (c == '"')
			s->in_string = true;
		break;
	}
}

void events_count_slowly(struct events_scan *s, struct slice piece)
{
	for (size_t i = 0; i < piece.len; i++)
		scan(s, piece.data[i]);
}

/* Is there a closing brace that does not go on with , } or ], as it must
 * inside an object?  (Those inside of strings are found too: no harm.) */
static bool has_seam(const uint8_t *p, size_t len)
{
	octets found = { 0 };
	uint64_t halves[2];
	size_t i = 0;

	for (; i + sizeof(octets) < len; i += sizeof(octets)) {
		octets here;
		octets next;

		memcpy(&here, p + i, sizeof(here));
		memcpy(&next, p + i + 1, sizeof(next));
		found |= (octets)((here == '}') &
				  ~((next == ',') | (next == '}') |
					  (next == ']')));
	}
	memcpy(halves, &found, sizeof(halves));
	if ((halves[0] | halves[1]) != 0)
		return true;
	for (; i + 1 < len; i++)
		if (p[i] == '}' && p[i + 1] != ',' && p[i + 1] != '}' &&
			p[i + 1] != ']')
			return true;
	return false;
}

/*
 * Of a body that is JSON, a line that begins where no object is open, begins
 * with { and ends with } is whole objects: behind a closing brace JSON has a
 * comma or another closing one, so none goes on in the next line with {.
 * Without a seam it is one.
 */
static bool is_one_object(const uint8_t *line, size_t len)
{
	return len >= 2 && line[0] == '{' && line[len - 1] == '}' &&
	       !has_seam(line, len);
}

void events_count(struct events_scan *s, struct slice piece)
{
	const uint8_t *p = piece.data;
	const uint8_t *end = p + piece.len;
	bool line_start = s->depth == 0; /* at worst inside white space */

	while (p < end) {
		const uint8_t *newline = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *next = newline == NULL ? end : newline + 1;

		if (newline != NULL && line_start &&
			is_one_object(p, (size_t)(newline - p)))
			s->events++;
		else
			events_count_slowly(
				s, slice_from(p, (size_t)(next - p)));
		line_start = s->depth == 0;
		p = next;
	}
}

bool events_next(struct slice *rest, struct slice *event)
{
	struct events_scan s = EVENTS_SCAN_INIT;
	size_t start = 0;

	while (start < rest->len && strchr(" \t\r\n", rest->data[start]) &&
		rest->data[start] != '\0')
		start++;
	rest->data += start;
	rest->len -= start;
	for (size_t i = 0; i < rest->len; i++) {
		scan(&s, rest->data[i]);
		if (s.bad)
			return false;
		if (s.events == 0)
			continue;
		*event = slice_from(rest->data, i + 1);
		rest->data += i + 1;
		rest->len -= i + 1;
		return true;
	}
	return false;
}

static int check_members(json_t *object)
{
	static const char *const known[] = { "time", "host", "source",
		"sourcetype", "index", "event", "fields" };
	const char *key;
	json_t *value;
	json_t *event = json_object_get(object, "event");

	json_object_foreach(object, key, value)
	{
		size_t i = 0;

		while (i < sizeof(known) / sizeof(known[0]) &&
			strcmp(key, known[i]) != 0)
			i++;
		if (i == sizeof(known) / sizeof(known[0]))
			return EVENTS_E_KEY;
		if (strcmp(key, "time") == 0 && !json_is_number(value))
			return EVENTS_E_TIME;
	}
	if (event == NULL)
		return EVENTS_E_MISSING;
	if (json_is_null(event) ||
		(json_is_string(event) && json_string_length(event) == 0))
		return EVENTS_E_BLANK;
	return 0;
}

int events_check(struct slice event)
{
	json_error_t error;
	json_t *object = json_loadb((const char *)event.data, event.len,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	int r;

	if (object == NULL)
		return json_error_code(&error) == json_error_out_of_memory
			       ? -ENOMEM
			       : EVENTS_E_SYNTAX;
	r = json_is_object(object) ? check_members(object) : EVENTS_E_SYNTAX;
	json_decref(object);
	return r;
}

const char *events_error_text(int error)
{
	switch (error) {
	case EVENTS_E_KEY:
		return "a key that HEC does not know";
	case EVENTS_E_TIME:
		return "time is no number";
	case EVENTS_E_MISSING:
		return "no event in it";
	case EVENTS_E_BLANK:
		return "the event is empty";
	default:
		return "not a JSON object";
	}
}
