/*
 * Slice: bytes that somebody else owns.
 *
 * Decoders hand out slices of the caller's buffer; a slice is valid as long as
 * that buffer is.
 */
#ifndef TAPFERRY_BASE_SLICE_H
#define TAPFERRY_BASE_SLICE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const uint8_t *data;
	size_t len;
};

#define SLICE_NULL ((struct slice){ 0 })

static inline struct slice slice_from(const void *data, size_t len)
{
	return (struct slice){ .data = data, .len = len };
}

static inline struct slice slice_from_str(const char *s)
{
	return slice_from(s, strlen(s));
}

#endif
