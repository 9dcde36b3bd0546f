/*
 * Delivery: one request's body as the stand-in collector takes it in, and
 * what HEC says to it.
 *
 * A plain body that only has to be counted is counted while it comes in; one
 * that is compressed, checked or written down is kept until its end.
 */
#ifndef TAPFERRY_LOAD_DELIVERY_H
#define TAPFERRY_LOAD_DELIVERY_H

#include <stdbool.h>
#include <stdio.h>

#include "load/body.h"
#include "load/events.h"

struct delivery {
	enum compression coding; /* of the body */
	bool keep;               /* the body is wanted whole */
	bool check;              /* every event is validated */
	bool array; /* the body may be one JSON array of the events */
	bool raw;   /* /raw: every line that is not empty is an event */
	struct body body;
	struct events_scan scan;
	uint64_t bytes; /* decoded */
	int error;      /* BODY_E_SIZE or -ENOMEM while it came in */
};

struct delivery_verdict {
	unsigned status;       /* of HTTP */
	int code;              /* of HEC */
	uint64_t event_number; /* of the first refused, or REPLY_NO_NUMBER */
	uint64_t events;       /* taken: all, or those before it */
	int reason;            /* EVENTS_E_* of the refused one, with check */
};

/* Takes a piece of the body. */
void delivery_add(struct delivery *d, struct slice piece);

/* The body has ended: count, check, judge. */
void delivery_judge(struct delivery *d, struct delivery_verdict *v);

/* The text of the first `events` events; lent.  Only after delivery_judge(),
 * with keep. */
struct slice delivery_text(const struct delivery *d, uint64_t events);

/*
 * delivery_write() - the first `events` events, one a line
 * Only after delivery_judge(), with keep.
 * Return: 0 or -errno.
 */
int delivery_write(const struct delivery *d, uint64_t events, FILE *f);

void delivery_deinit(struct delivery *d);

#endif
