/*
 * Swar: eight octets at a time in one 64-bit word ("SIMD within a register"),
 * for the text that makes up most of an event.
 *
 * The tests of octets below 0x80 add to the low seven bits of each octet, so
 * that the carry lands in its own top bit and never in its neighbour.
 */
#ifndef TAPFERRY_EVENT_SWAR_H
#define TAPFERRY_EVENT_SWAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SWAR_EACH(octet) (0x0101010101010101u * (uint8_t)(octet))
#define SWAR_TOP         SWAR_EACH(0x80)

static inline uint64_t swar_load(const uint8_t *s)
{
	uint64_t x;

	memcpy(&x, s, sizeof(x));
	return x;
}

static inline void swar_store(uint8_t *p, uint64_t x)
{
	memcpy(p, &x, sizeof(x));
}

/* Top bit of each octet of x (all below 0x80) that is at least / is `octet` */
static inline uint64_t swar_at_least(uint64_t x, uint8_t octet)
{
	return (x + SWAR_EACH(0x80 - octet)) & SWAR_TOP;
}

static inline uint64_t swar_equal(uint64_t x, uint8_t octet)
{
	return ~((x ^ SWAR_EACH(octet)) + SWAR_EACH(0x7f)) & SWAR_TOP;
}

/* May this octet stand in a JSON string as it is?  (ASCII only; not DEL) */
static inline bool swar_octet_is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* May all eight? */
static inline bool swar_is_plain(uint64_t x)
{
	uint64_t low = x & ~SWAR_TOP;
	uint64_t bad = x | ~swar_at_least(low, 0x20) |
		       swar_at_least(low, 0x7f) | swar_equal(low, '"') |
		       swar_equal(low, '\\');

	return (bad & SWAR_TOP) == 0;
}

/*
 * Are the first n (1 to 8) octets in memory letters, digits, '-' or '_': what
 * no form of a DNS name's text escapes?  *letters gets 0x20 for each letter
 * among the eight: or it in to get lower case.
 */
static inline bool swar_is_name_of(uint64_t x, size_t n, uint64_t *letters)
{
	uint64_t low = x & ~SWAR_TOP;
	uint64_t folded = low | SWAR_EACH(0x20);
	uint64_t letter =
		swar_at_least(folded, 'a') & ~swar_at_least(folded, 'z' + 1);
	uint64_t digit = swar_at_least(low, '0') & ~swar_at_least(low, '9' + 1);
	uint64_t bad = ~(letter | digit | swar_equal(low, '-') |
			       swar_equal(low, '_')) |
		       x;

	*letters = letter >> 2;
	bad &= SWAR_TOP;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return bad >> (64 - 8 * n) == 0;
#else
	return bad << (64 - 8 * n) == 0;
#endif
}

#endif
