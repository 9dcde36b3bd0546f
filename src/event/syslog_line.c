/*
 * Syslog line: the header that RFC 5424 puts before an event.
 *
 *	<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID - [BOM]{"@timestamp":…}
 *
 * TIMESTAMP is the event's own time, cut to microseconds, which is all that
 * 6.2.3 has room for; the object has the nanoseconds.  MSGID is the type of
 * the dnstap message, by which receivers can sort.  There is no structured
 * data.
 *
 * MSG is UTF-8, before which 6.4 wants a BOM.  Without one it is MSG-ANY,
 * octets of which nothing is said, and that is the default: what reads JSON
 * does not expect a BOM (RFC 8259, 8.1, forbids it).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/dialect.h"

enum {
	MICRO_STAMP_LEN = 27, /* "2026-11-20T12:00:00.000123Z" */
	CONSTANTS_MAX = 1 + SYSLOG_HOSTNAME_MAX + 1 + SYSLOG_APP_NAME_MAX + 1 +
			SYSLOG_PROCID_MAX + 1 + SYSLOG_MSGID_MAX,
};

static bool is_printable(char c)
{
	return c > ' ' && c < 0x7f;
}

bool syslog_field_is_good(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_printable(text[i]))
			return false;
	return true;
}

/* A space and the field, of what text there is. */
static uint8_t *put_field(uint8_t *p, const char *text, size_t max)
{
	size_t len = text != NULL ? strnlen(text, max) : 0;

	*p++ = ' ';
	if (len == 0)
		*p++ = '-';
	for (size_t i = 0; i < len; i++)
		*p++ = (uint8_t)(is_printable(text[i]) ? text[i] : '_');
	return p;
}

int syslog_line_init(struct encoder *e, const struct syslog_settings *s)
{
	uint8_t *p = malloc(CONSTANTS_MAX);

	if (p == NULL)
		return -ENOMEM;
	e->constants = p;
	e->priority_len =
		(uint8_t)snprintf((char *)e->priority, sizeof(e->priority),
			"<%u>1 ", (s->facility % 24) * 8 + s->severity % 8);
	e->bom = s->bom;
	e->msgid_by_type = s->msgid == NULL || s->msgid[0] == '\0';
	p = put_field(p, s->hostname, SYSLOG_HOSTNAME_MAX);
	p = put_field(p, s->app_name, SYSLOG_APP_NAME_MAX);
	p = put_field(p, s->procid, SYSLOG_PROCID_MAX);
	if (!e->msgid_by_type)
		p = put_field(p, s->msgid, SYSLOG_MSGID_MAX);
	e->constants_len = (size_t)(p - e->constants);
	return 0;
}

void syslog_line_begin(struct encoder *e, struct json *j,
	const struct event *event, uint64_t sec, uint32_t nsec)
{
	uint8_t *p;

	json_room(j, sizeof(e->priority) + STAMP_LEN);
	memcpy(j->p, e->priority, sizeof(e->priority));
	p = j->p + e->priority_len;
	stamp_put(&e->stamp, p, sec, nsec);
	p[MICRO_STAMP_LEN - 1] = 'Z';
	j->p = p + MICRO_STAMP_LEN;
	json_ready(j, slice_from(e->constants, e->constants_len));
	json_room(j, WORD_MAX + 8);
	p = j->p;
	if (e->msgid_by_type) {
		*p++ = ' ';
		p = mnemonic_enum(p, e->words.operations, MNEMONIC_OPERATIONS,
			event->tap.operation);
	}
	p = JSON_PUT(p, " - ");
	if (e->bom)
		p = JSON_PUT(p, "\xEF\xBB\xBF");
	j->p = p;
}
