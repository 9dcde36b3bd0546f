/*
 * The keeper's own: what its files share and nobody else needs.
 *
 * keeper.c has the thread, keeper_store.c what goes to disk and comes back from
 * the senders, keeper_replay.c what is read back, keeper_letters.c the dead
 * letters, keeper_calls.c what operators ask for.
 *
 * Thread: all of it the keeper's.
 */
#ifndef TAPFERRY_SPOOL_KEEPER_OWN_H
#define TAPFERRY_SPOOL_KEEPER_OWN_H

#include "base/clock.h"
#include "spool/keeper.h"

struct keeper {
	unsigned magic;
	/* const after start, but for the spool's limits: owner: the thread */
	struct keeper_settings settings;
	struct feed *feed; /* const after start */
	/* owner: the thread, all below but the last five */
	struct spool *spool; /* NULL: none */
	struct dead_letters letters;
	struct stat_shard *stats;
	struct batch **unwritten; /* taken, oldest first; a ring of pool.max */
	unsigned unwritten_at, n_unwritten;
	struct batch **parked; /* that found no room anywhere; oldest first */
	unsigned n_parked;
	bool closed;          /* the senders' ring is */
	uint64_t retry_at_ns; /* not before, after a failure; 0: none */
	uint64_t pause_ns;    /* the last one; 0: writing works */
	uint64_t read_at_ns;  /* not before, after a failed reading */
	uint64_t again_at_ns; /* likewise what failed already */
	uint64_t again_ns;    /* the last pause of that */
	uint64_t expire_at_ns;
	bool resending;
	bool resend_out;               /* a batch of them is in memory */
	struct spool_file resend_mark; /* such a batch has it for its file */
	struct thread thread;
	_Atomic uint64_t max_size;   /* atomic: what the limits are to be */
	_Atomic uint64_t max_age_ns; /* atomic: likewise */
	_Atomic bool cut;            /* atomic */
	_Atomic bool ended;          /* atomic */
};

static inline uint64_t keeper_now_ns(void)
{
	return clock_mono_ns(&clock_system);
}

/* For log lines. */
static inline const char *keeper_name(const struct keeper *k)
{
	return k->feed->settings.name;
}

static inline bool keeper_has_letters(const struct keeper *k)
{
	return k->settings.dead_letters.path != NULL;
}

/* After a failure, until it is time to try again. */
static inline bool keeper_disk_refuses(const struct keeper *k)
{
	return k->retry_at_ns != 0;
}

/* --- where a batch goes from the keeper */

void keeper_to_pool(struct keeper *k, struct batch *b);
void keeper_to_senders(struct keeper *k, struct batch *b);
void keeper_drop(struct keeper *k, struct batch *b, enum output_stat reason);

/* Its unsettled events are in f: they are counted there first. */
void keeper_to_disk(struct keeper *k, struct batch *b, struct spool_file *f);

/* When the batch's first event came in, by the clock of the system, which is
 * what a file remembers; and back, when it has been read. */
uint64_t keeper_created_ns(const struct batch *b);
void keeper_know_age(struct batch *b, uint64_t created_ns);

/*
 * keeper_write_file() - the unsettled events of b as a file, which is out
 * Return: 0, SPOOL_E_FULL or -errno; then the disk refuses for a while.
 */
int keeper_write_file(struct keeper *k, const struct batch *b,
	uint64_t created_ns, struct spool_file **file);

/* A batch that has no file: from a worker, or a sender at the end. */
void keeper_take_new(struct keeper *k, struct batch *b, bool stalled);

/* One with a file comes back: settled, in part, or not at all. */
void keeper_take_back(struct keeper *k, struct batch *b);

/* Does it, unless nobody waits for it any more; its reference goes. */
void keeper_do_chore(struct keeper *k, struct keeper_chore *c);

/* --- from time to time */

/* Is it time to try again?  A full spool also when it has shrunk. */
void keeper_look_at_disk(struct keeper *k, uint64_t mono_ns);

/* Those that found no room anywhere. */
void keeper_retry_parked(struct keeper *k);

/* Drops and counts what has waited longer than max_age. */
void keeper_expire(struct keeper *k, uint64_t mono_ns);

/* Reads back what waits, as much as may be in memory. */
void keeper_replay(struct keeper *k, bool stalled);

/*
 * Nothing can be delivered for now: what waits in memory is safer on disk.
 * Those that came from there stay, for the next try.
 */
void keeper_empty_memory(struct keeper *k);

/* --- dead letters */

/* Writes, counts and frees it. */
void keeper_write_letter(struct keeper *k, struct letter *l);

/* The next ones to be sent again, one batch of them at a time. */
void keeper_resend_next(struct keeper *k);
void keeper_take_back_resent(struct keeper *k, struct batch *b);

#endif
