/*
 * Feed: one output as the workers see it.
 *
 * intake/ and deliver/ meet here: workers fill batches and push them on the
 * feed's ring, the output's senders pop them.  control/ makes it and hands it
 * to both.
 */
#ifndef TAPFERRY_EVENT_FEED_H
#define TAPFERRY_EVENT_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/stat.h"
#include "event/batch.h"
#include "event/block.h"
#include "event/encoder.h"
#include "event/past.h"
#include "sync/ring.h"

/* When there is no room for this output's events, on disk either. */
enum feed_overflow {
	OVERFLOW_DROP = 0, /* drop the newest sealed batch, count it */
	OVERFLOW_BLOCK,    /* stop reading until there is room */
};

enum {
	FEED_LOSSES = 4,      /* reasons to drop events: event/loss.h */
	FEED_MESSAGES = 1024, /* for the keeper that are no batches */
	FEED_LETTERS = 8, /* refused events that may wait for it, in batches */
};

struct feed_settings {
	const char *name;
	struct encoder_settings encoder;
	unsigned batch_events;
	size_t batch_bytes;
	uint64_t linger_ns;
	unsigned buffer_events;  /* kept in memory; in whole batches */
	unsigned pending_events; /* besides, that the destination has but has
				    not acknowledged; in whole batches */
	enum feed_overflow overflow;
	bool spool;        /* what memory has no room for goes to disk */
	bool spool_always; /* everything goes there first */
};

/* What is on disk.  atomic: the keeper writes, anybody reads. */
struct spool_usage {
	_Atomic uint64_t events; /* that are not in memory too: in_spool */
	_Atomic uint64_t files;
	_Atomic uint64_t bytes;
	_Atomic uint64_t oldest_ns; /* of those events, since 1970; 0: none */
};

/*
 * What workers and senders share with the output's keeper (spool/keeper.h),
 * the thread that alone touches the disk.
 */
struct feed_disk {
	struct ring errands;      /* anybody pushes, the keeper pops */
	unsigned waiting_max;     /* const: batches that may wait for it */
	_Atomic unsigned waiting; /* atomic: batches it has not dealt with */
	_Atomic unsigned replays; /* atomic: batches read back that the senders
				     have not settled yet */
	_Atomic bool refuses;     /* atomic: full or broken, push nothing */
	_Atomic bool closing;     /* atomic: nothing new will come */
	_Atomic uint64_t stalled_ns; /* atomic: since when no backend could be
					used, monotonic; 0: one can */
	_Atomic unsigned messages;   /* atomic: what is no batch in the ring */
	_Atomic uint64_t letters;    /* atomic: refused events on their way */
	struct spool_usage usage;
};

struct feed {
	struct feed_settings
		settings; /* const after init; strings are the config's */
	struct batch_pool pool;
	struct ring sealed;   /* workers push, this output's senders pop */
	unsigned queue_max;   /* batches that may wait in `sealed` */
	unsigned pending_max; /* batches that may wait for acknowledgement */
	struct feed_disk disk;
	struct block block;
	struct stat_set stats; /* OUTPUT_*; shard i: worker i, then the senders,
				  then the keeper */
	struct histogram batch_sizes; /* events of sealed batches */
	/* ns from a batch's first event to the delivery, counted for each of
	 * its events: none of them took longer */
	struct histogram delay;
	/* owner: main; who keeps what goes to disk (spool/keeper.h), from the
	 * first output of this feed to the end of the last; NULL: nobody */
	struct keeper *keeper;
	unsigned n_workers, n_senders;
	_Atomic uint64_t next_id; /* atomic; from a random number on */
	_Atomic bool cut; /* atomic: shutdown; fillers stop waiting for room */
	_Atomic bool paused;      /* atomic: senders take nothing new */
	_Atomic unsigned flushes; /* atomic: so often feed_flush() was called */
	/* atomic: what the intake counted before workers filled this feed and
	 * after they left it, to be taken away: see feed_intake() */
	_Atomic int64_t offset[INTAKE_STAT_COUNT];
	/* atomic: when the log last told of each loss, monotonic; 0: never */
	_Atomic uint64_t told_ns[FEED_LOSSES];
	_Atomic bool left; /* atomic: main; no worker fills it any more */
	/* owner: main; see event/past.h */
	struct feed *former; /* in whose place this one came; NULL: none, or it
				is gone */
	struct past past;
};

