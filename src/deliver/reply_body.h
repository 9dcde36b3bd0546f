/*
 * Reply body: the start of what a collector answers, as libcurl brings it.
 *
 * The rest is read too, or the connection could not be used again.
 */
#ifndef TAPFERRY_DELIVER_REPLY_BODY_H
#define TAPFERRY_DELIVER_REPLY_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct reply_body {
	unsigned magic;
	size_t len, max;
	uint8_t *data; /* lent: room for max octets */
};

/* An empty one that keeps so many octets. */
void reply_body_init(struct reply_body *b, void *data, size_t max);

static inline struct slice reply_body_slice(const struct reply_body *b)
{
	return slice_from(b->data, b->len);
}

/* A CURLOPT_WRITEFUNCTION; its CURLOPT_WRITEDATA is a struct reply_body. */
size_t reply_body_write(char *data, size_t size, size_t n, void *arg);

#endif
