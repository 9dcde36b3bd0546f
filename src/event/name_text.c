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

static uint8_t *put_octets(uint8_t *p, const uint8_t *s, size_t n, bool plain)
{
	for (; n > 0; n--)
		p = put_octet(p, *s++, plain);
	return p;
}

/*
 * One label, eight octets at a time.  Up to `last_word`, eight octets can be
 * read from the message: they are written all, and what lies behind the label
 * is written over.
 */
static inline __attribute__((always_inline)) uint8_t *put_label(uint8_t *p,
	const uint8_t *s, size_t n, const uint8_t *last_word, bool plain)
{
	for (;;) {
		size_t take = n < 8 ? n : 8;
		uint64_t letters;
		uint64_t x;

		if (s > last_word)
			return put_octets(p, s, n, plain);
		x = swar_load(s);
		if (!swar_is_name_of(x, take, &letters))
			return put_octets(p, s, n, plain);
		swar_store(p, plain ? x | letters : x);
		if (n <= 8)
			return p + n;
		p += 8;
		s += 8;
		n -= 8;
	}
}

/*
 * Where the octet behind a label may lie at the latest, in a run of labels
 * that begins at `start` after `total` octets of the name: in the message,
 * and before the 255th octet, which may be the root.
 */
static size_t bound_of(struct slice msg, size_t start, size_t total)
{
	size_t last = start + DNS_NAME_MAX - 1 - total;

	return last < msg.len ? last : msg.len - 1;
}

/* Always inline: the two forms are two functions, without a test an octet. */
static inline __attribute__((always_inline)) uint8_t *put_name(
	uint8_t *p, struct slice msg, uint32_t *pos, bool plain)
{
	const uint8_t *last_word = msg.len < 8 ? NULL : msg.data + msg.len - 8;
	uint8_t *first = p;
	size_t at = *pos;
	size_t start = at; /* of this run of labels: pointers go before it */
	size_t total = 0;  /* octets of the runs before it */
	size_t behind = 0; /* the first pointer, if any */
	unsigned pointers = 0;
	size_t bound;
	unsigned n;

	if (at >= msg.len)
		return NULL;
	bound = bound_of(msg, start, total);
	while ((n = msg.data[at]) != 0) {
		if (n < 64) {
			const uint8_t *s = msg.data + at + 1;

			at += n + 1;
			if (at > bound)
				return NULL;
			p = put_label(p, s, n, last_word, plain);
			*p++ = '.';
			continue;
		}
		if (n < 192 || msg.len - at < 2)
			return NULL;
		if (behind == 0)
			behind = at + 2;
		total += at - start;
		at = (size_t)(n & 63) << 8 | msg.data[at + 1];
		if (at < DNS_HEADER_LEN || at >= start ||
			++pointers > POINTERS_MAX)
			return NULL;
		start = at;
		bound = bound_of(msg, start, total);
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
