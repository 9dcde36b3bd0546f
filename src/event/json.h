/*
 * Json: writes JSON text into a buffer of fixed size.
 *
 * A writer asks for room once for a run of octets (json_room), writes them at
 * j->p without further checks, and moves j->p on.  What does not fit any more
 * is no error of each write: when the buffer is nearly full, the run is
 * written into a spill area first and copied as far as there is room, so that
 * the buffer can be filled to its last octet; json_end() tells whether all of
 * it fitted.
 *
 * Text from peers always becomes valid JSON in valid UTF-8 on one line, with
 * every control character escaped.
 */
#ifndef TAPFERRY_EVENT_JSON_H
#define TAPFERRY_EVENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

enum { JSON_ROOM_MAX = 2048 }; /* the most json_room() can be asked for */

struct json {
	uint8_t *p;     /* where the next octet goes */
	uint8_t *end;   /* end of the room at p */
	uint8_t *start; /* of the caller's buffer */
	uint8_t *rest;  /* while spilling: the caller's buffer from here ... */
	uint8_t *limit; /* ... to here is still free */
	bool spilling;  /* p is in the spill area */
	bool full;      /* something did not fit */
	uint8_t *spill; /* lent: JSON_ROOM_MAX octets */
};

/* @spill:  JSON_ROOM_MAX octets, lent until json_end() */
static inline struct json json_begin(uint8_t *dst, size_t cap, uint8_t *spill)
{
	return (struct json){
		.p = dst,
		.end = dst + cap,
		.start = dst,
		.spill = spill,
	};
}

/* Return: the length written, or 0 when it did not fit. */
size_t json_end(struct json *j);

void json_spill(struct json *j);

/* Afterwards n octets (at most JSON_ROOM_MAX) may be written at j->p. */
static inline void json_room(struct json *j, size_t n)
{
	if (__builtin_expect((size_t)(j->end - j->p) < n, 0))
		json_spill(j);
}

/* A literal at p, without a check; its value is the octet behind it. */
#define JSON_PUT(p, literal)                                      \
	((uint8_t *)memcpy((p), (literal), sizeof(literal) - 1) + \
		sizeof(literal) - 1)

/* A literal, with its room. */
#define json_put(j, literal)                         \
	do {                                         \
		json_room((j), sizeof(literal) - 1); \
		(j)->p = JSON_PUT((j)->p, literal);  \
	} while (0)

/* JSON made before, as it is.  Any length. */
void json_ready(struct json *j, struct slice text);

/*
 * The inside of a string: what follows goes between quotes that the caller
 * writes.  Any length.
 */

/*
 * json_text() - text of a peer's
 * Invalid UTF-8 becomes U+FFFD, one for each maximal subpart of a sequence
 * (Unicode 15, 3.9, as most decoders do); control characters (C0, DEL, C1)
 * and the line separators U+2028 and U+2029 are escaped.
 */
void json_text(struct json *j, struct slice text);

void json_hex(struct json *j, struct slice bytes);    /* lower case */
void json_base64(struct json *j, struct slice bytes); /* RFC 4648, padded */

/* Is all of it valid UTF-8 without control characters? */
bool json_text_is_plain(struct slice text);

#endif
