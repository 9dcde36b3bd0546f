#include <stdbool.h>

#include "event/digits.h"
#include "event/name_text.h"
#include "event/swar.h"
#include "wire/dns.h"

enum { POINTERS_MAX = 256 }; /* as wire/dns_name.c has it, and why */

/* How an octet of a label is written, by form. */
enum escape {
	ESCAPE_NONE = 0,
	ESCAPE_QUOTE,     /* \" in JSON: the name itself has no escape */
	ESCAPE_BACKSLASH, /* \X of RFC 1035: "\\X" in JSON */
	ESCAPE_DECIMAL,   /* \DDD of RFC 1035: "\\DDD" in JSON */
};

static enum escape escape_plain(uint8_t c)
{
	if (c <= 0x20 || c >= 0x7f)
		return ESCAPE_DECIMAL;
	if (c == '.' || c == '\\')
		return ESCAPE_BACKSLASH;
	return c == '"' ? ESCAPE_QUOTE : ESCAPE_NONE;
}

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static enum escape escape_presentation(uint8_t c)
{
	if (is_alphanumeric(c) || c == '-' || c == '_' || c == '*' || c == '/')
		return ESCAPE_NONE;
	if (c <= 0x20 || c >= 0x7f || c == '#')
		return ESCAPE_DECIMAL;
	return ESCAPE_BACKSLASH;
}

static uint8_t *put_octet(uint8_t *p, uint8_t c, bool plain)
{
	switch (plain ? escape_plain(c) : escape_presentation(c)) {
	case ESCAPE_NONE:
		*p++ = plain && c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		break;
	case ESCAPE_QUOTE:
		*p++ = '\\';
		*p++ = c;
		break;
	case ESCAPE_BACKSLASH:
		*p++ = '\\';
		*p++ = '\\';
		if (c == '"' || c == '\\')
			*p++ = '\\';
		*p++ = c;
		break;
	case ESCAPE_DECIMAL:
		*p++ = '\\';
		*p++ = '\\';
		*p++ = (uint8_t)('0' + c / 100);
		p = digits_pair(p, c % 100);
		break;
	}
	return p;
}

/*
 * One label.  `left` octets of the message can be read from s on; a word that
 * has them is written whole, and what lies behind the label written over.
 */
static uint8_t *put_label_slowly(
	uint8_t *p, const uint8_t *s, size_t n, size_t left, bool plain)
{
	for (; n > 8 && left >= 8; p += 8, s += 8, n -= 8, left -= 8) {
		uint64_t x = swar_load(s);
		uint64_t letters;

		if (!swar_is_name_of(x, 8, &letters))
			break;
		swar_store(p, plain ? x | letters : x);
	}
	for (; n > 0; n--)
		p = put_octet(p, *s++, plain);
	return p;
}

static inline uint8_t *put_label(
	uint8_t *p, const uint8_t *s, size_t n, size_t left, bool plain)
{
	if (n <= 8 && left >= 8) {
		uint64_t x = swar_load(s);
		uint64_t letters;

		if (swar_is_name_of(x, n, &letters)) {
			swar_store(p, plain ? x | letters : x);
			return p + n;
		}
	}
	return put_label_slowly(p, s, n, left, plain);
}

static inline uint8_t *put_name(
	uint8_t *p, struct slice msg, uint32_t *pos, bool plain)
{
	uint8_t *first = p;
	size_t at = *pos;
	size_t start = at; /* of this run of labels: pointers go before it */
	size_t behind = 0; /* the first pointer, if any */
	size_t octets = 1;
	unsigned pointers = 0;

	for (;;) {
		unsigned n;

		if (at >= msg.len)
			return NULL;
		n = msg.data[at];
		if (n == 0)
			break;
		if (n < 64) {
			octets += n + 1;
			if (octets > DNS_NAME_MAX || n >= msg.len - at)
				return NULL;
			p = put_label(p, msg.data + at + 1, n, msg.len - at - 1,
				plain);
			*p++ = '.';
			at += n + 1;
		} else {
			size_t to;

			if (n < 192 || msg.len - at < 2)
				return NULL;
			to = (size_t)(n & 63) << 8 | msg.data[at + 1];
			if (to < DNS_HEADER_LEN || to >= start ||
				++pointers > POINTERS_MAX)
				return NULL;
			if (behind == 0)
				behind = at + 2;
			at = to;
			start = to;
		}
	}
	*pos = (uint32_t)(behind != 0 ? behind : at + 1);
	if (p == first)
		*p++ = '.';
	else if (plain)
		p--;
	return p;
}

uint8_t *name_text_plain(uint8_t *p, struct slice msg, uint32_t *pos)
{
	return put_name(p, msg, pos, true);
}

uint8_t *name_text_presentation(uint8_t *p, struct slice msg, uint32_t *pos)
{
	return put_name(p, msg, pos, false);
}
