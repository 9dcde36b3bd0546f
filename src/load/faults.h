/*
 * Faults: what the stand-in collector does wrong, and when.
 *
 *	SPEC   = RULE, or several with commas between; the first that applies.
 *	         "none" alone: no rule
 *	RULE   = WHAT [ + HOW ]... [ @ WHEN ]
 *	WHAT   = STATUS [ / CODE [ / NUMBER ] ]   answer so.  With the number of
 *	                        a bad event, those before it are kept; where
 *	                        there are not so many, answer as ever
 *	       | ok             answer as ever
 *	       | html           200 with a page, as a proxy would
 *	       | json           200 with a reply cut in the middle
 *	       | close          read the request, close without an answer
 *	       | reset          read the request, reset the connection
 *	       | reset:before   reset it before the body is read
 *	       | reset:body     reset it in the middle of the body
 *	       | half           read the request, close one's own direction only
 *	       | hang           read the request, never answer
 *	       | read:DURATION  rest so long before each piece of the body
 *	       | slow:DURATION  ok+slow:DURATION
 *	HOW    = taken          keep the events all the same
 *	       | slow:DURATION  so much later
 *	       | chunked        in chunks, without a length
 *	       | last           and close the connection behind the answer
 *	       | big:SIZE       with so many octets more
 *	       | retry:N        with Retry-After: N seconds
 *	       | date:N         with Retry-After: the date N seconds from now
 *	WHEN   = PROBABILITY (0 to 1) | every:N | first:N | from:N | at:N
 *	       | above:SIZE (of the body as it is sent) | gzip | zstd
 *	                        (none: always)
 *
 * What is not answered with success is not kept, but for "taken" and what
 * stands before a bad event.  Decided by the seed, the request's number and its
 * headers alone, so a run can be repeated.
 */
#ifndef TAPFERRY_LOAD_FAULTS_H
#define TAPFERRY_LOAD_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "event/compress.h"

enum fault_what {
	FAULT_NONE = 0,
	FAULT_STATUS,
	FAULT_HTML,
	FAULT_JSON,
	FAULT_CLOSE,
	FAULT_RESET,
	FAULT_RESET_BEFORE,
	FAULT_RESET_BODY,
	FAULT_HALF,
	FAULT_HANG,
	FAULT_READ,
	FAULT_SLOW,
};

struct fault {
	enum fault_what what;
	unsigned status;
	int code;          /* of HEC; -1: the status's usual one */
	int64_t number;    /* of the bad event; -1: none */
	uint64_t delay_ns; /* before the answer */
	uint64_t rest_ns;  /* FAULT_READ */
	uint64_t pad;      /* octets behind the body of the answer */
	uint64_t retry_s;  /* Retry-After */
	bool retry;
	bool retry_date;
	bool taken;
	bool chunked;
	bool last;
};

#define FAULT_NULL ((struct fault){ .code = -1, .number = -1 })

/* Is the answer that of success? */
static inline bool fault_succeeds(const struct fault *f)
{
	return f->what == FAULT_NONE || f->what == FAULT_READ ||
	       f->what == FAULT_SLOW;
}

/* How many of the events of such a request are kept: UINT64_MAX: all. */
uint64_t fault_keeps(const struct fault *f);

enum fault_when {
	FAULT_ALWAYS = 0,
	FAULT_CHANCE,
	FAULT_EVERY,
	FAULT_FIRST,
	FAULT_FROM,
	FAULT_AT,
	FAULT_ABOVE,
	FAULT_CODING,
};

struct fault_rule {
	struct fault fault;
	enum fault_when when;
	double chance;
	uint64_t n; /* enum compression, with FAULT_CODING */
};

enum { FAULTS_MAX = 16 };

struct faults {
	struct fault_rule rules[FAULTS_MAX];
	unsigned n_rules;
	uint64_t seed;
};

enum {
	FAULTS_E_WHAT = 1, /* no such fault */
	FAULTS_E_STATUS,   /* not 200 to 599 */
	FAULTS_E_DELAY,    /* slow or read without a duration */
	FAULTS_E_HOW,      /* no such way of answering */
	FAULTS_E_WHEN,     /* none of the conditions */
	FAULTS_E_MANY,     /* more than FAULTS_MAX rules */
};

/* Return: 0 or FAULTS_E_*. */
int faults_parse(struct faults *f, const char *spec, uint64_t seed);

/* One sentence for FAULTS_E_*. */
const char *faults_error_text(int error);

/* What is known of a request before its body. */
struct fault_request {
	uint64_t n;   /* from 1 */
	uint64_t len; /* of the body as it is sent; 0: not told */
	enum compression coding;
};

/* What befalls a request.  Pure; any thread. */
struct fault faults_pick(
	const struct faults *f, const struct fault_request *rq);

#endif
