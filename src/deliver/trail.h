/*
 * Trail: batches that are being written, oldest first, up to where their
 * reader has read them.
 *
 * Between what is written and what is read is what the kernel holds.  Where
 * that can be told (pipes), events are settled when they are read, and what a
 * dead reader has not read is written again; where it cannot (sockets), what
 * is written counts as read.
 *
 * Pure.  Owner: the output's thread.
 */
#ifndef TAPFERRY_DELIVER_TRAIL_H
#define TAPFERRY_DELIVER_TRAIL_H

#include "deliver/range.h"

enum { TRAIL_MAX = 8 }; /* batches */

struct trail {
	struct batch *of[TRAIL_MAX]; /* oldest first: n of them */
	unsigned n;
	size_t written; /* octets from the first unsettled event of the oldest
			   on, over all of them */
};

#define TRAIL_NULL ((struct trail){ 0 })

static inline bool trail_is_full(const struct trail *t)
{
	return t->n == TRAIL_MAX;
}

/* There is room; the batch has an event that is not settled. */
void trail_add(struct trail *t, struct batch *b);

/*
 * trail_next() - where to write on
 * @from:  written: offset in the batch's data
 * Return: the batch, or NULL: all of them are written.
 */
struct batch *trail_next(const struct trail *t, size_t *from);

/* n octets more are written. */
static inline void trail_wrote(struct trail *t, size_t n)
{
	t->written += n;
}

/* The reader has gone: everything that is not settled is written again. */
static inline void trail_rewind(struct trail *t)
{
	t->written = 0;
}

/*
 * trail_read() - how many events of the oldest batch have been read whole
 * @unread:  octets that are written and not read
 *
 * The caller settles them (batch_settle()) after trail_forget().
 */
uint32_t trail_read(const struct trail *t, size_t unread);

/* The next n events of the oldest batch are going to be settled. */
void trail_forget(struct trail *t, uint32_t n);

/* The oldest batch, which is the caller's again; NULL: there is none. */
struct batch *trail_take(struct trail *t);

#endif
