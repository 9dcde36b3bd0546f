/*
 * Dialect: what the dialects of one encoder share.  Inside the room only.
 *
 * A dialect writes the members of the event's object: the opening brace, or a
 * comma when the envelope has already opened it and written a member, is
 * handed in; the closing brace is the dialect's.
 */
#ifndef TAPFERRY_EVENT_DIALECT_H
#define TAPFERRY_EVENT_DIALECT_H

#include "event/encoder.h"
#include "event/json.h"
#include "event/mnemonic.h"
#include "event/name_memo.h"
#include "event/rdata_text.h"
#include "event/stamp.h"
#include "event/text_memo.h"

enum { FLAG_TEXTS = 128, FLAG_TEXT_MAX = 95 };

/* The "flags" member for one combination of the seven bits */
struct flag_text {
	uint8_t len;
	char text[FLAG_TEXT_MAX];
};

struct encoder {
	enum event_dialect dialect;
	enum event_envelope envelope;
	enum include_raw include_raw;
	struct mnemonics words;             /* const after encoder_new() */
	struct flag_text flags[FLAG_TEXTS]; /* const after encoder_new() */
	uint8_t *constants; /* of the envelope, behind the time */
	size_t constants_len;
	bool msgid_by_type;   /* SYSLOG: the type comes behind the constants */
	uint8_t priority[16]; /* SYSLOG: "<134>1 " */
	uint8_t priority_len;
	bool bom;
	struct stamp stamp;
	struct name_memo names; /* of the event being written */
	struct text_memo identity, version;
	struct rdata_text *rdata;
	uint8_t spill[JSON_ROOM_MAX];
};

/* @first:  '{' or ',' */
void native_write(struct encoder *e, struct json *j, const struct event *event,
	uint8_t first);
void cim_write(struct encoder *e, struct json *j, const struct event *event,
	uint8_t first);

/* The constant parts of a SYSLOG envelope.  Return: 0 or -ENOMEM. */
int syslog_line_init(struct encoder *e, const struct syslog_settings *s);

/* What comes before the object, for an event of that time. */
void syslog_line_begin(struct encoder *e, struct json *j,
	const struct event *event, uint64_t sec, uint32_t nsec);

void flag_texts_init(struct flag_text texts[FLAG_TEXTS]);

/* Of the DNS header's flags: which text */
static inline unsigned flag_text_index(unsigned flags)
{
	return (flags >> 15 & 1) << 6 | (flags >> 7 & 15) << 2 |
	       (flags >> 4 & 3);
}

/* `,"raw":"..."`: the DNS message in base64, where the settings ask for it */
void raw_write(const struct encoder *e, struct json *j, const struct dns *d,
	bool malformed);

/*
 * An address as the inside of a string: 4 and 16 octets as IPv4 and IPv6,
 * whatever the family says; another length as hex.
 */
void address_write(struct json *j, struct slice address);

/* Is this the record that the edns object shows? */
static inline bool is_opt_record(
	const struct dns *d, const struct dns_record *r)
{
	return d->has_opt && r->rdata == d->opt.rdata && r->type == d->opt.type;
}

#endif
