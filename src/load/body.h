/*
 * Body: a request body as it comes in, and its decoded form.
 */
#ifndef TAPFERRY_LOAD_BODY_H
#define TAPFERRY_LOAD_BODY_H

#include <stdbool.h>

#include "base/slice.h"
#include "event/compress.h"

enum { BODY_MAX = 256 * 1024 * 1024 }; /* octets kept, as sent and decoded */

enum {
	BODY_E_SIZE = 1, /* more than BODY_MAX */
	BODY_E_CODING,   /* not what it is said to be, or damaged */
};

struct body {
	uint8_t *data;
	size_t len;
	size_t cap;
};

#define BODY_NULL ((struct body){ 0 })

void body_deinit(struct body *b);

/* Appends a piece.  Return: 0, BODY_E_SIZE or -ENOMEM. */
int body_add(struct body *b, struct slice piece);

/*
 * body_decode() - puts the decoded form in the place of a compressed body
 * @coding:  compression_built(); COMPRESSION_NONE changes nothing
 *
 * One or more gzip members or zstd frames, one behind the other.  What a frame
 * says of its size is not believed; a window is kept up to 8 MiB (RFC 9659).
 * Return: 0, BODY_E_* or -ENOMEM; on failure the body is as it was.
 */
int body_decode(struct body *b, enum compression coding);

#endif
