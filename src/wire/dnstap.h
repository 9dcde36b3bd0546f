/*
 * Dnstap: one decoded dnstap payload.
 *
 * Reads the protobuf message `dnstap.Dnstap` (dnstap.proto as published, with
 * policy and http_protocol) without allocating: every slice points into the
 * payload.  Presence matters: a field counts only when its bit is in `has`.
 * Unknown fields are skipped; a known field with the wrong wire type is taken
 * for an unknown one, as protobuf does.  Of a field given twice the last
 * counts; a message field given twice is merged.
 */
#ifndef TAPFERRY_WIRE_DNSTAP_H
#define TAPFERRY_WIRE_DNSTAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	DNSTAP_E_MALFORMED = 1, /* not protobuf: cut, overlong, bad wire type */
	DNSTAP_E_INCOMPLETE,    /* a required field is missing: a type, or the
				   message of a dnstap of type MESSAGE */
};

enum dnstap_operation {
	DNSTAP_AUTH_QUERY = 1,
	DNSTAP_AUTH_RESPONSE,
	DNSTAP_RESOLVER_QUERY,
	DNSTAP_RESOLVER_RESPONSE,
	DNSTAP_CLIENT_QUERY,
	DNSTAP_CLIENT_RESPONSE,
	DNSTAP_FORWARDER_QUERY,
	DNSTAP_FORWARDER_RESPONSE,
	DNSTAP_STUB_QUERY,
	DNSTAP_STUB_RESPONSE,
	DNSTAP_TOOL_QUERY,
	DNSTAP_TOOL_RESPONSE,
	DNSTAP_UPDATE_QUERY,
	DNSTAP_UPDATE_RESPONSE,
};

enum { DNSTAP_FAMILY_INET = 1, DNSTAP_FAMILY_INET6 = 2 };

/* Bits of dnstap.has */
enum {
	DNSTAP_HAS_IDENTITY = 1u << 0,
	DNSTAP_HAS_VERSION = 1u << 1,
	DNSTAP_HAS_EXTRA = 1u << 2,
	DNSTAP_HAS_MESSAGE = 1u << 3,
	DNSTAP_HAS_TYPE = 1u << 4,
	DNSTAP_HAS_OPERATION = 1u << 5, /* Message.type */
	DNSTAP_HAS_FAMILY = 1u << 6,
	DNSTAP_HAS_PROTOCOL = 1u << 7,
	DNSTAP_HAS_QUERY_ADDRESS = 1u << 8,
	DNSTAP_HAS_RESPONSE_ADDRESS = 1u << 9,
	DNSTAP_HAS_QUERY_PORT = 1u << 10,
	DNSTAP_HAS_RESPONSE_PORT = 1u << 11,
	DNSTAP_HAS_QUERY_TIME_SEC = 1u << 12,
	DNSTAP_HAS_QUERY_TIME_NSEC = 1u << 13,
	DNSTAP_HAS_QUERY_MESSAGE = 1u << 14,
	DNSTAP_HAS_QUERY_ZONE = 1u << 15,
	DNSTAP_HAS_RESPONSE_TIME_SEC = 1u << 16,
	DNSTAP_HAS_RESPONSE_TIME_NSEC = 1u << 17,
	DNSTAP_HAS_RESPONSE_MESSAGE = 1u << 18,
	DNSTAP_HAS_POLICY = 1u << 19,
	DNSTAP_HAS_HTTP_PROTOCOL = 1u << 20,
	DNSTAP_HAS_POLICY_TYPE = 1u << 21,
	DNSTAP_HAS_POLICY_RULE = 1u << 22,
	DNSTAP_HAS_POLICY_ACTION = 1u << 23,
	DNSTAP_HAS_POLICY_MATCH = 1u << 24,
	DNSTAP_HAS_POLICY_VALUE = 1u << 25,
};

struct dnstap {
	uint32_t has;
	/* enums as they came, known or not (int32 of the wire) */
	int32_t type;
	int32_t operation;
	int32_t family;
	int32_t protocol;
	int32_t http_protocol;
	uint32_t query_port;
	uint32_t response_port;
	uint64_t query_time_sec;
	uint64_t response_time_sec;
	uint32_t query_time_nsec;
	uint32_t response_time_nsec;
	struct slice identity;
	struct slice version;
	struct slice extra;
	struct slice query_address;
	struct slice response_address;
	struct slice query_message;
	struct slice query_zone; /* wire-format name */
	struct slice response_message;
	struct {
		struct slice type;
		struct slice rule; /* RPZ: wire-format name */
		struct slice value;
		int32_t action;
		int32_t match;
	} policy;
};

/*
 * dnstap_decode() - read one payload
 * @d:  written always; on an error what was read so far
 *
 * Pure; any thread.  Return: 0 or DNSTAP_E_*.
 */
int dnstap_decode(struct dnstap *d, struct slice payload);

/*
 * Names as dnstap.proto has them ("CLIENT_QUERY", "DOT", "HTTP2", "NXDOMAIN",
 * "QNAME", ...), or NULL for a number the schema does not know.
 */
const char *dnstap_operation_name(int32_t operation);
const char *dnstap_family_name(int32_t family);
const char *dnstap_protocol_name(int32_t protocol);
const char *dnstap_http_protocol_name(int32_t http_protocol);
const char *dnstap_policy_action_name(int32_t action);
const char *dnstap_policy_match_name(int32_t match);

/* Is this operation a response (even number in the schema)? */
static inline bool dnstap_is_response(const struct dnstap *d)
{
	return d->operation > 0 && d->operation % 2 == 0;
}

#endif
