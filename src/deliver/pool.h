/*
 * Pool: open connections to one backend, lent to one user at a time.
 *
 * Knows no protocol: what a connection is and how it is opened, looked at and
 * closed is the kind's business.  Leasing takes the connection that was given
 * back last, so that those a quiet time does not need grow old and are closed.
 *
 * Lease and release take no lock and allocate nothing.  A slot stands for each
 * connection there may be.  Slots without one lie in `empty`, slots with an
 * idle one in `idle`; both are stacks (sync/stack.h).  A slot's state says
 * who owns the rest of it:
 *
 *	EMPTY   nobody: in `empty`, or never used
 *	IDLE    nobody: in `idle`
 *	LEASED  the lease's holder
 *	TENDED  pool_tend(), which looks at idle ones without taking them out
 *	ORPHAN  pool_tend(), but it is no longer in `idle`: a lessee popped it
 *	        and went on; pool_tend() puts it back
 *	GONE    nobody: still in `idle`, but pool_tend() has closed what it had
 */
#ifndef TAPFERRY_DELIVER_POOL_H
#define TAPFERRY_DELIVER_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/stat.h"
#include "sync/event_count.h"
#include "sync/stack.h"
#include "sync/stop.h"

struct pool_settings {
	bool enabled;        /* false: a connection for each lease */
	unsigned max_active; /* connections, leased and idle; 1 or more */
	unsigned max_idle;   /* of these, idle; more are closed on release */
	unsigned min_idle;   /* kept open by pool_warm() */
	uint64_t idle_timeout_ns;   /* idle for so long: closed, above min_idle;
				       0: never */
	uint64_t max_lifetime_ns;   /* closed at this age, or up to a fifth
				       sooner; 0: never */
	uint64_t validate_after_ns; /* idle for so long: looked at first */
	uint64_t checkout_timeout_ns; /* longest wait for one of max_active */
	uint64_t leak_after_ns;       /* held for so long: told; 0: never */
	uint64_t retry_interval_ns; /* after one that could not be opened ahead
				       of need */
	unsigned max_retries; /* so many in a row, then none is, until a lease
				 opens one */
};

/* What a use made of the connection, as the kind tells it. */
struct pool_use {
	unsigned connects;   /* times it was opened in it, 0: it was open */
	uint64_t connect_ns; /* how long the last of these took */
	bool closed;         /* it is of no more use */
	bool by_peer;        /* closed because the peer wants it so */
};

struct pool_kind {
	/*
	 * open() - a connection
	 * @agent:  of the caller's thread, when it must be connected at once;
	 *          NULL: its first use connects it
	 * @use:    zero; filled in
	 * Return: 0 or, with nothing in *conn, -errno or a kind's own number.
	 */
	int (*open)(
		void *context, void *agent, struct pool_use *use, void **conn);
	/* Is it still good, without waiting?  NULL: it always is. */
	bool (*validate)(void *context, void *conn);
	/* Any thread. */
	void (*close)(void *context, void *conn);
};

struct pool_slot {
	_Alignas(64) stack_entry entry; /* the stack's */
	_Atomic int state;              /* atomic: see above */
	_Atomic unsigned index; /* atomic: the holder's number, of its kind */
	void *conn;             /* owner: as the state says */
	_Atomic uint64_t opened_ns; /* atomic: 0: not connected yet */
	_Atomic uint64_t since_ns;  /* atomic: leased, or idle, since then */
	const char *_Atomic holder; /* atomic: who leased it last */
	_Atomic uint64_t reused;    /* atomic: owner: as the state says */
	uint64_t told_ns; /* owner: tend; since_ns of the leak it told */
};

struct pool {
	struct stack idle;                     /* lock-free */
	struct stack empty;                    /* lock-free */
	_Alignas(64) _Atomic int64_t n_idle;   /* atomic */
	struct event_count given;              /* atomic: a slot came free */
	_Alignas(64) struct pool_settings set; /* const after new */
	const struct pool_kind *kind;          /* const after new */
	void *context;                         /* const after new */
	const struct clock *clock;             /* const after new */
	const char *name;                      /* const after new; for logs */
	void *memory;                /* const after new; slots are in it */
	struct pool_slot *slots;     /* const after new: set.max_active */
	_Atomic unsigned n_used;     /* atomic: slots ever used */
	_Atomic bool warm_again;     /* atomic: a lease has opened one */
	unsigned warm_failures;      /* owner: warmer, as the next */
	uint64_t warm_next_ns;       /* monotonic */
	struct histogram waits;      /* atomic: of leases that waited */
	struct histogram ages;       /* atomic: at close */
	struct histogram connecting; /* atomic: how long it took */
	_Atomic uint64_t stats[POOL_STAT_COUNT]; /* atomic: stat_share() */
};

/*
 * pool_new() - an empty pool
 * @context:  the kind's; lent, as kind and clock
 * @name:     for log lines, "output=… url=…"; lent
 *
 * Return: 0 or -ENOMEM.
 */
int pool_new(struct pool **pp, const struct pool_settings *set,
	const struct pool_kind *kind, void *context, const struct clock *clock,
	const char *name);

/* Closes what is idle; nothing may be leased, nobody may be in pool_tend(). */
struct pool *pool_free(struct pool *p); /* NULL */

struct pool_holder {
	const char *what; /* constant text, such as "sender" */
	unsigned index;
};

struct pool_lease {
	struct pool_slot *slot;
	void *conn;
};

enum {
	POOL_E_EXHAUSTED = 1, /* max_active are in use, and stayed so */
	POOL_E_STOPPED,       /* the stop came while it waited, or draining */
};

/*
 * pool_lease() - a connection of one's own, until pool_release()
 * @stop:  draining or over, it ends the wait; NULL: nothing does
 *
 * Thread: any, outside any RCU read section (waits for up to
 * checkout_timeout_ns when max_active are in use).
 * Return: 0, POOL_E_*, or what the kind's open() returned.
 */
int pool_lease(struct pool *p, struct pool_holder holder,
	const struct stop *stop, struct pool_lease *lease);

/* Gives it back; the lease is nothing then.  Thread: the holder's. */
void pool_release(
	struct pool *p, struct pool_lease *lease, const struct pool_use *use);

/*
 * pool_tend() - what needs doing when nobody asks: idle connections that are
 * too old or no longer good are closed, leases that last too long are told
 *
 * Thread: one at a time (the health thread), outside any RCU read section.
 */
void pool_tend(struct pool *p);

/*
 * pool_warm() - open min_idle connections ahead of need
 * @agent:  for the kind's open()
 *
 * Thread: one at a time (the warmer), outside any RCU read section (opening
 * blocks).
 */
void pool_warm(struct pool *p, void *agent);

/* Closes what is idle; what is leased goes on.  Thread: any. */
void pool_clear(struct pool *p);

struct pool_stats {
	unsigned active; /* leased now */
	unsigned idle;
	uint64_t count[POOL_STAT_COUNT];
	struct histogram_reading waits, ages, connecting;
};

/* A snapshot.  Any thread. */
void pool_stats_read(const struct pool *p, struct pool_stats *s);

/* Of all uses, the share that found the connection open; 0 when none. */
double pool_reuse_rate(const struct pool_stats *s);

#endif
