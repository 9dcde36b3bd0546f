/*
 * Worker: one of the threads that read.
 *
 * Two epoll sets, one in the other: `calls` holds the bell and the connections
 * that have not yet begun their stream, `all` holds the streams, and `calls`.
 * A worker that must not read (OVERFLOW_BLOCK) waits on `calls` alone, so
 * handshakes are still answered at once: some servers do not start, and do not
 * stop, before they are.
 *
 * Sets are level-triggered: a connection that used up its turn is simply
 * reported again, behind those that wait.
 */
#ifndef TAPFERRY_INTAKE_WORKER_H
#define TAPFERRY_INTAKE_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#include "base/clock.h"
#include "intake/placement.h"
#include "intake/crew.h"
#include "intake/sink.h"
#include "sync/pulse.h"
#include "sync/thread.h"

/* Every connection of a worker's is in one of its lists. */
enum {
	WORKER_SHAKING = 0, /* hands, for TLS */
	WORKER_GREETING,
	WORKER_STREAMS, /* + i: those of listener i */
};

struct worker {
	struct crew *crew;        /* const */
	unsigned index;           /* const */
	struct door *door;        /* const */
	struct load *load;        /* const */
	struct stat_shard *stats; /* const */
	struct thread thread;     /* owner: main */
	struct pulse pulse;       /* watcher: main */
	/* the rest: owner: worker */
	const struct plan *plan; /* the one taken up */
	int all, calls;          /* epoll */
	/* WORKER_*; streams: the one that has been quiet longest first, until
	 * draining begins; the others: oldest first */
	struct cds_list_head *lists;
	unsigned n_lists;
	unsigned connections; /* in all of them */
	struct sink sink;
	struct placement placement;
	uint8_t *buffer;     /* settings->read_buffer octets */
	uint64_t now_ns;     /* monotonic, of the last wake-up */
	uint32_t tick;       /* now_ns in WORKER_TICK_NS */
	uint32_t seen_tick;  /* the last one that was acted on */
	uint32_t drain_tick; /* when draining began */
	uint32_t window;     /* between two looks at the load */
	bool draining;
};

enum { WORKER_TICK_NS = CONN_TICK_NS };

/*
 * worker_init() - make everything but the thread
 * *w is zeroed before, and worker_deinit() is due even on failure.
 * Return: 0 or -errno.
 */
int worker_init(struct worker *w, struct crew *crew, unsigned index);
void worker_deinit(struct worker *w);

/* Return: 0 or -errno. */
int worker_start(struct worker *w);

/*
 * What its thread does again and again: worker_sleep_ms() is how long it may
 * sleep, until a batch is due or a connection's time is over (-1: for ever),
 * and worker_turn() waits so long at most, serves whom epoll reports and closes
 * those whose time is over.
 * Thread: the worker.
 */
int worker_sleep_ms(struct worker *w);
void worker_turn(struct worker *w, int timeout_ms);

/*
 * worker_adopt() - work by the crew's plan from now on
 * Thread: the worker between two frames, or main before it starts.
 */
void worker_adopt(struct worker *w);

/*
 * worker_wait_for_room() - sleep until the sink takes events again
 * Answers handshakes meanwhile.  Returns early when the time to stop is over.
 * Thread: the worker.
 */
void worker_wait_for_room(struct worker *w);

/* The list the connection belongs in. */
static inline struct cds_list_head *worker_list(
	struct worker *w, const struct conn *c)
{
	if (conn_is_streaming(c))
		return &w->lists[WORKER_STREAMS + c->listener];
	return &w->lists[c->state == CONN_SHAKING ? WORKER_SHAKING
						  : WORKER_GREETING];
}

/* epoll_ctl(2) on the set the connection belongs in.  Thread: the worker.
 * Return: 0 or -errno. */
int worker_watch(struct worker *w, struct conn *c, int op, uint32_t events);

#endif
