/*
 * Producer queue: producers in the order in which they came.  Each is in one at
 * most.
 */
#ifndef TAPFERRY_LOAD_PRODUCER_QUEUE_H
#define TAPFERRY_LOAD_PRODUCER_QUEUE_H

#include "load/producer.h"

struct producer_queue {
	struct producer_list list;
	unsigned n;
};

void producer_queue_init(struct producer_queue *q);

/* At its end; out of another one first.  Who is in it already keeps its place.
 */
void producer_queue_enter(struct producer_queue *q, struct producer *p);

/* Out of whichever it is in, if any. */
void producer_queue_leave(struct producer *p);

/* NULL: it is empty. */
struct producer *producer_queue_first(const struct producer_queue *q);

#endif
