/*
 * Acceptor: the thread that owns the listening sockets.
 *
 * Accepts, admits, picks a worker and hands the connection over.  Who may not
 * come in is refused by closing, at a pace: some servers come back at once, and
 * for ever.  A listener that is ahead of the pace rests, its queue holds who
 * comes meanwhile; a place that becomes free wakes it, if it was for want of
 * one.  When descriptors or memory are short all of them pause, longer each
 * time, and go on.
 */
#ifndef TAPFERRY_INTAKE_ACCEPTOR_H
#define TAPFERRY_INTAKE_ACCEPTOR_H

#include "intake/crew.h"
#include "intake/pace.h"
#include "net/listen.h"
#include "sync/pulse.h"
#include "sync/thread.h"

struct acceptor {
	struct crew *crew;             /* const */
	struct stat_shard *stats;      /* const */
	struct listen_socket *sockets; /* owner: acceptor while it runs */
	size_t n_sockets;              /* opened, of settings->n_listeners */
	int set;                       /* epoll: sockets and bell */
	struct placement placement;    /* owner: acceptor */
	struct pace refusals;          /* owner: acceptor */
	bool *resting;                 /* owner: acceptor; n_sockets of them */
	uint64_t rest_until_ns;        /* owner: acceptor; 0: none rests */
	unsigned pause_ms;             /* owner: acceptor; 0: all is well */
	struct thread thread;          /* owner: main */
	struct pulse pulse;            /* watcher: main */
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
