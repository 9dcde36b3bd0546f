/*
 * Inherited: listening sockets that the service manager opened and passed on
 * (socket activation, sd_listen_fds(3)), so that connections wait through a
 * restart instead of being refused.
 */
#ifndef TAPFERRY_INTAKE_INHERITED_H
#define TAPFERRY_INTAKE_INHERITED_H

#include <stddef.h>

#include "intake/intake.h"

struct inherited {
	int *fds; /* one a listener; -1: none, or taken by it */
	size_t n;
};

#define INHERITED_NULL ((struct inherited){ 0 })

/* A socket as it was passed: FileDescriptorName= of its unit. */
struct passed_socket {
	int fd;
	const char *name;
};

/*
 * inherited_match() - find each socket's listener
 * @error:  on failure: one sentence that names the socket, with the cure
 *
 * A socket goes to the listener that has its address (which could not open it
 * again), else to the one of its name.
 * Return: 0, -EINVAL when one belongs to no listener, or -ENOMEM; the sockets
 * are the caller's then.
 */
int inherited_match(struct inherited *in, const struct passed_socket *passed,
	size_t n_passed, const struct listener_settings *listeners,
	size_t n_listeners, char *error, size_t cap);

/*
 * inherited_collect() - the same with the sockets of the environment
 * (LISTEN_FDS), which is cleared of them
 *
 * Thread: main, before there is another.
 * Return: as inherited_match(), or -EBADF for an environment that lies,
 * or -ENOSYS for sockets passed to a build without libsystemd.
 */
int inherited_collect(struct inherited *in,
	const struct listener_settings *listeners, size_t n_listeners,
	char *error, size_t cap);

/* Closes what no listener has taken. */
void inherited_deinit(struct inherited *in);

#endif
