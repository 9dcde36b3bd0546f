/*
 * Reply body: the start of what a collector answers, as libcurl brings it.
 *
 * The rest is read too, or the connection could not be used again; but not
 * without end: one that has brought REPLY_BODY_END octets is left.
 */
#ifndef TAPFERRY_DELIVER_REPLY_BODY_H
#define TAPFERRY_DELIVER_REPLY_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum { REPLY_BODY_END = 4 * 1024 * 1024 };

struct reply_body {
	unsigned magic;
	size_t len, max;
	size_t came;   /* octets, those not kept included */
	uint8_t *data; /* lent: room for max octets */
};

/* An empty one that keeps so many octets. */
void reply_body_init(struct reply_body *b, void *data, size_t max);

static inline struct slice reply_body_slice(const struct reply_body *b)
{
	return slice_from(b->data, b->len);
}

/* Was it left? */
static inline bool reply_body_is_endless(const struct reply_body *b)
{
	return b->came > REPLY_BODY_END;
}

/* A CURLOPT_WRITEFUNCTION; its CURLOPT_WRITEDATA is a struct reply_body. */
size_t reply_body_write(char *data, size_t size, size_t n, void *arg);

#endif
