/*
 * Keeper: the thread that alone touches an output's disk: its spool and its
 * dead letters.
 *
 * Workers and senders never wait for a disk: they push batches on the feed's
 * ring of errands and go on.  A batch without a file is to be written; a batch
 * with one comes back from the senders, and when all its events are settled
 * the file is removed.  What waits on disk the keeper reads back, the oldest
 * first, and puts on the senders' ring among the new batches.
 *
 * When the disk fails or is full the keeper says so (feed_disk.refuses) and
 * tries again after a while; meanwhile batches stay in memory, and when that
 * is full too the feed's overflow decides.
 *
 * Between the settling of a batch here and the counters of the spool an event
 * is at no moment counted nowhere.
 */
#ifndef TAPFERRY_SPOOL_KEEPER_H
#define TAPFERRY_SPOOL_KEEPER_H

#include "event/feed.h"
#include "spool/dead_letters.h"
#include "spool/spool.h"
#include "sync/event_count.h"
#include "sync/ref.h"
#include "sync/stop.h"
#include "sync/thread.h"

struct keeper_settings {
	struct spool_settings spool;              /* path NULL: none */
	struct dead_letter_settings dead_letters; /* path NULL: none */
};

/* Is there anything to keep? */
static inline bool keeper_is_wanted(const struct keeper_settings *s)
{
	return s->spool.path != NULL || s->dead_letters.path != NULL;
}

struct keeper;

/*
 * keeper_start() - open what there is on disk, count what an earlier run left,
 * start the thread
 * @settings:              copied; its strings are lent until keeper_free()
 * @feed:                  lent likewise
 * @identity:              "OUTPUT DIALECT ENVELOPE" (spool/pack.h)
 * @error:                 on failure: one sentence with the path and the cure
 *
 * Return: 0 or -errno.
 */
int keeper_start(struct keeper **kp, const struct keeper_settings *settings,
	const char *identity, struct feed *feed, char *error, size_t cap);

/*
 * keeper_close() - the senders have ended: write what is left, and end
 * Any thread; returns at once.
 */
void keeper_close(struct keeper *k);

/*
 * keeper_set_limits() - of the spool, from now on
 * @max_age_ns:  0: any
 *
 * The keeper takes them up within a tenth of a second, and then tries again
 * what it had refused.  Without a spool they mean nothing.  Any thread.
 */
void keeper_set_limits(
	struct keeper *k, uint64_t max_size, uint64_t max_age_ns);

/* Touches the disk no more than it must (second signal).  Any thread. */
void keeper_cut(struct keeper *k);

/* True once the thread has ended.  Any thread. */
bool keeper_ended(const struct keeper *k);

/* Closes, waits for the end, frees. */
struct keeper *keeper_free(struct keeper *k); /* NULL */

/*
 * A chore: what the keeper's thread is to do for somebody with what it keeps.
 * It begins a struct of the asker's, on the heap, that has everything the chore
 * needs: the disk may keep it longer than the asker waits.
 */
struct keeper_chore {
	enum errand errand;  /* const after init: ERRAND_CHORE */
	struct urcu_ref ref; /* atomic: the asker's and the keeper's */
	void (*act)(struct keeper *k, struct keeper_chore *c); /* const */
	void (*free)(struct keeper_chore *c);                  /* const */
	_Atomic int state;          /* atomic: enum keeper_chore_state */
	struct event_count changed; /* atomic: state is another one */
};

/*
 * keeper_chore_init() - with one reference: the caller's
 * @act:   does it.  Thread: the keeper's
 * @free:  with the last reference.  Any thread
 */
void keeper_chore_init(struct keeper_chore *c,
	void (*act)(struct keeper *k, struct keeper_chore *c),
	void (*free)(struct keeper_chore *c));
void keeper_chore_put(struct keeper_chore *c);

enum {
	KEEPER_E_BUSY = 1, /* it was not begun, and will not be */
	KEEPER_E_LATE,     /* it was begun, and is not done yet */
};

/*
 * keeper_call() - have a chore done
 *
 * For lists and commands of the operator.  Thread: any, while the output's
 * keeper is not freed; blocks until it is done, or that time.
 * Return: 0, then what it says is the caller's to read, or KEEPER_E_*.
 */
int keeper_call(
	struct keeper *k, struct keeper_chore *c, uint64_t mono_until_ns);

/* --- for chores */

/* The spool (spool_next() lists it); NULL: none. */
struct spool *keeper_spool(struct keeper *k);

/* The dead letters; NULL: none. */
struct dead_letters *keeper_dead_letters(struct keeper *k);

/* A failed disk is tried again now and not only after a while. */
void keeper_retry(struct keeper *k);

/*
 * keeper_discard() - remove a waiting file; its events are counted as dropped
 * @number:  of the file; 0: every one that waits
 *
 * Return: how many events that were.
 */
uint64_t keeper_discard(struct keeper *k, uint64_t number);

/*
 * keeper_resend() - dead letters go through the output again
 *
 * They are read in the keeper's own time; a file of them is removed when every
 * event in it is settled again.  Counted as recovered.
 * Return: 0, DEAD_LETTERS_E_NONE or -errno.
 */
int keeper_resend(struct keeper *k);

#endif
