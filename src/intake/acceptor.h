/*
 * Acceptor: the thread that owns the listening sockets.
 *
 * Accepts, admits, picks a worker and hands the connection over.  Who may not
 * come in is refused by closing, at a pace (intake/refusals.h).  While there is
 * no place for anybody, a listener that is ahead of the pace rests, its queue
 * holds who comes meanwhile; a place that becomes free wakes it.  When
 * descriptors or memory are short all of them pause, longer each time, and go
 * on.
 */
#ifndef TAPFERRY_INTAKE_ACCEPTOR_H
#define TAPFERRY_INTAKE_ACCEPTOR_H

#include "intake/crew.h"
#include "intake/refusals.h"
#include "net/listen.h"
#include "sync/pulse.h"
#include "sync/thread.h"

struct acceptor {
	struct crew *crew;        /* const */
	struct stat_shard *stats; /* const */
	const struct plan *plan;  /* owner: acceptor; the one taken up */
	/* owner: acceptor while it runs; by gate */
	struct listen_socket sockets[PLAN_GATES_MAX];
	int set;                      /* epoll: sockets and bell */
	struct placement placement;   /* owner: acceptor */
	struct refusals refusals;     /* owner: acceptor */
	bool resting[PLAN_GATES_MAX]; /* owner: acceptor; by gate */
	uint64_t rest_until_ns;       /* owner: acceptor; 0: none rests */
	unsigned pause_ms;            /* owner: acceptor; 0: all is well */
	struct thread thread;         /* owner: main */
	struct pulse pulse;           /* watcher: main */
};

/*
 * acceptor_init() - everything but sockets and thread
 * *a is zeroed before, and acceptor_deinit() is due even on failure.
 * Return: 0 or -errno.
 */
int acceptor_init(struct acceptor *a, struct crew *crew);
void acceptor_deinit(struct acceptor *a);

/*
 * acceptor_expect() - make it possible to take that plan's new sockets up
 * Thread: main, before the plan is published.  Return: 0 or -errno.
 */
int acceptor_expect(struct acceptor *a, const struct plan *plan);

/*
 * acceptor_adopt() - work by the crew's plan from now on
 * Who waits at a socket that closes comes in before.
 * Thread: the acceptor, or main before it starts.
 */
void acceptor_adopt(struct acceptor *a);

/* Return: 0 or -errno. */
int acceptor_start(struct acceptor *a);

/*
 * Lets nobody new in, hands over those who wait in the queues, closes the
 * listeners, joins.  Thread: main.
 */
void acceptor_stop(struct acceptor *a);

#endif
