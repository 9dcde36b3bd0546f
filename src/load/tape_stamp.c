#include "load/tape.h"

#include "base/clock.h"
#include "wire/protobuf.h"

/* dnstap.proto: field numbers */
enum {
	DNSTAP_MESSAGE = 14,
	QUERY_TIME_SEC = 8,
	QUERY_TIME_NSEC = 9,
	RESPONSE_TIME_SEC = 12,
	RESPONSE_TIME_NSEC = 13,
};

/* Another number into the octets of a varint, if it takes as many. */
static void put_varint_over(uint8_t *p, const uint8_t *end, uint64_t v)
{
	size_t len = (size_t)(end - p);

	if (len == 0 || len > 9 || v >> (7 * len) != 0)
		return;
	for (; p < end; p++, v >>= 7)
		*p = (uint8_t)((v & 0x7f) | (p + 1 < end ? 0x80 : 0));
}

static void put_fixed32_over(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* The two times of a Message, if it has them. */
static void stamp_message(uint8_t *base, struct slice message, uint64_t ns)
{
	struct protobuf c = protobuf_from(message);
	uint32_t tag;

	while (protobuf_more(&c) && protobuf_tag(&c, &tag)) {
		uint8_t *value = base + (c.p - message.data);
		const uint8_t *next = protobuf_skip(c, tag);

		if (next == NULL)
			return;
		switch (tag) {
		case PROTOBUF_TAG(QUERY_TIME_SEC, PROTOBUF_VARINT):
		case PROTOBUF_TAG(RESPONSE_TIME_SEC, PROTOBUF_VARINT):
			put_varint_over(value, next, ns / NS_PER_S);
			break;
		case PROTOBUF_TAG(QUERY_TIME_NSEC, PROTOBUF_FIXED32):
		case PROTOBUF_TAG(RESPONSE_TIME_NSEC, PROTOBUF_FIXED32):
			put_fixed32_over(value, (uint32_t)(ns % NS_PER_S));
			break;
		}
		c.p = next;
	}
}

static void stamp_frame(uint8_t *payload, size_t len, uint64_t ns)
{
	struct protobuf c = protobuf_from(slice_from(payload, len));
	uint32_t tag;

	while (protobuf_more(&c) && protobuf_tag(&c, &tag)) {
		struct protobuf at = c;
		struct slice message;

		if (tag == PROTOBUF_TAG(DNSTAP_MESSAGE, PROTOBUF_BYTES) &&
			protobuf_bytes(&at, &message))
			stamp_message(payload + (message.data - payload),
				message, ns);
		c.p = protobuf_skip(c, tag);
		if (c.p == NULL)
			return;
	}
}

void tape_stamp(struct tape *t, size_t first, size_t last, uint64_t real_ns)
{
	for (size_t i = first; i < last; i++) {
		size_t start = tape_start(t, i) + TAPE_PREFIX_LEN;

		stamp_frame(t->data + start, t->ends[i] - start, real_ns);
	}
}
