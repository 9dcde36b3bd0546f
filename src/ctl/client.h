/*
 * Client: one connection to a daemon's control socket.
 *
 * What fails is in `error`, one sentence with the cure, for whoever has the
 * screen; replies that refuse are not.
 */
#ifndef TAPFERRY_CTL_CLIENT_H
#define TAPFERRY_CTL_CLIENT_H

#include <jansson.h>

#include "base/buf.h"

/* Exit statuses of tapferryctl. */
enum {
	CTL_DONE = 0,
	CTL_REFUSED = 1, /* or it failed */
	CTL_USAGE = 2,
	CTL_NO_DAEMON = 3,
};

#define CTL_DEFAULT_SOCKET RUNSTATEDIR "/tapferry/control.sock"

struct client_link {
	int fd;
	int process; /* of the daemon; -1: not to be seen */
	struct buf in;
	struct buf error; /* empty: none */
};

/* Return: 0 or CTL_*; client_close() is due in both cases. */
int client_open(struct client_link *l, const char *path);
void client_close(struct client_link *l);

/*
 * client_ask() - send a request and wait for its reply
 * @request:  without its version, which is added
 * @reply:    an object; the caller's
 * Return: 0 or CTL_*.
 */
int client_ask(struct client_link *l, json_t *request, json_t **reply);

/* Waits until the daemon has ended; where its process is not to be seen, from
 * another PID namespace, until it has closed the connection. */
void client_await_end(struct client_link *l);

#endif
