/*
 * Stamp: times as text.
 *
 * RFC 3339 in UTC with nanoseconds, "2026-11-20T12:00:00.000123456Z".  The
 * last formatted second is kept: events come many to a second.
 */
#ifndef TAPFERRY_EVENT_STAMP_H
#define TAPFERRY_EVENT_STAMP_H

#include <stdint.h>

enum {
	STAMP_LEN = 30,
	STAMP_SECONDS_ROOM = 30, /* 20 digits, a dot, 9 digits */
};

struct stamp {
	uint64_t sec;      /* that the texts are for */
	char text[20];     /* "2026-11-20T12:00:00."; no NUL */
	uint8_t epoch_len; /* octets of ... */
	char epoch[15];    /* "1795176000."; no NUL */
};

void stamp_init(struct stamp *s);

/*
 * Each writes a time (not later than the year 9999) at p, without a check
 * (STAMP_LEN or STAMP_SECONDS_ROOM octets of room), and returns the octet
 * behind it.
 */
uint8_t *stamp_put(struct stamp *s, uint8_t *p, uint64_t sec, uint32_t nsec);

/* "20261120120000", as RRSIG has it (RFC 4034, 3.2): 14 octets */
uint8_t *stamp_put_compact(uint8_t *p, uint32_t sec);

/* Seconds with nine decimals, a JSON number: "1700000000.000123456" */
uint8_t *stamp_put_epoch(
	struct stamp *s, uint8_t *p, uint64_t sec, uint32_t nsec);

/* Seconds with as many decimals as needed, a JSON number: "0.0005", "3" */
uint8_t *stamp_put_duration(uint8_t *p, uint64_t sec, uint32_t nsec);

#endif
