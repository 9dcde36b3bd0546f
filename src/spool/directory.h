/*
 * Directory: the folder of a spool: numbered files that are there whole or not
 * at all.
 *
 *	0000000000000001.batch    a file; numbers rise, so names sort by age
 *	0000000000000002.tmp      being written; found at a start, it is removed
 *	0000000000000003.damaged  set aside for somebody to look at
 *	lock                      held (flock) by whoever uses the folder
 *
 * Thread: one, the keeper's, or that which starts it.
 */
#ifndef TAPFERRY_SPOOL_DIRECTORY_H
#define TAPFERRY_SPOOL_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct directory {
	int fd;
	int lock;
	bool sync; /* fsync files and folder */
};

#define DIRECTORY_NULL ((struct directory){ .fd = -1, .lock = -1 })

/*
 * directory_open() - make (0700) or open the folder, and lock it
 * @sync:   files survive the machine, not only the process
 * @error:  on failure: what is wrong with it and the cure, without the path
 *
 * Return: 0 or -errno; -EBUSY: somebody else has it.
 */
int directory_open(struct directory *d, const char *path, bool sync,
	char *error, size_t cap);
void directory_close(struct directory *d);

/*
 * directory_write() - a new file (0600), or a new content for one
 *
 * Temporary, fsync, rename, fsync of the folder.  A failure leaves nothing
 * behind, and a file that had this number as it was.
 * Return: 0 or -errno.
 */
int directory_write(struct directory *d, uint64_t number,
	const struct iovec *parts, int n_parts);

/*
 * directory_read() - the first octets of a file
 * @size:  of the whole file
 *
 * Return: 0 and *len, or -errno.
 */
int directory_read(struct directory *d, uint64_t number, void *into, size_t cap,
	size_t *len, uint64_t *size);

/* Return: 0 or -errno.  Not synced: after a crash of the machine a removed
 * file may be back, which is better than a written one gone. */
int directory_remove(struct directory *d, uint64_t number);
int directory_set_aside(struct directory *d, uint64_t number);

/*
 * directory_scan() - fn() for each file, in no order; removes temporary ones
 * Return: 0, -errno, or what fn returned when that was not 0.
 */
int directory_scan(
	struct directory *d, int (*fn)(void *arg, uint64_t number), void *arg);

#endif
