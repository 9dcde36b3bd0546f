/*
 * Filler: a worker's side of one feed, its open batch and its encoder.
 *
 * Owner: the worker, all of it.
 */
#ifndef TAPFERRY_EVENT_FILLER_H
#define TAPFERRY_EVENT_FILLER_H

#include "event/feed.h"

struct filler {
	struct feed *feed;
	struct encoder *encoder;
	struct batch *open;       /* NULL until an event comes */
	uint32_t popped;          /* of the ring, when that was opened */
	struct batch *waiting;    /* sealed, and no room yet (OVERFLOW_BLOCK) */
	bool blocks;              /* its feed knows that one waits */
	struct stat_shard *stats; /* this worker's */
	unsigned flushes;         /* the feed's, that were done */
};

#define FILLER_NULL ((struct filler){ 0 })

int filler_init(struct filler *f, struct feed *feed, unsigned worker);
void filler_deinit(struct filler *f);

/*
 * filler_add() - put one event into the open batch, sealing it when full
 * @mono_ns:  now, for the linger
 *
 * The event is always accounted for: taken, or dropped with its reason.  One
 * that fits in no batch is taken without its resource records.
 * Under OVERFLOW_BLOCK this sleeps when a second batch is full while the first
 * still waits; a worker that asks filler_blocked() before it reads gets there
 * only when one read fills a whole batch.
 * Thread: the worker.
 */
void filler_add(struct filler *f, const struct event *e, uint64_t mono_ns);

/*
 * filler_blocked() - must the worker stop reading?
 * True under OVERFLOW_BLOCK while a sealed batch has no room; tries again to
 * push it first.
 */
bool filler_blocked(struct filler *f);

/*
 * filler_tick() - seal by time
 *
 * An open batch past its linger is sealed, unless the ring stands still with
 * batches in it: then it would only wait behind them, and filling it up makes
 * the most of memory during an outage.  (Not where everything goes to disk:
 * there it is safe only when sealed.)  After feed_flush() it is sealed whatever
 * its age.
 * Return: the monotonic time at which to call again (UINT64_MAX: no need).
 */
uint64_t filler_tick(struct filler *f, uint64_t mono_ns);

/*
 * filler_flush() - for the end: seal and queue whatever there is
 *
 * Neither waits nor drops: the ring has a place for every batch of the pool,
 * and the output has its drain time still to come.
 */
void filler_flush(struct filler *f);

#endif
