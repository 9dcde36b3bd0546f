#include "wire/protobuf.h"

enum { VARINT_LAST_SHIFT = 63 }; /* the tenth octet has one bit to give */

const uint8_t *protobuf_varint_long(struct protobuf c, uint64_t *value)
{
	uint64_t v = 0;

	for (unsigned shift = 0; c.p < c.end; shift += 7) {
		uint8_t octet = *c.p++;

		if (shift == VARINT_LAST_SHIFT && octet > 1)
			return NULL;
		v |= (uint64_t)(octet & 0x7f) << shift;
		if (octet < 0x80) {
			*value = v;
			return c.p;
		}
	}
	return NULL;
}

static bool octets_skip(struct protobuf *c, size_t n)
{
	if ((size_t)(c->end - c->p) < n)
		return false;
	c->p += n;
	return true;
}

const uint8_t *protobuf_skip(struct protobuf c, uint32_t tag)
{
	uint32_t open[PROTOBUF_DEPTH_MAX]; /* field numbers of open groups */
	unsigned depth = 0;

	for (;;) {
		struct slice bytes;
		uint64_t number;
		bool ok = false;

		switch (tag & 7) {
		case PROTOBUF_VARINT:
			ok = protobuf_varint(&c, &number);
			break;
		case PROTOBUF_FIXED64:
			ok = octets_skip(&c, 8);
			break;
		case PROTOBUF_BYTES:
			ok = protobuf_bytes(&c, &bytes);
			break;
		case PROTOBUF_GROUP:
			ok = depth < PROTOBUF_DEPTH_MAX;
			if (ok)
				open[depth++] = tag >> 3;
			break;
		case PROTOBUF_GROUP_END:
			ok = depth > 0 && open[--depth] == tag >> 3;
			break;
		case PROTOBUF_FIXED32:
			ok = octets_skip(&c, 4);
			break;
		}
		if (!ok || depth == 0)
			return ok ? c.p : NULL;
		if (!protobuf_more(&c) || !protobuf_tag(&c, &tag))
			return NULL;
	}
}
