/*
 * Encoder: writes events in one output's dialect and envelope.
 *
 * One per worker and output; holds that thread's scratch (name memo, formatted
 * second, type table) and the envelope's constant parts.
 */
#ifndef TAPFERRY_EVENT_ENCODER_H
#define TAPFERRY_EVENT_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

enum event_dialect { DIALECT_NATIVE = 0, DIALECT_CIM };

/*
 * HEC: {"time":…,"host":…,"source":…,"sourcetype":…,"index":…,"event":{…}}
 * NDJSON: {"@timestamp":"…", then the members of the dialect's object}
 * Both end each event with a newline.
 */
enum event_envelope { ENVELOPE_NDJSON = 0, ENVELOPE_HEC };

enum include_raw { RAW_NEVER = 0, RAW_MALFORMED, RAW_ALWAYS };

struct encoder_settings {
	enum event_dialect dialect;
	enum event_envelope envelope;
	enum include_raw include_raw;
	/* HEC envelope; NULL or "" leaves the key out */
	const char *host;
	const char *source;
	const char *sourcetype;
	const char *index;
};

struct encoder;

/* Return: 0 or -ENOMEM.  The settings are copied. */
int encoder_new(struct encoder **ep, const struct encoder_settings *settings);
struct encoder *encoder_free(struct encoder *e); /* NULL */

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
