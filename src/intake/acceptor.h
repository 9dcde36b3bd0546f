/*
 * Acceptor: the thread that owns the listening sockets.
 *
 * Accepts, admits, picks a worker and hands the connection over.  Above the
 * limit it refuses by closing, at a pace: some servers come back at once, and
 * for ever.  When descriptors or memory are short it pauses, longer each
 * time, and goes on.
 */
#ifndef TAPFERRY_INTAKE_ACCEPTOR_H
#define TAPFERRY_INTAKE_ACCEPTOR_H

#include "intake/crew.h"
#include "net/listen.h"
#include "sync/thread.h"

struct acceptor {
	struct crew *crew;             /* const */
	struct stat_shard *stats;      /* const */
	struct listen_socket *sockets; /* owner: acceptor while it runs */
	size_t n_sockets;              /* opened, of settings->n_listeners */
	int set;                       /* epoll: sockets and bell */
	struct placement placement;    /* owner: acceptor */
	unsigned pause_ms;             /* owner: acceptor; 0: all is well */
	struct thread thread;          /* owner: main */
};

/*
 * acceptor_init() - open the listeners
 * @error:  on failure: one sentence with the cure
 *
 * *a is zeroed before, and acceptor_deinit() is due even on failure.
 * Return: 0 or -errno.
 */
int acceptor_init(
	struct acceptor *a, struct crew *crew, char *error, size_t cap);
void acceptor_deinit(struct acceptor *a);

/* Return: 0 or -errno. */
int acceptor_start(struct acceptor *a);

/*
 * Lets nobody new in, hands over those who wait in the queues, closes the
 * listeners, joins.  Thread: main.
 */
void acceptor_stop(struct acceptor *a);

#endif
