/*
 * Batch: encoded events that travel together, and the pool they come from.
 *
 * A batch has one owner at a time: the pool, one worker (open), the feed's
 * ring (sealed), one sender (in flight), and the pool again.  Its buffers are
 * allocated at its first use and kept.
 *
 * The number of batches is fixed at the start, so memory is: pool.max batches
 * of batch_bytes each.
 */
#ifndef TAPFERRY_EVENT_BATCH_H
#define TAPFERRY_EVENT_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sync/stack.h"

/*
 * What goes to an output's keeper (spool/keeper.h) through one ring: each kind
 * of thing begins with its name.
 */
enum errand { ERRAND_BATCH = 0, ERRAND_LETTER, ERRAND_CHORE };

struct spool_file;

/*
 * Whoever fills a batch writes to it with every event, and batches lie side by
 * side in the pool: each has cache lines of its own.
 */
enum { BATCH_ALIGN = 64 };

struct batch {
	_Alignas(BATCH_ALIGN) enum errand errand; /* const: ERRAND_BATCH */
	bool grown;        /* its buffers are larger than the pool's */
	_Atomic bool lent; /* atomic: not in the pool, for batch_pool_used() */
	uint8_t *data;
	size_t len;
	uint32_t *ends;     /* ends[i]: offset behind event i in data */
	uint32_t first;     /* events before it are settled (a partial reply) */
	uint32_t events;    /* in the batch, settled ones included */
	uint32_t whole;     /* events it had before batch_keep() took some from
			       their midst; 0: it is as it was sealed */
	uint64_t opened_ns; /* monotonic, when its first event was added, if
			       need be before the boot, modulo 2^64; 0: not
			       known */
	uint64_t id;        /* number of its first event, which no other event
			       ever has; set when sealed */
	struct spool_file *file; /* the keeper's word for the copy of this batch
				    that is in the spool; NULL: none */
	_Atomic uint32_t
		held;      /* atomic: events not yet settled, for the ledger */
	stack_entry entry; /* the pool's */
};

/*
 * The batch that was given back last is lent first: its memory is in the
 * caches, and batches that were never needed never take memory.
 */
struct batch_pool {
	struct stack free;
	struct batch *batches; /* const after init: max of them */
	unsigned max;
	size_t batch_bytes;
	unsigned batch_events;
};

/*
 * batch_pool_init() - `max` empty batches; their buffers come with first use
 * Return: 0 or -ENOMEM.
 */
int batch_pool_init(struct batch_pool *p, unsigned max, size_t batch_bytes,
	unsigned batch_events);
void batch_pool_deinit(struct batch_pool *p);

/* Return: an empty batch, or NULL when all are out or memory is.  Any thread.
 */
struct batch *batch_pool_get(struct batch_pool *p);

/*
 * batch_reserve() - room for a batch that others have made
 * Larger buffers than the pool's go with the batch when that is given back.
 * Return: 0 or -ENOMEM, and b is as it was.
 */
int batch_reserve(
	struct batch_pool *p, struct batch *b, size_t bytes, uint32_t events);

/* Gives one back, its events settled; *bp becomes NULL.  Any thread. */
void batch_pool_put(struct batch_pool *p, struct batch **bp);

/* How many are lent now.  Any thread. */
size_t batch_pool_used(const struct batch_pool *p);

/* Events not yet settled in all batches: the ledger's in_memory.  Any thread.
 */
uint64_t batch_pool_held(const struct batch_pool *p);

/* Events still to be settled: from b->first on. */
static inline uint32_t batch_left(const struct batch *b)
{
	return b->events - b->first;
}

static inline size_t batch_start(const struct batch *b, uint32_t event)
{
	return event == 0 ? 0 : b->ends[event - 1];
}

/*
 * Settles the next n events (delivered or dropped: the caller counts which).
 * Thread: the batch's owner.
 */
static inline void batch_settle(struct batch *b, uint32_t n)
{
	b->first += n;
	atomic_fetch_sub_explicit(&b->held, n, memory_order_relaxed);
}

/*
 * The next n events are not settled, but not to be sent again for now: they
 * wait for an acknowledgement.  Thread: the batch's owner.
 */
static inline void batch_pass(struct batch *b, uint32_t n)
{
	b->first += n;
}

/* Settles n of those that batch_pass() has passed.  Any thread. */
static inline void batch_settle_passed(struct batch *b, uint32_t n)
{
	atomic_fetch_sub_explicit(&b->held, n, memory_order_relaxed);
}

struct batch_span {
	uint32_t first;
	uint32_t n;
};

/*
 * batch_keep() - leave these events in the batch, and no others
 * @spans:  ascending, apart from each other, within the batch; all the events
 *          in it that are not settled
 *
 * Thread: the batch's owner.
 */
void batch_keep(struct batch *b, const struct batch_span *spans, size_t n);

#endif
