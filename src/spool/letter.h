/*
 * Letter: events that a collector refused for good, on their way to the
 * dead-letter file, and a line of that file.
 *
 *	{"time":"2026-11-21T13:00:00.000000000Z","output":"splunk",
 *	 "reason":"refused","status":400,"code":6,"text":"invalid data format",
 *	 "reply":"{\"text\":…}","event":{…}}
 *
 * in one line, the event as it was sent and last.  Pure.
 */
#ifndef TAPFERRY_SPOOL_LETTER_H
#define TAPFERRY_SPOOL_LETTER_H

#include "base/buf.h"
#include "base/slice.h"
#include "base/stat.h"
#include "event/batch.h"

enum { LETTER_TEXT_MAX = 96, LETTER_REPLY_MAX = 256 };

/* Why; the sender fills it in. */
struct letter_cause {
	enum output_stat reason; /* OUTPUT_DROPPED_*: counted when it cannot be
				    written */
	long status;             /* HTTP; 0: no reply */
	int code;                /* the product's own, -1: none */
	char text[LETTER_TEXT_MAX];
	size_t reply_len;
	uint8_t reply[LETTER_REPLY_MAX]; /* as it came */
	uint64_t real_ns;
};

struct letter {
	enum errand errand; /* ERRAND_LETTER */
	struct letter_cause cause;
	uint32_t events;
	uint32_t *ends; /* as in a batch; of the same allocation */
	uint8_t *data;
};

/*
 * letter_new() - a copy of the next n unsettled events of b
 * Return: 0 or -ENOMEM; free(3) frees it.
 */
int letter_new(struct letter **lp, const struct letter_cause *cause,
	const struct batch *b, uint32_t n);

/* Adds the line of event i.  Errors are the buf's. */
void letter_write(const struct letter *l, uint32_t i, const char *output,
	struct buf *out);

enum { LETTER_E_DAMAGED = 1 };

/*
 * letter_read() - the event of a line
 * @event:  lent: of line, without a newline
 *
 * Return: 0 or LETTER_E_DAMAGED: no object, or none with an event in it.
 */
int letter_read(struct slice line, struct slice *event);

#endif
