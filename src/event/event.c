#include "event/event.h"

int event_decode(struct event *e, struct dns_record *records,
	struct slice payload, uint64_t receipt_ns)
{
	int r = dnstap_decode(&e->tap, payload);

	if (r != 0)
		return r;
	e->receipt_ns = receipt_ns;
	e->has_dns = true;
	if (e->tap.has & DNSTAP_HAS_RESPONSE_MESSAGE)
		dns_decode(&e->dns, records, e->tap.response_message);
	else if (e->tap.has & DNSTAP_HAS_QUERY_MESSAGE)
		dns_decode(&e->dns, records, e->tap.query_message);
	else
		e->has_dns = false;
	return 0;
}

bool event_leave_out_records(struct event *e)
{
	bool any = false;

	if (!e->has_dns)
		return false;
	for (int section = 0; section < DNS_SECTIONS; section++) {
		any |= e->dns.n_records[section] != 0;
		e->dns.n_records[section] = 0;
	}
	e->dns.malformed |= any;
	return any;
}

void event_time(const struct event *e, uint64_t *sec, uint32_t *nsec)
{
	const struct dnstap *t = &e->tap;

	if (dnstap_is_response(t) && event_has_response_time(t)) {
		*sec = t->response_time_sec;
		*nsec = t->response_time_nsec;
	} else if (event_has_query_time(t)) {
		*sec = t->query_time_sec;
		*nsec = t->query_time_nsec;
	} else {
		*sec = e->receipt_ns / 1000000000;
		*nsec = (uint32_t)(e->receipt_ns % 1000000000);
	}
}
