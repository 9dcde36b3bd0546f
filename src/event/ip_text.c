#include <endian.h>
#include <string.h>

#include "event/ip_text.h"

/* An octet's digits and the dot behind them. */
struct octet {
	char text[5]; /* "255." is the longest */
	uint8_t len;
};

/* clang-format off */
#define OCTET(n) { #n ".", sizeof(#n) }
#define FIVE(tens) OCTET(tens##0), OCTET(tens##1), OCTET(tens##2), \
	OCTET(tens##3), OCTET(tens##4), OCTET(tens##5)
#define TEN(tens) FIVE(tens), OCTET(tens##6), OCTET(tens##7), OCTET(tens##8), \
	OCTET(tens##9)
static const struct octet octet_texts[256] = {
	TEN(), TEN(1), TEN(2), TEN(3), TEN(4), TEN(5), TEN(6), TEN(7), TEN(8),
	TEN(9), TEN(10), TEN(11), TEN(12), TEN(13), TEN(14), TEN(15), TEN(16),
	TEN(17), TEN(18), TEN(19), TEN(20), TEN(21), TEN(22), TEN(23), TEN(24),
	FIVE(25),
};
/* clang-format on */

uint8_t *ip4_text(uint8_t *p, const uint8_t octets[4])
{
	for (int i = 0; i < 4; i++) {
		const struct octet *o = &octet_texts[octets[i]];

		memcpy(p, o->text, 4);
		p += o->len;
	}
	return p - 1;
}

/*
 * One group without its leading zeros, and the colon behind it.  Four digits
 * are made side by side in one word and the zeros shifted out: no branch to
 * guess wrong.
 */
static inline uint8_t *group_text(uint8_t *p, const uint8_t octets[2])
{
	uint32_t v = (uint32_t)octets[0] << 8 | octets[1];
	unsigned zeros = ((unsigned)__builtin_clz(v | 1) - 16) / 4;
	uint32_t x = (v | v << 8) & 0x00ff00ff;
	uint32_t letters;

	x = (x | x << 4) & 0x0f0f0f0f;
	letters = (x + 0x06060606) >> 4 & 0x01010101;
	x += 0x30303030 + letters * ('a' - '9' - 1);
	x = htobe32(x << 8 * zeros);
	memcpy(p, &x, 4);
	p += 4 - zeros;
	*p++ = ':';
	return p;
}

static uint8_t *groups_text(
	uint8_t *p, const uint8_t octets[16], unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		p = group_text(p, octets + 2 * i);
	return p;
}

/* The longest run of zero groups, the first of equals. */
static unsigned zeros_find(const uint8_t octets[16], unsigned *at)
{
	unsigned starts = 0; /* bit i: a run of (len + 1) begins at group i */
	unsigned longest = 0;
	unsigned len = 0;

	for (unsigned i = 0; i < 8; i++)
		starts |= (unsigned)((octets[2 * i] | octets[2 * i + 1]) == 0)
			  << i;
	for (; starts != 0; starts &= starts >> 1) {
		longest = starts;
		len++;
	}
	*at = longest == 0 ? 0 : (unsigned)__builtin_ctz(longest);
	return len;
}

uint8_t *ip6_text(uint8_t *p, const uint8_t octets[16])
{
	unsigned at;
	unsigned zeros = zeros_find(octets, &at);

	if (zeros < 2)
		return groups_text(p, octets, 0, 8) - 1;
	if (at == 0)
		*p++ = ':';
	p = groups_text(p, octets, 0, at);
	*p++ = ':';
	if (at + zeros == 8)
		return p;
	/* RFC 5952, section 5: IPv4-mapped, and IPv4-compatible */
	if (at == 0 && zeros == 6)
		return ip4_text(p, octets + 12);
	if (at == 0 && zeros == 5 && octets[10] == 0xff && octets[11] == 0xff)
		return ip4_text(group_text(p, octets + 10), octets + 12);
	return groups_text(p, octets, at + zeros, 8) - 1;
}
