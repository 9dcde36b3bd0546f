/*
 * Body: a request body as it comes in, and its decoded form.
 */
#ifndef TAPFERRY_LOAD_BODY_H
#define TAPFERRY_LOAD_BODY_H

#include <stdbool.h>

#include "base/slice.h"

enum { BODY_MAX = 256 * 1024 * 1024 }; /* octets kept, before and after gzip */

enum {
	BODY_E_SIZE = 1, /* more than BODY_MAX */
	BODY_E_GZIP,     /* not gzip, or damaged */
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

/* Puts the decoded form in the place of a gzip body (one or more members).
 * Return: 0, BODY_E_* or -ENOMEM. */
int body_gunzip(struct body *b);

#endif
