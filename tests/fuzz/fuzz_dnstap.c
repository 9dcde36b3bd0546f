/*
 * One dnstap payload.
 */
#include "fuzz.h"

#include "wire/dnstap.h"

static void check_slice(
	const struct dnstap *d, uint32_t bit, struct slice s, struct slice all)
{
	if ((d->has & bit) == 0)
		return;
	FUZZ_CHECK(s.data >= all.data && s.len <= all.len);
	FUZZ_CHECK((size_t)(s.data - all.data) <= all.len - s.len);
}

static void check_slices(const struct dnstap *d, struct slice all)
{
	check_slice(d, DNSTAP_HAS_IDENTITY, d->identity, all);
	check_slice(d, DNSTAP_HAS_VERSION, d->version, all);
	check_slice(d, DNSTAP_HAS_EXTRA, d->extra, all);
	check_slice(d, DNSTAP_HAS_QUERY_ADDRESS, d->query_address, all);
	check_slice(d, DNSTAP_HAS_RESPONSE_ADDRESS, d->response_address, all);
	check_slice(d, DNSTAP_HAS_QUERY_MESSAGE, d->query_message, all);
	check_slice(d, DNSTAP_HAS_QUERY_ZONE, d->query_zone, all);
	check_slice(d, DNSTAP_HAS_RESPONSE_MESSAGE, d->response_message, all);
	check_slice(d, DNSTAP_HAS_POLICY_TYPE, d->policy.type, all);
	check_slice(d, DNSTAP_HAS_POLICY_RULE, d->policy.rule, all);
	check_slice(d, DNSTAP_HAS_POLICY_VALUE, d->policy.value, all);
}

/* Asked of every number a peer can send. */
static void check_names(const struct dnstap *d)
{
	const char *operation = dnstap_operation_name(d->operation);

	FUZZ_CHECK((operation != NULL) ==
		   (d->operation >= 1 && d->operation <= 14));
	dnstap_family_name(d->family);
	dnstap_protocol_name(d->protocol);
	dnstap_http_protocol_name(d->http_protocol);
	dnstap_policy_action_name(d->policy.action);
	dnstap_policy_match_name(d->policy.match);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint32_t required =
		DNSTAP_HAS_TYPE | DNSTAP_HAS_MESSAGE | DNSTAP_HAS_OPERATION;
	uint8_t *payload = fuzz_copy(data, size);
	struct slice all = slice_from(payload, size);
	struct dnstap d;
	int r = dnstap_decode(&d, all);

	FUZZ_CHECK(
		r == 0 || r == DNSTAP_E_MALFORMED || r == DNSTAP_E_INCOMPLETE);
	if (r != DNSTAP_E_MALFORMED)
		FUZZ_CHECK((r == 0) == ((d.has & required) == required));
	check_slices(&d, all);
	check_names(&d);
	free(payload);
	return 0;
}
