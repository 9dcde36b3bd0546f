/*
 * Encoder: writes events in one output's dialect and envelope.
 *
 * One per worker and output; holds that thread's scratch (name memo, formatted
 * second, type table) and the envelope's constant parts.
 */
#ifndef TAPFERRY_EVENT_ENCODER_H
#define TAPFERRY_EVENT_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

enum event_dialect { DIALECT_NATIVE = 0, DIALECT_CIM };

/*
 * NDJSON: {"@timestamp":"…", then the members of the dialect's object}
 * SYSLOG: an RFC 5424 header, then the same object (event/syslog_line.c)
 * HEC: {"time":…,"host":…,"source":…,"sourcetype":…,"index":…,"event":{…}}
 * Each ends an event with a newline.
 */
enum event_envelope { ENVELOPE_NDJSON = 0, ENVELOPE_SYSLOG, ENVELOPE_HEC };

enum include_raw { RAW_NEVER = 0, RAW_MALFORMED, RAW_ALWAYS };

/* Header fields of RFC 5424.  NULL or "": "-", what there is nothing of. */
struct syslog_settings {
	unsigned facility; /* 0..23 */
	unsigned severity; /* 0..7 */
	const char *hostname;
	const char *app_name;
	const char *procid;
	const char *msgid; /* NULL or "": the dnstap message's type */
	bool bom;          /* the octets EF BB BF before the JSON */
};

struct encoder_settings {
	enum event_dialect dialect;
	enum event_envelope envelope;
	enum include_raw include_raw;
	/* HEC envelope; NULL or "" leaves the key out */
	const char *host;
	const char *source;
	const char *sourcetype;
	const char *index;
	struct syslog_settings syslog;
};

struct encoder;

/* Return: 0 or -ENOMEM.  The settings are copied. */
int encoder_new(struct encoder **ep, const struct encoder_settings *settings);
struct encoder *encoder_free(struct encoder *e); /* NULL */

/*
 * Is that an RFC 5424 header field (6): at most `max` octets of printable
 * ASCII without spaces?  The encoder makes one of what is not.
 */
enum {
	SYSLOG_HOSTNAME_MAX = 255,
	SYSLOG_APP_NAME_MAX = 48,
	SYSLOG_PROCID_MAX = 128,
	SYSLOG_MSGID_MAX = 32,
};
bool syslog_field_is_good(const char *text, size_t max);

/*
 * encoder_write() - one event, newline included
 * @dst, cap:  where it goes
 *
 * No allocation.  Thread: the encoder's owner.
 * Return: its length, or 0 when it does not fit (dst's contents are then
 * undefined).
 */
size_t encoder_write(
	struct encoder *e, const struct event *event, uint8_t *dst, size_t cap);

#endif
