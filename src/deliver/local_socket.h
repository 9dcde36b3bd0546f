/*
 * Local socket: the client's side of a unix socket, stream or datagram
 * (unix(7)).
 *
 * What the kernel has taken nobody can ask back: a reader that goes away takes
 * along what it has not read.
 */
#ifndef TAPFERRY_DELIVER_LOCAL_SOCKET_H
#define TAPFERRY_DELIVER_LOCAL_SOCKET_H

#include "deliver/local_end.h"

/* Return: 0, LOCAL_E_ABSENT or -errno. */
int local_socket_open(const struct local_settings *s, int *fd);

/*
 * The writers return 0, LOCAL_E_FULL, LOCAL_E_GONE or -errno; see
 * local_end_write() for n and sent.
 */
int local_socket_write(int fd, struct slice in, size_t *n);

/* Events with their lengths before them and no newline behind. */
int local_socket_write_counted(int fd, struct local_frame *f,
	const struct batch *b, size_t *n, size_t *sent);

/* A datagram each, without the newline.  Besides: LOCAL_E_TOO_LARGE. */
int local_socket_send_each(
	int fd, const struct batch *b, size_t *n, size_t *sent);

bool local_socket_is_read(const struct local_settings *s, int fd);

#endif
