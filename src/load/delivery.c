#include "load/delivery.h"

#include <errno.h>

#include "load/reply.h"

void delivery_deinit(struct delivery *d)
{
	body_deinit(&d->body);
}

void delivery_add(struct delivery *d, struct slice piece)
{
	if (d->error != 0)
		return;
	if (d->coding != COMPRESSION_NONE || d->keep || d->check || d->raw) {
		d->error = body_add(&d->body, piece);
		return;
	}
	d->bytes += piece.len;
	events_count(&d->scan, piece);
}

static struct slice kept(const struct delivery *d)
{
	return slice_from(d->body.data, d->body.len);
}

/* Cuts the next line that is not empty. */
static bool next_line(struct slice *rest, struct slice *line)
{
	while (rest->len > 0) {
		const uint8_t *end = memchr(rest->data, '\n', rest->len);
		size_t len =
			end == NULL ? rest->len : (size_t)(end - rest->data);
		size_t step = end == NULL ? len : len + 1;

		*line = slice_from(rest->data, len);
		rest->data += step;
		rest->len -= step;
		if (len > 0)
			return true;
	}
	return false;
}

static bool next_event(
	const struct delivery *d, struct slice *rest, struct slice *event)
{
	return d->raw ? next_line(rest, event) : events_next(rest, event);
}

static void refuse(struct delivery_verdict *v, unsigned status, int code)
{
	v->status = status;
	v->code = code;
	v->event_number = REPLY_NO_NUMBER;
	v->events = 0;
}

/* Event number `taken` is not what it should be; those before it are in. */
static void refuse_event(struct delivery_verdict *v, int code, uint64_t taken)
{
	refuse(v, 400, code);
	v->event_number = taken;
	v->events = taken;
}

static void check_events(
	const struct delivery *d, struct delivery_verdict *v, uint64_t events)
{
	struct slice rest = kept(d);
	struct slice event;

	for (uint64_t i = 0; i < events && events_next(&rest, &event); i++) {
		v->reason = events_check(event);
		if (v->reason == 0)
			continue;
		refuse_event(v,
			v->reason == EVENTS_E_MISSING ? REPLY_EVENT_REQUIRED
			: v->reason == EVENTS_E_BLANK ? REPLY_EVENT_BLANK
						      : REPLY_BAD_FORMAT,
			i);
		return;
	}
}

/* Makes a line of each element of an array; any other body stays.
 * Return: false: it begins as an array, and is none. */
static bool open_array(struct body *b)
{
	uint8_t *p = b->data, *end = p + b->len;
	struct events_scan s = EVENTS_SCAN_INIT;

	while (p < end && strchr(" \t\r\n", *p) != NULL && *p != '\0')
		p++;
	while (end > p && strchr(" \t\r\n", end[-1]) != NULL && end[-1] != '\0')
		end--;
	if (p == end || *p != '[')
		return true;
	if (end - p < 2 || end[-1] != ']')
		return false;
	*p++ = ' ';
	*--end = ' ';
	for (; p < end; p++) {
		if (*p == ',' && events_is_whole(&s) && s.events > 0)
			*p = '\n';
		events_count_slowly(&s, slice_from(p, 1));
	}
	return events_is_whole(&s);
}

static void count_kept(struct delivery *d)
{
	struct slice rest = kept(d);
	struct slice line;

	d->bytes = rest.len;
	if (!d->raw)
		events_count(&d->scan, rest);
	else
		while (next_line(&rest, &line))
			d->scan.events++;
}

void delivery_judge(struct delivery *d, struct delivery_verdict *v)
{
	*v = (struct delivery_verdict){ 0 };
	if (d->error == 0)
		d->error = body_decode(&d->body, d->coding);
	if (d->error != 0) {
		refuse(v,
			d->error == BODY_E_SIZE     ? 413
			: d->error == BODY_E_CODING ? 400
						    : 500,
			d->error == BODY_E_CODING ? REPLY_BAD_FORMAT
						  : REPLY_INTERNAL_ERROR);
		return;
	}
	if (d->array && !open_array(&d->body)) {
		refuse(v, 400, REPLY_BAD_FORMAT);
		return;
	}
	if (d->body.data != NULL)
		count_kept(d);
	v->status = 200;
	v->code = REPLY_SUCCESS;
	v->event_number = REPLY_NO_NUMBER;
	v->events = events_good(&d->scan);
	if (!events_is_whole(&d->scan))
		refuse_event(v, REPLY_BAD_FORMAT, v->events);
	else if (v->events == 0)
		refuse(v, 400, REPLY_NO_DATA);
	if (d->check && !d->raw)
		check_events(d, v, v->events);
}

struct slice delivery_text(const struct delivery *d, uint64_t events)
{
	struct slice rest = kept(d), event;

	if (events == events_good(&d->scan))
		return rest;
	for (uint64_t i = 0; i < events && next_event(d, &rest, &event); i++)
		;
	return slice_from(d->body.data, (size_t)(rest.data - d->body.data));
}

int delivery_write(const struct delivery *d, uint64_t events, FILE *f)
{
	struct slice rest = kept(d);
	struct slice event;

	for (uint64_t i = 0; i < events && next_event(d, &rest, &event); i++) {
		const uint8_t *p = event.data;
		const uint8_t *end = p + event.len;

		/* line breaks inside an object are white space */
		while (p < end) {
			const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
			size_t n = (size_t)((lf == NULL ? end : lf) - p);

			fwrite(p, 1, n, f);
			if (lf != NULL)
				putc(' ', f);
			p += n + (lf != NULL);
		}
		putc('\n', f);
	}
	return ferror(f) ? -EIO : 0;
}
