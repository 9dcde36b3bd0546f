/*
 * Crew: what the acceptor and the workers share.
 */
#ifndef TAPFERRY_INTAKE_CREW_H
#define TAPFERRY_INTAKE_CREW_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/stat.h"
#include "base/histogram.h"
#include "intake/admission.h"
#include "intake/gate_counts.h"
#include "intake/placement.h"
#include "intake/intake.h"
#include "intake/plan.h"
#include "intake/registry.h"
#include "net/bell.h"
#include "net/tls_keyring.h"
#include "sync/rcu.h"
#include "sync/ring.h"
#include "sync/stop.h"

/*
 * A worker's door: connections that now belong to it.
 * Producers: the acceptor and the other workers; consumer: the worker.  Holds
 * door_max, which is never less than max_connections, so a push never fails.
 */
struct door {
	struct ring conns;
	struct bell bell; /* rung after a push, and when `stop` changes */
};

struct crew {
	struct plan *plan;         /* rcu: published by main; see crew_plan() */
	_Atomic unsigned adopted;  /* atomic: threads that took `plan` up */
	unsigned workers;          /* const */
	unsigned door_max;         /* const: connections that a door holds */
	const struct clock *clock; /* const */
	struct stat_set *stats;    /* const: 0 acceptor, 1 + i */
	struct gate_counts *gates; /* const: as the shards of stats */
	struct histogram accepts;  /* ns from accept to ACCEPT */
	struct load *loads;        /* const: one a worker */
	struct door *doors;        /* const: one a worker */
	unsigned n_doors;          /* const after start */
	struct tls_keyring *keyrings; /* const: one a gate */
	struct registry registry;
	struct frame_memory frame_memory;
	struct admission admission;
	struct stop stop;            /* for the workers */
	struct bell ended;           /* rung after a change of the next */
	_Atomic unsigned n_ended;    /* atomic: workers that have ended */
	_Atomic unsigned settled;    /* atomic: workers that pass none on now */
	_Atomic bool acceptor_stops; /* atomic */
	_Atomic bool acceptor_full;  /* atomic: waits for a place */
	struct bell acceptor_bell;
};

/*
 * crew_init() - everything but the plan and the threads
 * *crew is zeroed before, and crew_deinit() is due even on failure.
 * Return: 0 or -errno.
 */
int crew_init(struct crew *crew, const struct intake_settings *settings,
	struct stat_set *stats);

/* No connection is left, and the callbacks of those there were have run. */
void crew_deinit(struct crew *crew);

/* The time that deadlines go by. */
static inline uint64_t crew_now_ns(const struct crew *crew)
{
	return clock_mono_ns(crew->clock);
}

/*
 * crew_plan() - what to work by now
 *
 * Thread: acceptor or worker, which keep it to the end of the piece of work
 * they are at (main waits for that); anybody else inside an RCU read section.
 */
static inline struct plan *crew_plan(const struct crew *crew)
{
	return rcu_get(crew->plan);
}

static inline const struct intake_settings *crew_settings(
	const struct crew *crew)
{
	return &crew_plan(crew)->settings;
}

/*
 * crew_admit() - give a new connection its places
 * Undone by crew_retire().
 * Thread: the acceptor.  Return: 0, ADMISSION_E_* or -ENOMEM.
 */
int crew_admit(struct crew *crew, struct conn *c);

/* How many more connections limits.max_connections allows now.  Any thread. */
unsigned crew_places(const struct crew *crew);

/* Would a listener find no place now, whoever asks?  Thread: the acceptor. */
bool crew_is_full(const struct crew *crew, unsigned listener);

/*
 * crew_hand_over() - give a connection to a worker
 * Afterwards it is no longer the caller's.  Thread: the connection's owner.
 */
void crew_hand_over(struct crew *crew, unsigned worker, struct conn *c);

/* The name its listener has in the configuration, for log lines. */
static inline const char *crew_listener_name(
	const struct crew *crew, const struct conn *c)
{
	return crew_settings(crew)->listeners[c->listener].name;
}

/* Tells all workers to look at `stop`. */
void crew_wake(struct crew *crew);

/*
 * crew_retire() - the end of a connection: out of the registry, closed
 * Thread: the connection's owner, whose counters these are.
 */
void crew_retire(struct crew *crew, struct conn *c, struct stat_shard *stats);

#endif
