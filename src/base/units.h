/*
 * Units: durations and sizes as people write them.
 *
 * Durations: a number (decimals allowed) and one of ns us ms s m h d, "1.5s".
 * Sizes: a number and one of B kB MB GB (powers of 1000) KiB MiB GiB (powers
 * of 1024), "64KiB"; a bare number is bytes.
 */
#ifndef TAPFERRY_BASE_UNITS_H
#define TAPFERRY_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum {
	UNITS_E_SYNTAX = 1, /* not a number, or not a unit of the list above */
	UNITS_E_NO_UNIT,    /* a duration without its unit */
	UNITS_E_RANGE,      /* negative, or more than 64 bits hold */
};

/* For messages. */
#define UNITS_OF_DURATION "ns, us, ms, s, m, h or d"
#define UNITS_OF_SIZE     "B, kB, MB, GB, TB, KiB, MiB, GiB or TiB"

/* Text to nanoseconds.  Return: 0 or UNITS_E_*; *ns is set on 0 only. */
int units_parse_duration(const char *text, uint64_t *ns);

/* Text to bytes.  Return: 0 or UNITS_E_*; *bytes is set on 0 only. */
int units_parse_size(const char *text, uint64_t *bytes);

/*
 * The shortest exact text that the parsers above read back to the same value,
 * with its terminating NUL; cap of UNITS_TEXT_MAX is always enough.
 */
enum { UNITS_TEXT_MAX = 32 };
void units_format_duration(uint64_t ns, char *text, size_t cap);
void units_format_size(uint64_t bytes, char *text, size_t cap);

#endif
