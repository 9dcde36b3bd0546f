/*
 * Digits: numbers as decimal text, for the hot path.
 *
 * Every function writes at p, without a check, and returns the octet behind
 * what it wrote; the caller has made room (DIGITS_*_MAX octets).
 */
#ifndef TAPFERRY_EVENT_DIGITS_H
#define TAPFERRY_EVENT_DIGITS_H

#include <stdint.h>
#include <string.h>

enum {
	DIGITS_U32_MAX = 10,
	DIGITS_U64_MAX = 20,
	DIGITS_NANO_MAX = 9,
};

extern const char digits_pairs[201]; /* "00" "01" ... "99" */

uint8_t *digits_u64(uint8_t *p, uint64_t v);

static inline uint8_t *digits_pair(uint8_t *p, unsigned v)
{
	memcpy(p, digits_pairs + 2 * v, 2);
	return p + 2;
}

/* Four digits, leading zeros kept: v < 10000. */
static inline uint8_t *digits_four(uint8_t *p, unsigned v)
{
	return digits_pair(digits_pair(p, v / 100), v % 100);
}

/* Nine digits, leading zeros kept: ns < 10^9. */
static inline uint8_t *digits_nano(uint8_t *p, uint32_t ns)
{
	uint32_t high = ns / 100000;
	uint32_t low = ns % 100000;

	p = digits_four(p, high);
	*p++ = (uint8_t)('0' + low / 10000);
	return digits_four(p, low % 10000);
}

static inline uint8_t *digits_u32(uint8_t *p, uint32_t v)
{
	if (v < 10) {
		*p = (uint8_t)('0' + v);
		return p + 1;
	}
	if (v < 100)
		return digits_pair(p, v);
	if (v < 1000) {
		*p = (uint8_t)('0' + v / 100);
		return digits_pair(p + 1, v % 100);
	}
	if (v < 10000)
		return digits_four(p, v);
	if (v < 100000) {
		*p = (uint8_t)('0' + v / 10000);
		return digits_four(p + 1, v % 10000);
	}
	return digits_u64(p, v);
}

#endif
