/*
 * Unix path: the file name of a unix socket, which outlives its socket.
 */
#ifndef TAPFERRY_NET_UNIX_PATH_H
#define TAPFERRY_NET_UNIX_PATH_H

#include <sys/types.h>

enum {
	UNIX_PATH_E_LIVE = 1,   /* a socket somebody listens on */
	UNIX_PATH_E_NOT_SOCKET, /* a file of another kind */
};

/*
 * unix_path_clear() - make a path free for bind(2)
 *
 * Removes a socket file that refuses connections (its program has gone); the
 * directory must exist.  Two programs that start on the same path in the same
 * instant can still take it from each other.
 * Return: 0, UNIX_PATH_E_* or -errno.
 */
int unix_path_clear(const char *path);

/* Removes the file if it is still the one with that device and inode. */
void unix_path_remove(const char *path, dev_t dev, ino_t ino);

#endif
