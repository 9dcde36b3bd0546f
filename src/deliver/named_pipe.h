/*
 * Named pipe: the writing side of a FIFO (fifo(7), pipe(7)).
 *
 * What the kernel holds of a pipe is lost when its last reader and its last
 * writer have closed it; until then FIONREAD tells how much that is, and so
 * what the reader has read.
 */
#ifndef TAPFERRY_DELIVER_NAMED_PIPE_H
#define TAPFERRY_DELIVER_NAMED_PIPE_H

#include <errno.h>

#include "base/slice.h"
#include "deliver/output.h"

/* The errno of a pipe that anybody may have put there: named_pipe_open(). */
#define NAMED_PIPE_FOREIGN EKEYREJECTED

/*
 * named_pipe_make() - unless there is one
 * @gid:  -1: ours
 * @why:  on failure: half a sentence, with the cure
 * Return: 0 or -errno.
 */
int named_pipe_make(
	const struct local_settings *s, gid_t gid, char *why, size_t cap);

/*
 * named_pipe_open() - for writing; one that is gone is made again
 *
 * In a folder where every user may write, it must be ours or root's: others
 * would read what is not for them.
 * Return: 0, LOCAL_E_ABSENT, -NAMED_PIPE_FOREIGN or -errno.
 */
int named_pipe_open(const struct local_settings *s, gid_t gid, int *fd);

/* Return: 0, LOCAL_E_FULL, LOCAL_E_GONE or -errno. */
int named_pipe_write(int fd, struct slice in, size_t *n);

bool named_pipe_is_read(int fd);
size_t named_pipe_unread(int fd);

#endif
