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

/* Touches the disk no more than it must (second signal).  Any thread. */
void keeper_cut(struct keeper *k);

/* True once the thread has ended.  Any thread. */
bool keeper_ended(const struct keeper *k);

/* Closes, waits for the end, frees. */
struct keeper *keeper_free(struct keeper *k); /* NULL */

/*
 * keeper_call() - have the keeper's thread do something with what it keeps
 *
 * For lists and commands of the operator.  Thread: one at a time, while the
 * output runs (not after its end has begun); blocks until it is done.
 */
void keeper_call(
	struct keeper *k, void (*fn)(struct keeper *k, void *arg), void *arg);

/* --- for functions given to keeper_call() */

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
