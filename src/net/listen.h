/*
 * Listen: opens a listening socket.
 */
#ifndef TAPFERRY_NET_LISTEN_H
#define TAPFERRY_NET_LISTEN_H

#include <stddef.h>
#include <sys/types.h>

#include "net/address.h"

struct listen_settings {
	struct address address;
	mode_t mode;       /* unix socket: permissions, else ignored */
	const char *owner; /* unix socket: user name or number, NULL: leave */
	const char *group; /* unix socket: group name or number, NULL: leave */
	int backlog;
	size_t receive_buffer; /* SO_RCVBUF octets of its connections; 0: leave
				*/
};

/*
 * listen_open() - bind and listen, non-blocking, close-on-exec
 * @fd:     the socket
 * @error:  on failure: one sentence that says what and how to mend it
 *
 * A stale unix socket file (nobody answers) is replaced; a live one, and a
 * file that is no socket, are errors.  The mode is in force before anybody
 * can connect.
 * Return: 0 or -errno.
 */
int listen_open(
	int *fd, const struct listen_settings *s, char *error, size_t cap);

/* Closes it; a unix socket's file is removed if it is still ours. */
void listen_close(int fd, const struct listen_settings *s);

#endif
