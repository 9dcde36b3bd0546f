/*
 * Put: writes octets one after the other into a buffer of the caller's.
 *
 * What does not fit is not written and remembered in `failed`, so that a
 * writer checks once, at the end.
 */
#ifndef TAPFERRY_LOAD_PUT_H
#define TAPFERRY_LOAD_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct put {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool failed;
};

#define PUT_INIT(buffer, size) ((struct put){ .data = (buffer), .cap = (size) })

static inline void put_bytes(struct put *p, const void *bytes, size_t n)
{
	if (n > p->cap - p->len) {
		p->failed = true;
		return;
	}
	memcpy(p->data + p->len, bytes, n);
	p->len += n;
}

static inline void put_u8(struct put *p, unsigned v)
{
	uint8_t b = (uint8_t)v;

	put_bytes(p, &b, 1);
}

/* Big-endian, as DNS has it. */
static inline void put_u16(struct put *p, unsigned v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put_bytes(p, b, sizeof(b));
}

static inline void put_u32(struct put *p, uint32_t v)
{
	put_u16(p, v >> 16);
	put_u16(p, v & 0xffff);
}

/* A label of a DNS name; of none, the root. */
static inline void put_label(struct put *p, const char *text)
{
	size_t len = strlen(text);

	put_u8(p, (unsigned)len);
	put_bytes(p, text, len);
}

/* Writes over two octets that are there already: a length known later. */
static inline void put_u16_at(struct put *p, size_t at, unsigned v)
{
	if (p->failed)
		return;
	p->data[at] = (uint8_t)(v >> 8);
	p->data[at + 1] = (uint8_t)v;
}

#endif