/*
 * feed_init() - make the pool, ring and counters
 * @n_workers, n_senders:  how many threads fill and empty it
 *
 * Return: 0 or -ENOMEM.
 */
int feed_init(struct feed *f, const struct feed_settings *settings,
	unsigned n_workers, unsigned n_senders);
void feed_deinit(struct feed *f);

/*
 * Shutdown: no filler waits for room any more; what it has sealed is queued all
 * the same, as far as the pool goes.  Any thread.
 */
void feed_cut(struct feed *f);

/*
 * A worker begins to fill the feed, or has ended to.
 * @intake:  the worker's INTAKE_* counters.  Thread: the worker.
 */
void feed_join(struct feed *f, const struct stat_shard *intake);
void feed_leave(struct feed *f, const struct stat_shard *intake);

/*
 * feed_intake() - what the intake counted while workers filled this feed
 * Any thread.
 */
uint64_t feed_intake(
	const struct feed *f, const struct stat_set *intake, unsigned id);

/*
 * feed_pause() - senders take nothing new, or do again
 *
 * What they have in hand they finish.  Meanwhile events wait in memory, or on
 * disk where there is a spool, and the overflow decides as ever; the end of the
 * output is the end of its pause.  Any thread.
 */
void feed_pause(struct feed *f, bool paused);

static inline bool feed_is_paused(const struct feed *f)
{
	return atomic_load_explicit(&f->paused, memory_order_relaxed);
}

/*
 * feed_flush() - open batches are to be sealed at once, full or not
 * Each worker does it in its next turn; whoever asks wakes them.  Any thread.
 */
void feed_flush(struct feed *f);

/*
 * feed_close() - nothing new will come: the rest is to be delivered
 * Thread: main, after the workers have ended.
 */
void feed_close(struct feed *f);

/*
 * feed_to_keeper() - a batch that must go to disk, or has come back from the
 * senders with its file
 * Never fails: the ring has a place for every batch there is.  Any thread.
 */
void feed_to_keeper(struct feed *f, struct batch **bp);

/*
 * feed_message() - something else for the keeper, which begins with an errand
 * Return: false: too many of those wait; batches must find their places.  Any
 * thread.
 */
bool feed_message(struct feed *f, void *message);

/*
 * Has the keeper so few refused events to write that each sender may post once
 * more and be refused?  Else the disk is to get on first.  Any thread.
 */
static inline bool feed_letters_fit(const struct feed *f)
{
	return atomic_load(&f->disk.letters) <=
		       FEED_LETTERS * (uint64_t)f->settings.batch_events &&
	       atomic_load(&f->disk.messages) < FEED_MESSAGES / 2;
}

/* The keeper has taken one from the ring. */
static inline void feed_message_taken(struct feed *f)
{
	atomic_fetch_sub(&f->disk.messages, 1);
}

/*
 * No backend could be used for a while: what waits is better off on disk.
 * Any thread.
 */
bool feed_is_stalled(const struct feed *f, uint64_t mono_ns);

/* No backend can be used now, or one has given a reply.  Thread: senders. */
void feed_stall(struct feed *f, uint64_t mono_ns);
void feed_resume(struct feed *f);

/*
 * Is there room in memory for one more that waits for a sender?  Those read
 * back from disk have room of their own, and take none from new ones.
 */
static inline bool feed_has_room(const struct feed *f)
{
	return ring_len(&f->sealed) <
	       f->queue_max + atomic_load_explicit(
				      &f->disk.replays, memory_order_relaxed);
}

/* How many batches of the spool may be in memory to be sent again: senders
 * stay busy, and new ones get their turn. */
static inline unsigned feed_replays(const struct feed *f)
{
	return f->n_senders + 2 + f->pending_max / 2;
}

/* An id for a batch of n events: its first event's number, which no other event
 * ever has, in this process or another. */
static inline uint64_t feed_batch_id(struct feed *f, uint32_t n)
{
	return atomic_fetch_add_explicit(&f->next_id, n, memory_order_relaxed);
}

static inline struct stat_shard *feed_keeper_stats(struct feed *f)
{
	return &f->stats.shards[f->n_workers + f->n_senders];
}

/* The counters of sender i. */
static inline struct stat_shard *feed_sender_stats(struct feed *f, unsigned i)
{
	return &f->stats.shards[f->n_workers + i];
}

#endif
