/*
 * Dead letters: the file of what a collector will never take, one line an
 * event (spool/letter.h), with older files behind it (path.1, path.2, ...).
 *
 * Sent again, they are first renamed to path.resend.N, so that what is refused
 * once more goes to a file of its own; such a file is removed when every event
 * in it is settled, and cut to what is not when the daemon ends before.
 *
 * Thread: the keeper's, or that which starts it.
 */
#ifndef TAPFERRY_SPOOL_DEAD_LETTERS_H
#define TAPFERRY_SPOOL_DEAD_LETTERS_H

#include <stdio.h>

#include "spool/file.h"
#include "spool/letter.h"
#include "spool/rotate.h"

struct dead_letter_settings {
	const char *path; /* NULL: none are written */
	uint64_t max_size;
	unsigned keep; /* older files, 1 or more */
};

enum {
	DEAD_LETTERS_E_NONE = 1, /* there are none, or no more */
};

struct dead_letters {
	const struct dead_letter_settings *settings; /* lent */
	const char *output;                          /* lent */
	struct file file;
	struct rotation rotation;
	struct buf lines;
	bool unsynced;
	/* the file that is being sent again; NULL: none */
	FILE *resent;
	unsigned resent_number;
	uint64_t resent_to;  /* octets whose events are settled */
	uint64_t *read_ends; /* where each line of the last reading ends */
	uint32_t read_cap;
	bool unreadable; /* a line of it was */
	char *line;
	size_t line_cap;
};

/*
 * dead_letters_open() - make or open the file (0600)
 * @error:  on failure: one sentence with the path and the cure
 *
 * Return: 0 or -errno.
 */
int dead_letters_open(struct dead_letters *d,
	const struct dead_letter_settings *settings, const char *output,
	char *error, size_t cap);

/* A file that is being sent again is cut to what is not settled. */
void dead_letters_close(struct dead_letters *d);

/*
 * dead_letters_write() - the lines of a letter
 * @written:  how many of its events are in the file now
 *
 * Return: 0, or -errno.
 */
int dead_letters_write(
	struct dead_letters *d, const struct letter *l, uint32_t *written);

/* What was written survives the machine from here on. */
void dead_letters_sync(struct dead_letters *d);

/*
 * dead_letters_each() - fn() for each line, without its newline, oldest first
 * Return: 0, -errno, or what fn returned when that was not 0.
 */
int dead_letters_each(struct dead_letters *d,
	int (*fn)(void *arg, struct slice line), void *arg);

/* Removes all of them, but those being sent again.  Return: 0 or -errno. */
int dead_letters_discard(struct dead_letters *d);

/*
 * dead_letters_resend() - all there are now are to be sent again
 * Return: 0, DEAD_LETTERS_E_NONE or -errno.
 */
int dead_letters_resend(struct dead_letters *d);

/* Are there any to be sent again, of this run or an earlier one? */
bool dead_letters_are_resent(const struct dead_letters *d);

/*
 * dead_letters_read() - the next of those to be sent again into an empty batch
 * @pool:  b's
 *
 * One batch at a time: dead_letters_settled() comes before the next reading.
 * Return: 0, DEAD_LETTERS_E_NONE or -errno.
 */
int dead_letters_read(
	struct dead_letters *d, struct batch_pool *pool, struct batch *b);

/* The first n events of that batch are settled, and no others will be. */
void dead_letters_settled(struct dead_letters *d, uint32_t n);

#endif
