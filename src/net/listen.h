/*
 * Listen: opens and closes a listening socket.
 */
#ifndef TAPFERRY_NET_LISTEN_H
#define TAPFERRY_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/address.h"

struct listen_settings {
	struct address address;
	mode_t mode;       /* unix socket: permissions, else ignored */
	const char *owner; /* unix socket: user name or number, NULL: leave */
	const char *group; /* unix socket: group name or number, NULL: leave */
	int backlog;
	/* TCP: SO_RCVBUF octets of its connections, 0: leave.  Left to the
	 * kernel's own growing (tcp_rmem) where it would not grant that much.
	 * A unix socket has no receive buffer of its own: its peer's send
	 * buffer holds what was not read. */
	size_t receive_buffer;
	/* TCP: probes of quiet connections, time 0: none */
	uint64_t keepalive_time_ns, keepalive_interval_ns;
	unsigned keepalive_count;
	uint64_t user_timeout_ns; /* TCP: 0: leave */
};

struct listen_socket {
	int fd;    /* -1: none */
	dev_t dev; /* of the unix socket's file, to know it again */
	ino_t ino;
	/* another program opened it and keeps it: its file, its mode, its
	 * queue and its end are that program's */
	bool inherited;
};

#define LISTEN_SOCKET_NULL ((struct listen_socket){ .fd = -1 })

/*
 * listen_open() - bind and listen, non-blocking, close-on-exec
 * @error:  on failure: one sentence that says what and how to mend it
 *
 * A stale unix socket file (nobody answers) is replaced; a live one, and a
 * file that is no socket, are errors.  The mode is in force before anybody
 * can connect.  Connections inherit the TCP options.
 *
 * Thread: main (it asks the user database).
 * Return: 0 or -errno.
 */
int listen_open(struct listen_socket *l, const struct listen_settings *s,
	char *error, size_t cap);

/*
 * listen_adopt() - use a listening socket that another program opened
 * @fdp:    taken and set to -1 on success; left alone otherwise
 * @error:  as listen_open()
 *
 * Sets what connections inherit (keep-alive, receive buffer) and nothing else.
 * Return: 0 or -errno.
 */
int listen_adopt(struct listen_socket *l, const struct listen_settings *s,
	int *fdp, char *error, size_t cap);

/*
 * listen_change() - other settings for the same address
 * Backlog, TCP options of connections to come; mode, owner and group of a unix
 * socket that is our own.
 *
 * Thread: main (it asks the user database).
 * Return: 0 or -errno with one sentence in error; the rest was done.
 */
int listen_change(const struct listen_socket *l,
	const struct listen_settings *s, char *error, size_t cap);

/*
 * listen_check_change() - could listen_change() give the socket's file away?
 * Changes nothing.  Thread: main (it asks the user database).
 * Return: 0; -EINVAL: there is no such user or group; -EPERM.
 */
int listen_check_change(const struct listen_socket *l,
	const struct listen_settings *s, char *error, size_t cap);

/*
 * listen_refuse() - let nobody new in, while those who wait can be accepted
 *
 * Removes a unix socket's file if it is still ours.  TCP has no such state:
 * there the queue lives until listen_close().  Nor has an inherited socket:
 * who waits there is the next one's to accept.
 */
void listen_refuse(
	const struct listen_socket *l, const struct listen_settings *s);

/* Refuses and closes.  Does nothing for LISTEN_SOCKET_NULL. */
void listen_close(struct listen_socket *l, const struct listen_settings *s);

#endif
