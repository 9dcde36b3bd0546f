/*
 * Octets: big-endian numbers out of a buffer, whatever its alignment.
 * The caller has checked that the octets are there.
 */
#ifndef TAPFERRY_WIRE_OCTETS_H
#define TAPFERRY_WIRE_OCTETS_H

#include <stdint.h>
#include <string.h>

static inline uint16_t octets_get_u16(const uint8_t *p)
{
	uint16_t n;

	memcpy(&n, p, sizeof(n));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	n = __builtin_bswap16(n);
#endif
	return n;
}

static inline uint32_t octets_get_u32(const uint8_t *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	n = __builtin_bswap32(n);
#endif
	return n;
}

#endif
