#include "event/rdata_old.h"

#include "event/digits.h"
#include "event/ip_text.h"
#include "event/name_text.h"

enum {
	TYPE_WKS = 11,
	TYPE_X25 = 19,
	TYPE_ISDN = 20,
	TYPE_NSAP = 22,
	TYPE_PX = 26,
	TYPE_GPOS = 27,
	TYPE_AMTRELAY = 260,
};

enum {
	STRING_ROOM = 5 * 255 + 5, /* each octet as \\DDD, quotes, a space */
	PORT_ROOM = 6,             /* " 65535" */
};

/* How many character-strings (RFC 1035, 3.3) fill the data; 0: they do not */
static unsigned strings_count(struct slice data)
{
	unsigned n = 0;
	size_t at = 0;

	while (at < data.len) {
		at += 1 + (size_t)data.data[at];
		n++;
	}
	return at == data.len ? n : 0;
}

/* One octet of a quoted string, itself inside a JSON string */
static uint8_t *put_quoted(uint8_t *p, uint8_t c)
{
	if (c == '"' || c == '\\') {
		*p++ = '\\';
		*p++ = '\\';
		*p++ = '\\';
		*p++ = c;
	} else if (c < 0x20 || c >= 0x7f) {
		*p++ = '\\';
		*p++ = '\\';
		*p++ = (uint8_t)('0' + c / 100);
		p = digits_pair(p, c % 100);
	} else {
		*p++ = c;
	}
	return p;
}

static int write_strings(
	struct json *j, struct slice data, unsigned min, unsigned max)
{
	unsigned n = strings_count(data);
	const uint8_t *s = data.data;

	if (n < min || n > max)
		return RDATA_OLD_E_BROKEN;
	for (unsigned i = 0; i < n; i++) {
		unsigned len = *s++;
		uint8_t *p;

		json_room(j, STRING_ROOM);
		p = j->p;
		if (i > 0)
			*p++ = ' ';
		p = JSON_PUT(p, "\\\"");
		while (len-- > 0)
			p = put_quoted(p, *s++);
		j->p = JSON_PUT(p, "\\\"");
	}
	return 0;
}

static int write_nsap(struct json *j, struct slice data)
{
	if (data.len == 0)
		return RDATA_OLD_E_BROKEN;
	json_put(j, "0x");
	json_hex(j, data);
	return 0;
}

/* Address, protocol, and a bit for each port */
static int write_wks(struct json *j, struct slice data)
{
	enum { FIXED_LEN = 5 };

	if (data.len < FIXED_LEN || data.len > FIXED_LEN + 65536 / 8)
		return RDATA_OLD_E_BROKEN;
	json_room(j, IP_TEXT_ROOM + 1 + DIGITS_U32_MAX);
	j->p = ip4_text(j->p, data.data);
	*j->p++ = ' ';
	j->p = digits_u32(j->p, data.data[4]);
	for (size_t i = FIXED_LEN; i < data.len && !j->full; i++) {
		json_room(j, 8 * PORT_ROOM);
		for (unsigned bit = 0; bit < 8; bit++) {
			if ((data.data[i] & 0x80 >> bit) == 0)
				continue;
			*j->p++ = ' ';
			j->p = digits_u32(
				j->p, (uint32_t)((i - FIXED_LEN) * 8 + bit));
		}
	}
	return 0;
}

/* The names of PX may be compressed (RFC 3597, section 4). */
static int write_px(
	struct json *j, struct slice msg, const struct dns_record *r)
{
	enum { PREFERENCE_LEN = 2 };
	uint32_t pos = r->rdata + PREFERENCE_LEN;
	const uint8_t *data = msg.data + r->rdata;
	uint8_t *p;

	if (r->rdlen < PREFERENCE_LEN)
		return RDATA_OLD_E_BROKEN;
	msg.len = r->rdata + r->rdlen;
	if (!dns_name_skip(msg, &pos) || !dns_name_skip(msg, &pos) ||
		pos != msg.len)
		return RDATA_OLD_E_BROKEN;
	pos = r->rdata + PREFERENCE_LEN;
	json_room(j, DIGITS_U32_MAX + 1);
	j->p = digits_u32(j->p, (uint32_t)data[0] << 8 | data[1]);
	for (unsigned i = 0; i < 2; i++) {
		json_room(j, 1 + NAME_TEXT_ROOM);
		*j->p = ' ';
		p = name_text_presentation(j->p + 1, msg, &pos);
		if (p != NULL)
			j->p = p;
	}
	return 0;
}

/* The relay is a name that is not compressed (RFC 8777, 4.2.4). */
static bool is_relay_name(struct slice relay)
{
	uint32_t pos = 0;

	return dns_name_skip(relay, &pos) && pos == relay.len;
}

static int write_amtrelay(struct json *j, struct slice data)
{
	enum { NONE, IPV4, IPV6, NAME };
	struct slice relay;
	uint32_t pos = 0;
	unsigned kind;

	if (data.len < 2)
		return RDATA_OLD_E_BROKEN;
	kind = data.data[1] & 0x7f;
	relay = slice_from(data.data + 2, data.len - 2);
	if (kind > NAME)
		return RDATA_OLD_E_OTHER;
	if ((kind == NONE && relay.len != 0) ||
		(kind == IPV4 && relay.len != 4) ||
		(kind == IPV6 && relay.len != 16) ||
		(kind == NAME && !is_relay_name(relay)))
		return RDATA_OLD_E_BROKEN;
	json_room(j, 32 + NAME_TEXT_ROOM);
	j->p = digits_u32(j->p, data.data[0]);
	*j->p++ = ' ';
	j->p = digits_u32(j->p, data.data[1] >> 7);
	*j->p++ = ' ';
	j->p = digits_u32(j->p, kind);
	*j->p++ = ' ';
	switch (kind) {
	case IPV4:
		j->p = ip4_text(j->p, relay.data);
		break;
	case IPV6:
		j->p = ip6_text(j->p, relay.data);
		break;
	case NAME:
		j->p = name_text_presentation(j->p, relay, &pos);
		break;
	default:
		*j->p++ = '.';
		break;
	}
	return 0;
}

int rdata_old_write(
	struct json *j, struct slice msg, const struct dns_record *r)
{
	struct slice data = slice_from(msg.data + r->rdata, r->rdlen);

	switch (r->type) {
	case TYPE_WKS:
		return write_wks(j, data);
	case TYPE_X25:
		return write_strings(j, data, 1, 1);
	case TYPE_ISDN:
		return write_strings(j, data, 1, 2);
	case TYPE_NSAP:
		return write_nsap(j, data);
	case TYPE_PX:
		return write_px(j, msg, r);
	case TYPE_GPOS:
		return write_strings(j, data, 3, 3);
	case TYPE_AMTRELAY:
		return write_amtrelay(j, data);
	default:
		return RDATA_OLD_E_OTHER;
	}
}
