#include "event/digits.h"
#include "event/edns_option.h"
#include "event/ip_text.h"
#include "event/name_text.h"

/*
 * What is known of an option: IANA's "DNS EDNS0 Option Codes (OPT)", the names
 * in capitals and without the prefix EDNS-.
 */
struct option_kind {
	uint16_t code;
	const char *name;
	bool (*is_valid)(struct slice data);
	void (*write)(struct json *j, struct slice data); /* valid data */
};

/* IANA's "Extended DNS Error Codes", purposes */
static const char *const ede_purposes[] = {
	"Other Error",
	"Unsupported DNSKEY Algorithm",
	"Unsupported DS Digest Type",
	"Stale Answer",
	"Forged Answer",
	"DNSSEC Indeterminate",
	"DNSSEC Bogus",
	"Signature Expired",
	"Signature Not Yet Valid",
	"DNSKEY Missing",
	"RRSIGs Missing",
	"No Zone Key Bit Set",
	"NSEC Missing",
	"Cached Error",
	"Not Ready",
	"Blocked",
	"Censored",
	"Filtered",
	"Prohibited",
	"Stale NXDOMAIN Answer",
	"Not Authoritative",
	"Not Supported",
	"No Reachable Authority",
	"Network Error",
	"Invalid Data",
	"Signature Expired before Valid",
	"Too Early",
	"Unsupported NSEC3 Iterations Value",
	"Unable to conform to policy",
	"Synthesized",
	"Invalid Query Type",
};

enum { EDE_PURPOSES = sizeof(ede_purposes) / sizeof(ede_purposes[0]) };

static unsigned u16_at(struct slice data, size_t i)
{
	return (unsigned)data.data[i] << 8 | data.data[i + 1];
}

static uint32_t u32_at(struct slice data, size_t i)
{
	return (uint32_t)u16_at(data, i) << 16 | u16_at(data, i + 2);
}

/* One member, with the comma before it */
#define put_number(j, key, value)                   \
	do {                                        \
		json_put(j, ",\"" key "\":");       \
		json_room(j, DIGITS_U32_MAX);       \
		(j)->p = digits_u32((j)->p, value); \
	} while (0)

#define put_hex(j, key, bytes)                  \
	do {                                    \
		json_put(j, ",\"" key "\":\""); \
		json_hex(j, bytes);             \
		json_put(j, "\"");              \
	} while (0)

static struct slice tail(struct slice data, size_t from)
{
	return slice_from(data.data + from, data.len - from);
}

/* Formats: each is_valid_* with its write_* */

static bool is_valid_any(struct slice data)
{
	(void)data;
	return true;
}

static void write_hex(struct json *j, struct slice data)
{
	if (data.len > 0)
		put_hex(j, "data", data);
}

static bool is_valid_subnet(struct slice data)
{
	unsigned bits, source, used;

	if (data.len < 4)
		return false;
	source = data.data[2];
	switch (u16_at(data, 0)) {
	case 0: /* RFC 7871, 7.1.2: the client wants none to be sent on */
		bits = 0;
		break;
	case 1:
		bits = 32;
		break;
	case 2:
		bits = 128;
		break;
	default:
		return false;
	}
	used = (source + 7) / 8;
	if (source > bits || data.data[3] > bits || data.len != 4 + used)
		return false;
	return source % 8 == 0 ||
	       (data.data[3 + used] & (0xff >> source % 8)) == 0;
}

static void write_subnet(struct json *j, struct slice data)
{
	uint8_t address[16] = { 0 };
	unsigned family = u16_at(data, 0);
	uint8_t *p;

	memcpy(address, data.data + 4, data.len - 4);
	json_room(j, IP_TEXT_ROOM + 64);
	p = JSON_PUT(j->p, ",\"data\":\"");
	if (family == 1)
		p = ip4_text(p, address);
	else if (family == 2)
		p = ip6_text(p, address);
	else
		*p++ = '0';
	*p++ = '/';
	p = digits_u32(p, data.data[2]);
	p = JSON_PUT(p, "\",\"scope\":");
	j->p = digits_u32(p, data.data[3]);
}

static bool is_valid_cookie(struct slice data)
{
	return data.len == 8 || (data.len >= 16 && data.len <= 40);
}

static void write_cookie(struct json *j, struct slice data)
{
	put_hex(j, "client", slice_from(data.data, 8));
	if (data.len > 8)
		put_hex(j, "server", tail(data, 8));
}

static bool is_valid_keepalive(struct slice data)
{
	return data.len == 0 || data.len == 2;
}

/* RFC 7828: units of 100 ms; shown in seconds */
static void write_keepalive(struct json *j, struct slice data)
{
	unsigned tenths;

	if (data.len == 0)
		return;
	tenths = u16_at(data, 0);
	put_number(j, "timeout", tenths / 10);
	if (tenths % 10 != 0) {
		json_room(j, 2);
		*j->p++ = '.';
		*j->p++ = (uint8_t)('0' + tenths % 10);
	}
}

static void write_padding(struct json *j, struct slice data)
{
	put_number(j, "length", (uint32_t)data.len);
}

static bool is_valid_expire(struct slice data)
{
	return data.len == 0 || data.len == 4;
}

static void write_expire(struct json *j, struct slice data)
{
	if (data.len > 0)
		put_number(j, "expire", u32_at(data, 0));
}

static bool is_valid_name(struct slice data)
{
	uint8_t text[NAME_TEXT_ROOM];
	uint32_t pos = 0;

	return name_text_plain(text, data, &pos) != NULL && pos == data.len;
}

