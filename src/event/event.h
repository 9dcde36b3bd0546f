/*
 * Event: one dnstap message, decoded, on its way into the batches.
 *
 * Lives for one turn of a worker: everything in it points into the frame it
 * was cut from and into the worker's scratch.
 */
#ifndef TAPFERRY_EVENT_EVENT_H
#define TAPFERRY_EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/dns.h"
#include "wire/dnstap.h"

struct event {
	struct dnstap tap;
	struct dns dns; /* of the response message if there is one, else the
			   query */
	bool has_dns;   /* the dnstap message carries a DNS message */
	uint64_t receipt_ns; /* real time of the read that brought it */
};

#define EVENT_LATEST UINT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Is this time there, and one that RFC 3339 can express? */
static inline bool event_has_query_time(const struct dnstap *t)
{
	return (t->has & DNSTAP_HAS_QUERY_TIME_SEC) &&
	       t->query_time_sec <= EVENT_LATEST &&
	       t->query_time_nsec < 1000000000;
}

static inline bool event_has_response_time(const struct dnstap *t)
{
	return (t->has & DNSTAP_HAS_RESPONSE_TIME_SEC) &&
	       t->response_time_sec <= EVENT_LATEST &&
	       t->response_time_nsec < 1000000000;
}

/*
 * event_decode() - payload of a data frame to event
 * @records:     scratch, DNS_RECORDS_MAX long, lent to the event
 * @receipt_ns:  real time, nanoseconds
 *
 * Return: 0, or DNSTAP_E_* when it is no dnstap message (a broken DNS part is
 * no error: event->dns.malformed).
 */
int event_decode(struct event *e, struct dns_record *records,
	struct slice payload, uint64_t receipt_ns);

/*
 * event_leave_out_records() - for a message that is too long
 * What is left counts as malformed: the counts say that records are missing.
 * Return: false when there are none, and nothing has changed.
 */
bool event_leave_out_records(struct event *e);

/*
 * event_time() - the event's own time
 * Response time for responses, else query time, else the time of receipt;
 * a time whose nanoseconds are 10^9 or more, or whose seconds are past the
 * year 9999, counts as absent.
 */
void event_time(const struct event *e, uint64_t *sec, uint32_t *nsec);

#endif
