/*
 * Protobuf: a cursor over one message in protobuf's wire format.
 *
 * Only what a reader of a known, small schema needs: varints, fixed numbers,
 * length-delimited slices, and skipping whatever it does not know.  Nothing is
 * copied.  A varint has at most ten octets and 64 bits, a tag at most 32 bits
 * and a field number of at least 1; anything else is malformed.
 *
 * Specification: https://protobuf.dev/programming-guides/encoding/
 */
#ifndef TAPFERRY_WIRE_PROTOBUF_H
#define TAPFERRY_WIRE_PROTOBUF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum protobuf_wire {
	PROTOBUF_VARINT = 0,
	PROTOBUF_FIXED64,
	PROTOBUF_BYTES,
	PROTOBUF_GROUP,
	PROTOBUF_GROUP_END,
	PROTOBUF_FIXED32,
};

enum { PROTOBUF_DEPTH_MAX = 100 }; /* nested groups, as protobuf's own limit */

#define PROTOBUF_TAG(field, wire) ((uint32_t)(field) << 3 | (wire))

struct protobuf {
	const uint8_t *p;
	const uint8_t *end;
};

static inline struct protobuf protobuf_from(struct slice s)
{
	return (struct protobuf){ .p = s.data, .end = s.data + s.len };
}

static inline bool protobuf_more(const struct protobuf *c)
{
	return c->p < c->end;
}

/*
 * The general case of protobuf_varint(): any length.  Takes the cursor by
 * value, so that a caller's own stays in registers.
 * Return: the octet behind it, or NULL.
 */
const uint8_t *protobuf_varint_long(struct protobuf c, uint64_t *value);

/*
 * The readers below return false when the octets are not there or not right;
 * the cursor is then where it was.
 */

static inline bool protobuf_varint(struct protobuf *c, uint64_t *value)
{
	/* One octet for enums and small numbers, two for ports and lengths. */
	if (c->end - c->p >= 2) {
		if (c->p[0] < 0x80) {
			*value = c->p[0];
			c->p += 1;
			return true;
		}
		if (c->p[1] < 0x80) {
			*value = (uint64_t)c->p[1] << 7 | (c->p[0] & 0x7f);
			c->p += 2;
			return true;
		}
	}
	uint64_t v;
	const uint8_t *p = protobuf_varint_long(*c, &v);

	if (p == NULL)
		return false;
	*value = v;
	c->p = p;
	return true;
}

/* Field number and wire type, see PROTOBUF_TAG.  Wants protobuf_more(). */
static inline bool protobuf_tag(struct protobuf *c, uint32_t *tag)
{
	/* Fields 1 to 15; below 8 the field number would be 0. */
	if (c->p[0] >= 8 && c->p[0] < 0x80) {
		*tag = c->p[0];
		c->p += 1;
		return true;
	}
	uint64_t v;
	const uint8_t *p = protobuf_varint_long(*c, &v);

	if (p == NULL || v > UINT32_MAX || v >> 3 == 0)
		return false;
	*tag = (uint32_t)v;
	c->p = p;
	return true;
}

static inline bool protobuf_fixed32(struct protobuf *c, uint32_t *value)
{
	if (c->end - c->p < 4)
		return false;
	memcpy(value, c->p, sizeof(*value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	*value = __builtin_bswap32(*value);
#endif
	c->p += 4;
	return true;
}

static inline bool protobuf_bytes(struct protobuf *c, struct slice *bytes)
{
	struct protobuf at = *c;
	uint64_t len;

	if (!protobuf_varint(&at, &len) || len > (uint64_t)(at.end - at.p))
		return false;
	*bytes = slice_from(at.p, (size_t)len);
	c->p = at.p + len;
	return true;
}

/*
 * protobuf_skip() - over the value of a field
 * @c:    behind the field's tag; by value, as above
 * @tag:  the field's
 *
 * A group is skipped with all that is in it; its end must carry its own field
 * number.  Does not recurse.
 * Return: the octet behind the value, or NULL.
 */
const uint8_t *protobuf_skip(struct protobuf c, uint32_t tag);

#endif
