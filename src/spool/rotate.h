/*
 * Rotate: the older files behind an output file, path.1 (newest) to path.N.
 *
 * Rotated files may be compressed, by a thread of its own: path.3 becomes
 * path.3.gz, and writing never waits for that.  What the thread has to do it
 * sees from the names on the disk, so it also finishes what an earlier run
 * left.  The .gz consists of one gzip member a megabyte (RFC 1952, 2.2), which
 * zcat and everybody else reads as one.
 */
#ifndef TAPFERRY_SPOOL_ROTATE_H
#define TAPFERRY_SPOOL_ROTATE_H

#include <pthread.h>
#include <stdbool.h>

#include "event/compress.h"
#include "sync/thread.h"

struct rotation {
	const char *path; /* const after init; lent */
	unsigned keep;    /* const after init */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned busy; /* guarded: lock; number of the file being compressed,
			  0: none, above keep: it fell off meanwhile */
	bool wanted;   /* guarded: lock; look for something to compress */
	bool ending;   /* guarded: lock */
	struct compressor *compressor; /* owner: the thread; NULL: no gzip */
	struct thread thread;
};

/*
 * rotation_init() - @keep files behind @path, compressed if @gzip
 * Return: 0 or -errno.
 */
int rotation_init(
	struct rotation *r, const char *path, unsigned keep, bool gzip);

/* Waits for the thread, which leaves a file it has not finished as it was. */
void rotation_deinit(struct rotation *r);

/*
 * rotation_shift() - path becomes path.1, path.1 becomes path.2, …; path.N is
 * removed
 *
 * Thread: the file's writer.
 * Return: 0 or -errno; then path is still there, and the others may have
 * moved.
 */
int rotation_shift(struct rotation *r);

#endif
