/*
 * Spool: batches on a disk, the oldest first.
 *
 * One file a batch (spool/pack.h) in one folder (spool/directory.h).  What is
 * there is listed once, at the start; from then on an index in memory knows
 * it, so that nothing looks through the folder again.
 *
 * A file either waits (its events are counted in the spool) or is out: its
 * batch is in memory too, and counted there.
 *
 * Thread: one, the keeper's, or that which starts it.
 */
#ifndef TAPFERRY_SPOOL_SPOOL_H
#define TAPFERRY_SPOOL_SPOOL_H

#include <urcu/list.h>

#include "event/feed.h"

enum {
	SPOOL_E_FULL = 1, /* max_size would be passed */
	SPOOL_E_DAMAGED,  /* set aside; its events are gone */
	SPOOL_E_NONE,     /* no file waits */
};

enum spool_mode { SPOOL_OVERFLOW = 0, SPOOL_ALWAYS };

struct spool_settings {
	const char *path; /* NULL: no spool */
	uint64_t max_size;
	uint64_t max_age_ns; /* 0: any */
	enum spool_mode mode;
	bool no_sync;
	int gzip_level; /* 0: plain */
};

/* A file; read-only but for the spool. */
struct spool_file {
	struct cds_list_head all, waiting, unreadable;
	uint64_t number;
	uint64_t created_ns; /* since 1970 */
	uint64_t bytes;
	uint32_t events; /* counted in the spool while it waits */
	bool waits;
	bool failed;   /* to be read; among the unreadable while it waits */
	bool replayed; /* the keeper's: it came out to be replayed */
	/* the keeper's: of its first events, which are not read back */
	uint32_t settled;
};

struct spool;

/* What the start found. */
struct spool_found {
	uint64_t files, events;
	uint64_t damaged; /* files whose header cannot be read: set aside */
};

/*
 * spool_open() - lock the folder, list what waits in it
 * @settings:  lent
 * @identity:  "OUTPUT DIALECT ENVELOPE", goes into each file
 * @usage:     what to keep up to date for others; lent
 * @error:     on failure: one sentence with the path and the cure
 *
 * Return: 0 or -errno.
 */
int spool_open(struct spool **sp, const struct spool_settings *settings,
	const char *identity, struct spool_usage *usage,
	struct spool_found *found, char *error, size_t cap);
struct spool *spool_close(struct spool *s); /* NULL; files stay */

/*
 * spool_write() - the unsettled events of a batch to a file, which is out
 * @created_ns:  since 1970
 *
 * Return: 0 and *file, SPOOL_E_FULL, or -errno; then no file is left.
 */
int spool_write(struct spool *s, const struct batch *b, uint64_t created_ns,
	struct spool_file **file);

/* A file that was out waits again, with so many of its events. */
void spool_wait(struct spool *s, struct spool_file *f, uint32_t events);

/* Return: the oldest file that waits, or NULL. */
struct spool_file *spool_oldest(const struct spool *s);

/* Likewise, but of those that could be read as far as is known. */
struct spool_file *spool_readable(const struct spool *s);

/* Of the others that whose last try is longest ago, or NULL. */
struct spool_file *spool_unreadable(const struct spool *s);

/* A waiting file could not be read. */
void spool_read_failed(struct spool *s, struct spool_file *f);

/* Nothing is known of any: all may be readable. */
void spool_read_anew(struct spool *s);

/*
 * spool_load() - a waiting file's events into an empty batch; the file is out
 * Its first f->settled events are settled in the batch.
 *
 * Return: 0, SPOOL_E_DAMAGED (the file is gone from the spool, *lost says how
 * many events), or -errno: it waits, try later.
 */
int spool_load(struct spool *s, struct spool_file *f, struct batch_pool *pool,
	struct batch *b, uint32_t *lost);

/*
 * spool_remove() - forget a file and remove it from the disk
 * Return: how many events were counted in the spool for it.
 */
uint32_t spool_remove(struct spool *s, struct spool_file *f);

/* Has it waited longer than max_age? */
bool spool_is_expired(
	const struct spool *s, const struct spool_file *f, uint64_t real_ns);

/* Would a file as large as the last one fit? */
bool spool_has_room(const struct spool *s);

/* All files, oldest first; NULL begins, NULL ends. */
struct spool_file *spool_next(
	const struct spool *s, const struct spool_file *f);

#endif