static void write_name(struct json *j, struct slice data)
{
	uint32_t pos = 0;

	json_put(j, ",\"data\":\"");
	json_room(j, NAME_TEXT_ROOM);
	j->p = name_text_plain(j->p, data, &pos);
	json_put(j, "\"");
}

static bool is_valid_tags(struct slice data)
{
	return data.len >= 2 && data.len % 2 == 0;
}

static void write_tags(struct json *j, struct slice data)
{
	json_put(j, ",\"tags\":[");
	for (size_t i = 0; i < data.len && !j->full; i += 2) {
		json_room(j, 1 + DIGITS_U32_MAX);
		if (i > 0)
			*j->p++ = ',';
		j->p = digits_u32(j->p, u16_at(data, i));
	}
	json_put(j, "]");
}

static void write_algorithms(struct json *j, struct slice data)
{
	json_put(j, ",\"algorithms\":[");
	for (size_t i = 0; i < data.len && !j->full; i++) {
		json_room(j, 1 + DIGITS_U32_MAX);
		if (i > 0)
			*j->p++ = ',';
		j->p = digits_u32(j->p, data.data[i]);
	}
	json_put(j, "]");
}

static bool is_valid_error(struct slice data)
{
	return data.len >= 2;
}

static void write_error(struct json *j, struct slice data)
{
	unsigned code = u16_at(data, 0);
	struct slice text = tail(data, 2);

	put_number(j, "info-code", code);
	if (code < EDE_PURPOSES) {
		json_put(j, ",\"purpose\":\"");
		json_text(j, slice_from_str(ede_purposes[code]));
		json_put(j, "\"");
	}
	/* RFC 8914, 2: the text may end with a NUL */
	if (text.len > 0 && text.data[text.len - 1] == '\0')
		text.len--;
	if (text.len > 0) {
		json_put(j, ",\"data\":\"");
		json_text(j, text);
		json_put(j, "\"");
	}
}

static bool is_valid_tag(struct slice data)
{
	return data.len == 2;
}

static void write_tag(struct json *j, struct slice data)
{
	put_number(j, "tag", u16_at(data, 0));
}

/* RFC 9660: empty in a query; else label count, type and version */
static bool is_valid_zoneversion(struct slice data)
{
	enum { SOA_SERIAL = 0 };

	return data.len == 0 || data.len == 6 ||
	       (data.len > 2 && data.data[1] != SOA_SERIAL);
}

static void write_zoneversion(struct json *j, struct slice data)
{
	if (data.len == 0)
		return;
	put_number(j, "label-count", data.data[0]);
	put_number(j, "type", data.data[1]);
	put_hex(j, "version", tail(data, 2));
}

static bool is_valid_llq(struct slice data)
{
	return data.len == 18;
}

static void write_llq(struct json *j, struct slice data)
{
	put_number(j, "version", u16_at(data, 0));
	put_number(j, "opcode", u16_at(data, 2));
	put_number(j, "error", u16_at(data, 4));
	put_hex(j, "id", slice_from(data.data + 6, 8));
	put_number(j, "lease", u32_at(data, 14));
}

static bool is_valid_lease(struct slice data)
{
	return data.len == 4 || data.len == 8;
}

static void write_lease(struct json *j, struct slice data)
{
	put_number(j, "lease", u32_at(data, 0));
	if (data.len == 8)
		put_number(j, "key-lease", u32_at(data, 4));
}

static const struct option_kind kinds[] = {
	{ 1, "LLQ", is_valid_llq, write_llq },
	{ 2, "UL", is_valid_lease, write_lease },
	{ 3, "NSID", is_valid_any, write_hex },
	{ 5, "DAU", is_valid_any, write_algorithms },
	{ 6, "DHU", is_valid_any, write_algorithms },
	{ 7, "N3U", is_valid_any, write_algorithms },
	{ 8, "CSUBNET", is_valid_subnet, write_subnet },
	{ 9, "EXPIRE", is_valid_expire, write_expire },
	{ 10, "COOKIE", is_valid_cookie, write_cookie },
	{ 11, "KEEPALIVE", is_valid_keepalive, write_keepalive },
	{ 12, "PADDING", is_valid_any, write_padding },
	{ 13, "CHAIN", is_valid_name, write_name },
	{ 14, "KEY-TAG", is_valid_tags, write_tags },
	{ 15, "EDE", is_valid_error, write_error },
	{ 16, "CLIENT-TAG", is_valid_tag, write_tag },
	{ 17, "SERVER-TAG", is_valid_tag, write_tag },
	{ 18, "REPORT-CHANNEL", is_valid_name, write_name },
	{ 19, "ZONEVERSION", is_valid_zoneversion, write_zoneversion },
};

static const struct option_kind *kind_of(uint16_t code)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].code == code)
			return &kinds[i];
	return NULL;
}

bool edns_option_is_valid(const struct dns_option *option)
{
	const struct option_kind *kind = kind_of(option->code);

	return kind == NULL || kind->is_valid(option->data);
}

void edns_option_write(struct json *j, const struct dns_option *option)
{
	const struct option_kind *kind = kind_of(option->code);

	json_put(j, "{\"code\":");
	json_room(j, 64);
	j->p = digits_u32(j->p, option->code);
	j->p = JSON_PUT(j->p, ",\"name\":\"");
	if (kind != NULL) {
		json_text(j, slice_from_str(kind->name));
	} else {
		j->p = JSON_PUT(j->p, "OPT");
		j->p = digits_u32(j->p, option->code);
	}
	json_put(j, "\"");
	if (kind != NULL && kind->is_valid(option->data))
		kind->write(j, option->data);
	else
		write_hex(j, option->data);
	json_put(j, "}");
}
