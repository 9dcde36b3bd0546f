/*
 * Verdict: what a collector's reply means for the batch and for the backend.
 *
 * Every product has one file here that builds its requests and judges its
 * replies (protocols.md has the tables).  Pure: no I/O, no threads.
 */
#ifndef TAPFERRY_COLLECTOR_VERDICT_H
#define TAPFERRY_COLLECTOR_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* What becomes of the events. */
enum verdict_action {
	VERDICT_DELIVERED = 0, /* all of them are in */
	VERDICT_PARTIAL, /* events before `event` are in, `event` is refused
			    for good, the rest must be sent again */
	VERDICT_REFUSED, /* all of them are refused for good */
	VERDICT_SPLIT,   /* too large: send in halves; a single event is refused
			  */
	VERDICT_RETRY,   /* try again, another backend first */
	VERDICT_PLAIN,   /* encoding refused: send again uncompressed, and
			    remember that for this backend */
	VERDICT_HOLD,    /* this backend takes nothing until somebody mends it:
			    keep the data, tell, try it again slowly */
	VERDICT_UNKNOWN, /* no table has this reply: try again a few times, then
			    as VERDICT_HOLD */
	VERDICT_CHANNEL, /* none are in: send again on another channel */
	VERDICT_NO_CHANNEL, /* none are in: send again without a channel, and
			       remember that for this backend */
};

#define VERDICT_NO_ACK UINT64_MAX

struct verdict {
	enum verdict_action action;
	bool slow_down; /* the backend asked for less */
	bool gone;      /* VERDICT_RETRY: it is shutting down, others at once */
	uint32_t event; /* VERDICT_PARTIAL: index of the refused one, 0-based */
	uint64_t retry_after_ns; /* from Retry-After; 0: it did not say */
	uint64_t ack_id;   /* to ask about before the events are in for good;
			      VERDICT_NO_ACK: none */
	bool channel_full; /* acknowledgements should be asked for soon */
	int code;          /* the product's own code, -1: none */
	char reason[96]; /* one short sentence for logs, no peer's bytes raw */
};

/* A reply, as the HTTP client gives it. */
struct reply {
	long status;              /* HTTP status; 0: none came */
	struct slice body;        /* kept to at most 64 KiB */
	const char *content_type; /* NULL: none */
	const char *retry_after;  /* the header's value, NULL: none */
	uint64_t real_ns;         /* when it came, for an HTTP date */
};

/* Did the request name a channel (HEC acknowledgement)? */
enum request_channel {
	REQUEST_NO_CHANNEL = 0,
	REQUEST_CHANNEL,
	REQUEST_NEW_CHANNEL, /* made since the backend refused the last one */
};

/* What the reply answers. */
struct request {
	uint32_t events;
	size_t bytes; /* before compression */
	bool compressed;
	enum request_channel channel;
};

/* Writes the three of them; the reason is cut where it is too long. */
void verdict_set(struct verdict *v, enum verdict_action action, bool slow_down,
	const char *reason);

/*
 * verdict_retry_after() - Retry-After: seconds or HTTP date (RFC 9110, 10.2.3)
 * Return: nanoseconds from real_ns on, at most one hour; 0 when absent,
 * unreadable or past.
 */
uint64_t verdict_retry_after(const char *value, uint64_t real_ns);

#endif
