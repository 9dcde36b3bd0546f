#include "wire/dnstap.h"

#include "wire/protobuf.h"

#define VARINT(field)  PROTOBUF_TAG(field, PROTOBUF_VARINT)
#define FIXED32(field) PROTOBUF_TAG(field, PROTOBUF_FIXED32)
#define BYTES(field)   PROTOBUF_TAG(field, PROTOBUF_BYTES)

/* Protobuf keeps the low 32 bits of a longer varint, for enums too. */
static inline bool read_u32(struct protobuf *c, uint32_t *field)
{
	uint64_t value;

	if (!protobuf_varint(c, &value))
		return false;
	*field = (uint32_t)value;
	return true;
}

static inline bool read_enum(struct protobuf *c, int32_t *field)
{
	uint64_t value;

	if (!protobuf_varint(c, &value))
		return false;
	*field = (int32_t)(uint32_t)value;
	return true;
}

static inline bool read_unknown(struct protobuf *c, uint32_t tag)
{
	const uint8_t *p = protobuf_skip(*c, tag);

	if (p == NULL)
		return false;
	c->p = p;
	return true;
}

/*
 * The three messages of the schema, one reader each.  A case reads one field
 * and names its presence bit; the bit counts once the field was whole.
 */

static bool policy_read(struct dnstap *d, struct slice message)
{
	struct protobuf c = protobuf_from(message);

	while (protobuf_more(&c)) {
		uint32_t bit, tag;
		bool ok;

		if (!protobuf_tag(&c, &tag))
			return false;
		switch (tag) {
		case BYTES(1):
			bit = DNSTAP_HAS_POLICY_TYPE;
			ok = protobuf_bytes(&c, &d->policy.type);
			break;
		case BYTES(2):
			bit = DNSTAP_HAS_POLICY_RULE;
			ok = protobuf_bytes(&c, &d->policy.rule);
			break;
		case VARINT(3):
			bit = DNSTAP_HAS_POLICY_ACTION;
			ok = read_enum(&c, &d->policy.action);
			break;
		case VARINT(4):
			bit = DNSTAP_HAS_POLICY_MATCH;
			ok = read_enum(&c, &d->policy.match);
			break;
		case BYTES(5):
			bit = DNSTAP_HAS_POLICY_VALUE;
			ok = protobuf_bytes(&c, &d->policy.value);
			break;
		default:
			bit = 0;
			ok = read_unknown(&c, tag);
		}
		if (!ok)
			return false;
		d->has |= bit;
	}
	return true;
}

static bool message_read(struct dnstap *d, struct slice message)
{
	struct protobuf c = protobuf_from(message);

	while (protobuf_more(&c)) {
		struct slice policy;
		uint32_t bit, tag;
		bool ok;

		if (!protobuf_tag(&c, &tag))
			return false;
		switch (tag) {
		case VARINT(1):
			bit = DNSTAP_HAS_OPERATION;
			ok = read_enum(&c, &d->operation);
			break;
		case VARINT(2):
			bit = DNSTAP_HAS_FAMILY;
			ok = read_enum(&c, &d->family);
			break;
		case VARINT(3):
			bit = DNSTAP_HAS_PROTOCOL;
			ok = read_enum(&c, &d->protocol);
			break;
		case BYTES(4):
			bit = DNSTAP_HAS_QUERY_ADDRESS;
			ok = protobuf_bytes(&c, &d->query_address);
			break;
		case BYTES(5):
			bit = DNSTAP_HAS_RESPONSE_ADDRESS;
			ok = protobuf_bytes(&c, &d->response_address);
			break;
		case VARINT(6):
			bit = DNSTAP_HAS_QUERY_PORT;
			ok = read_u32(&c, &d->query_port);
			break;
		case VARINT(7):
			bit = DNSTAP_HAS_RESPONSE_PORT;
			ok = read_u32(&c, &d->response_port);
			break;
		case VARINT(8):
			bit = DNSTAP_HAS_QUERY_TIME_SEC;
			ok = protobuf_varint(&c, &d->query_time_sec);
			break;
		case FIXED32(9):
			bit = DNSTAP_HAS_QUERY_TIME_NSEC;
			ok = protobuf_fixed32(&c, &d->query_time_nsec);
			break;
		case BYTES(10):
			bit = DNSTAP_HAS_QUERY_MESSAGE;
			ok = protobuf_bytes(&c, &d->query_message);
			break;
		case BYTES(11):
			bit = DNSTAP_HAS_QUERY_ZONE;
			ok = protobuf_bytes(&c, &d->query_zone);
			break;
		case VARINT(12):
			bit = DNSTAP_HAS_RESPONSE_TIME_SEC;
			ok = protobuf_varint(&c, &d->response_time_sec);
			break;
		case FIXED32(13):
			bit = DNSTAP_HAS_RESPONSE_TIME_NSEC;
			ok = protobuf_fixed32(&c, &d->response_time_nsec);
			break;
		case BYTES(14):
			bit = DNSTAP_HAS_RESPONSE_MESSAGE;
			ok = protobuf_bytes(&c, &d->response_message);
			break;
		case BYTES(15):
			bit = DNSTAP_HAS_POLICY;
			ok = protobuf_bytes(&c, &policy) &&
			     policy_read(d, policy);
			break;
		case VARINT(16):
			bit = DNSTAP_HAS_HTTP_PROTOCOL;
			ok = read_enum(&c, &d->http_protocol);
			break;
		default:
			bit = 0;
			ok = read_unknown(&c, tag);
		}
		if (!ok)
			return false;
		d->has |= bit;
	}
	return true;
}

static bool dnstap_read(struct dnstap *d, struct slice payload)
{
	struct protobuf c = protobuf_from(payload);

	while (protobuf_more(&c)) {
		struct slice message;
		uint32_t bit, tag;
		bool ok;

		if (!protobuf_tag(&c, &tag))
			return false;
		switch (tag) {
		case BYTES(1):
			bit = DNSTAP_HAS_IDENTITY;
			ok = protobuf_bytes(&c, &d->identity);
			break;
		case BYTES(2):
			bit = DNSTAP_HAS_VERSION;
			ok = protobuf_bytes(&c, &d->version);
			break;
		case BYTES(3):
			bit = DNSTAP_HAS_EXTRA;
			ok = protobuf_bytes(&c, &d->extra);
			break;
		case BYTES(14):
			bit = DNSTAP_HAS_MESSAGE;
			ok = protobuf_bytes(&c, &message) &&
			     message_read(d, message);
			break;
		case VARINT(15):
			bit = DNSTAP_HAS_TYPE;
			ok = read_enum(&c, &d->type);
			break;
		default:
			bit = 0;
			ok = read_unknown(&c, tag);
		}
		if (!ok)
			return false;
		d->has |= bit;
	}
	return true;
}

int dnstap_decode(struct dnstap *d, struct slice payload)
{
	/*
	 * A dnstap of another type than MESSAGE would be none without a
	 * message either: there is nothing in it that we could tell.
	 */
	const uint32_t required =
		DNSTAP_HAS_TYPE | DNSTAP_HAS_MESSAGE | DNSTAP_HAS_OPERATION;

	*d = (struct dnstap){ 0 };
	if (!dnstap_read(d, payload))
		return DNSTAP_E_MALFORMED;
	if ((d->has & required) != required)
		return DNSTAP_E_INCOMPLETE;
	return 0;
}
