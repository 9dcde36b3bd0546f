#include <errno.h>
#include <stdlib.h>

#include "event/dialect.h"

/* The members of the HEC envelope between the time and the event. */
static int make_constants(
	struct encoder *e, const struct encoder_settings *settings)
{
	const struct {
		const char *key;
		const char *value;
	} members[] = {
		{ "host", settings->host },
		{ "source", settings->source },
		{ "sourcetype", settings->sourcetype },
		{ "index", settings->index },
	};
	const size_t n = sizeof(members) / sizeof(members[0]);
	size_t cap = 64;
	struct json j;

	/* a character takes six octets at the most ("\u001f") */
	for (size_t i = 0; i < n; i++)
		if (members[i].value != NULL)
			cap += 32 + 6 * strlen(members[i].value);
	e->constants = malloc(cap);
	if (e->constants == NULL)
		return -ENOMEM;
	j = json_begin(e->constants, cap, e->spill);
	for (size_t i = 0; i < n; i++) {
		if (members[i].value == NULL || members[i].value[0] == '\0')
			continue;
		json_put(&j, ",\"");
		json_text(&j, slice_from_str(members[i].key));
		json_put(&j, "\":\"");
		json_text(&j, slice_from_str(members[i].value));
		json_put(&j, "\"");
	}
	json_put(&j, ",\"event\":");
	e->constants_len = json_end(&j);
	return 0;
}

int encoder_new(struct encoder **ep, const struct encoder_settings *settings)
{
	struct encoder *e = calloc(1, sizeof(*e));
	int r;

	if (e == NULL)
		return -ENOMEM;
	e->dialect = settings->dialect;
	e->envelope = settings->envelope;
	e->include_raw = settings->include_raw;
	mnemonics_init(&e->words);
	flag_texts_init(e->flags);
	stamp_init(&e->stamp);
	r = settings->envelope == ENVELOPE_SYSLOG
		    ? syslog_line_init(e, &settings->syslog)
		    : make_constants(e, settings);
	if (r == 0)
		r = rdata_text_new(&e->rdata, &e->words);
	if (r != 0) {
		encoder_free(e);
		return r;
	}
	*ep = e;
	return 0;
}

struct encoder *encoder_free(struct encoder *e)
{
	if (e == NULL)
		return NULL;
	rdata_text_free(e->rdata);
	free(e->constants);
	free(e);
	return NULL;
}

static void write_members(struct encoder *e, struct json *j,
	const struct event *event, uint8_t first)
{
	name_memo_clear(&e->names);
	switch (e->dialect) {
	case DIALECT_NATIVE:
		native_write(e, j, event, first);
		break;
	case DIALECT_CIM:
		cim_write(e, j, event, first);
		break;
	}
}

static void write_hec(
	struct encoder *e, struct json *j, const struct event *event)
{
	uint64_t sec;
	uint32_t nsec;
	uint8_t *p;

	event_time(event, &sec, &nsec);
	json_room(j, 32 + STAMP_SECONDS_ROOM);
	p = JSON_PUT(j->p, "{\"time\":");
	j->p = stamp_put_epoch(&e->stamp, p, sec, nsec);
	json_ready(j, slice_from(e->constants, e->constants_len));
	write_members(e, j, event, '{');
	json_put(j, "}\n");
}

/* {"@timestamp":"...", and the members */
static void write_object(struct encoder *e, struct json *j,
	const struct event *event, uint64_t sec, uint32_t nsec)
{
	uint8_t *p;

	json_room(j, 32 + STAMP_LEN);
	p = JSON_PUT(j->p, "{\"@timestamp\":\"");
	p = stamp_put(&e->stamp, p, sec, nsec);
	*p++ = '"';
	j->p = p;
	write_members(e, j, event, ',');
	json_put(j, "\n");
}

static void write_ndjson(
	struct encoder *e, struct json *j, const struct event *event)
{
	uint64_t sec;
	uint32_t nsec;

	event_time(event, &sec, &nsec);
	write_object(e, j, event, sec, nsec);
}

static void write_syslog(
	struct encoder *e, struct json *j, const struct event *event)
{
	uint64_t sec;
	uint32_t nsec;

	event_time(event, &sec, &nsec);
	syslog_line_begin(e, j, event, sec, nsec);
	write_object(e, j, event, sec, nsec);
}

size_t encoder_write(
	struct encoder *e, const struct event *event, uint8_t *dst, size_t cap)
{
	struct json j = json_begin(dst, cap, e->spill);

	switch (e->envelope) {
	case ENVELOPE_NDJSON:
		write_ndjson(e, &j, event);
		break;
	case ENVELOPE_SYSLOG:
		write_syslog(e, &j, event);
		break;
	case ENVELOPE_HEC:
		write_hec(e, &j, event);
		break;
	}
	return json_end(&j);
}
