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

static uint8_t *group_text(uint8_t *p, unsigned v)
{
	static const char digits[] = "0123456789abcdef";

	if (v > 0xfff)
		*p++ = (uint8_t)digits[v >> 12];
	if (v > 0xff)
		*p++ = (uint8_t)digits[v >> 8 & 15];
	if (v > 0xf)
		*p++ = (uint8_t)digits[v >> 4 & 15];
	*p++ = (uint8_t)digits[v & 15];
	return p;
}

uint8_t *ip6_text(uint8_t *p, const uint8_t octets[16])
{
	unsigned group[8];
	int zeros_at = -1; /* the longest run of zero groups, the first of */
	int zeros = 1;     /* equals; a single one is not shortened */
	int run = 0;

	for (int i = 0; i < 8; i++) {
		group[i] = (unsigned)octets[2 * i] << 8 | octets[2 * i + 1];
		run = group[i] == 0 ? run + 1 : 0;
		if (run > zeros) {
			zeros = run;
			zeros_at = i + 1 - run;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == zeros_at) {
			*p++ = ':';
			if (i == 0)
				*p++ = ':';
			i += zeros - 1;
			if (i == 7)
				return p;
			continue;
		}
		/* RFC 5952, section 5: IPv4-mapped, and IPv4-compatible */
		if (i == 6 && zeros_at == 0 &&
			(zeros == 6 || (zeros == 5 && group[5] == 0xffff)))
			return ip4_text(p, octets + 12);
		p = group_text(p, group[i]);
		if (i < 7)
			*p++ = ':';
	}
	return p;
}
