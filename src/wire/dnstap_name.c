/*
 * The schema's names of its numbers, in the order of the numbers.
 */
#include "wire/dnstap.h"

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

static const char *const operations[] = {
	NULL,
	"AUTH_QUERY",
	"AUTH_RESPONSE",
	"RESOLVER_QUERY",
	"RESOLVER_RESPONSE",
	"CLIENT_QUERY",
	"CLIENT_RESPONSE",
	"FORWARDER_QUERY",
	"FORWARDER_RESPONSE",
	"STUB_QUERY",
	"STUB_RESPONSE",
	"TOOL_QUERY",
	"TOOL_RESPONSE",
	"UPDATE_QUERY",
	"UPDATE_RESPONSE",
};

static const char *const families[] = { NULL, "INET", "INET6" };

static const char *const protocols[] = {
	NULL,
	"UDP",
	"TCP",
	"DOT",
	"DOH",
	"DNSCryptUDP",
	"DNSCryptTCP",
	"DOQ",
};

static const char *const http_protocols[] = { NULL, "HTTP1", "HTTP2", "HTTP3" };

static const char *const policy_actions[] = {
	NULL,
	"NXDOMAIN",
	"NODATA",
	"PASS",
	"DROP",
	"TRUNCATE",
	"LOCAL_DATA",
};

static const char *const policy_matches[] = {
	NULL,
	"QNAME",
	"CLIENT_IP",
	"RESPONSE_IP",
	"NS_NAME",
	"NS_IP",
};

static const char *name_of(
	const char *const *names, size_t n_names, int32_t number)
{
	return number >= 0 && (size_t)number < n_names ? names[number] : NULL;
}

const char *dnstap_operation_name(int32_t operation)
{
	return name_of(operations, COUNT(operations), operation);
}

const char *dnstap_family_name(int32_t family)
{
	return name_of(families, COUNT(families), family);
}

const char *dnstap_protocol_name(int32_t protocol)
{
	return name_of(protocols, COUNT(protocols), protocol);
}

const char *dnstap_http_protocol_name(int32_t http_protocol)
{
	return name_of(http_protocols, COUNT(http_protocols), http_protocol);
}

const char *dnstap_policy_action_name(int32_t action)
{
	return name_of(policy_actions, COUNT(policy_actions), action);
}

const char *dnstap_policy_match_name(int32_t match)
{
	return name_of(policy_matches, COUNT(policy_matches), match);
}
