/*
 * Control socket: a unix socket on which an operator's programs ask and are
 * answered, a line of JSON each way (control/command.h has the words).
 *
 * Served by main between signals, never blocking: what a client sends and
 * leaves unread is bounded, in octets, in time and in number, and a reply that
 * is long is made as it is taken.
 *
 * Thread: main, all of it.
 */
#ifndef TAPFERRY_CONTROL_CONTROL_SOCKET_H
#define TAPFERRY_CONTROL_CONTROL_SOCKET_H

#include "control/control_client.h"

enum { CONTROL_CLIENTS_MAX = 32 };

struct control_settings {
	const char *path; /* NULL: there is no socket */
	mode_t mode;
	const char *group; /* NULL: as it comes */
	const char
		*owner; /* NULL: likewise; no setting, see control/identity.h */
};

struct control_socket;

/*
 * control_socket_new() - without a socket yet
 * Return: 0 or -errno.
 */
int control_socket_new(
	struct control_socket **sp, control_answer *answer, void *arg);

/*
 * control_socket_prepare() - can control_socket_follow() do that?
 * Opens what is to be opened; nobody is accepted there before that call.
 * @error:  on failure: one sentence with the cure
 * Return: 0 or -errno: nothing is open besides what was.
 */
int control_socket_prepare(struct control_socket *s,
	const struct control_settings *settings, char *error, size_t cap);
void control_socket_abandon(struct control_socket *s); /* closes it again */

/*
 * control_socket_follow() - listen where the settings say, and nowhere else
 * @settings:  copied
 * @error:     on failure: one sentence with the cure
 *
 * Clients there are stay.  May be called by answer().
 * Return: 0; -errno: it listens where it did before.
 */
int control_socket_follow(struct control_socket *s,
	const struct control_settings *settings, char *error, size_t cap);

/* Sends what can be sent at once, closes, frees. */
struct control_socket *control_socket_free(struct control_socket *s); /* NULL */

/* Readable when there is something to serve. */
int control_socket_fd(const struct control_socket *s);

/* How long it need not be served, if that is not readable. */
uint64_t control_socket_due_ns(const struct control_socket *s);

void control_socket_serve(struct control_socket *s, uint64_t mono_ns);

#endif
