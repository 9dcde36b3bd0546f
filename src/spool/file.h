/*
 * File: where NDJSON goes: a regular file, a device, a pipe, standard output.
 *
 * Writing never waits longer than FILE_WAIT_MS, whatever is behind the
 * descriptor, so a stalled reader cannot hold up the end of the daemon.
 */
#ifndef TAPFERRY_SPOOL_FILE_H
#define TAPFERRY_SPOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/slice.h"

enum { FILE_WAIT_MS = 250 };

enum {
	FILE_E_FULL = 1, /* the reader is slow: nothing within FILE_WAIT_MS */
};

struct file {
	int fd;
	bool regular;  /* has a size, can be rotated and cut back */
	bool owned;    /* close it */
	bool created;  /* there was none */
	size_t most;   /* octets one write may be given without blocking */
	uint64_t size; /* regular: octets in it */
	dev_t dev;     /* of fd, to see whether the path still means it */
	ino_t ino;
};

#define FILE_NULL ((struct file){ .fd = -1 })

/*
 * file_open() - open for appending
 * @path:  NULL: standard output
 * @mode:  of a file that has to be created, whatever the umask
 *
 * A regular file that ends in half a line (a crash, a full disk) gets a
 * newline first.
 * Return: 0 or -errno.
 */
int file_open(struct file *f, const char *path, mode_t mode);
void file_close(struct file *f);

/*
 * file_write() - as much of `in` as goes now
 * @written:  octets written, on 0
 *
 * Return: 0, FILE_E_FULL or -errno.
 */
int file_write(struct file *f, struct slice in, size_t *written);

/* Takes the last octets back, where that is possible: half a line. */
void file_cut_back(struct file *f, size_t octets);

/* Removes it from that path, if it was created here and is empty still. */
void file_take_back(const struct file *f, const char *path);

/* Is path another file by now, or none (renamed by somebody else)? */
bool file_moved(const struct file *f, const char *path);

#endif
