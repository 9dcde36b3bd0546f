/*
 * Backend: one HTTP collector we may send batches to.
 *
 * Reference counted.  Senders find it in the backend list inside an RCU read
 * section and keep it past that by taking a reference.  Who picks looks at
 * atomics only; a sender then enters, which makes sure under the lock, and
 * leaves when the request is over.
 *
 *	up    may be used
 *	down  failed; not to be used before next_try_ns
 *	held  refuses us until somebody mends it; tried again slowly
 */
#ifndef TAPFERRY_DELIVER_BACKEND_H
#define TAPFERRY_DELIVER_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/stat.h"
#include "deliver/http_target.h"
#include "deliver/output.h"
#include "sync/ref.h"

struct backend {
	struct urcu_ref ref;        /* atomic */
	char *base;                 /* const after new: the URL as configured */
	char *url;                  /* const after new: where to post */
	uint64_t print;             /* const after new: of how it is reached */
	struct http_target *target; /* const once published: owned; how */

	/* what a pick looks at; written under lock but for in_flight, credit */
	_Atomic uint64_t next_try_ns;      /* atomic: monotonic; 0: at once */
	_Atomic uint64_t ejected_until_ns; /* atomic: monotonic */
	_Atomic uint64_t lighter_until_ns; /* atomic: monotonic */
	_Atomic uint32_t weight;           /* atomic: 1 or more */
	_Atomic uint32_t limit;            /* atomic: requests at a time */
	_Atomic uint32_t in_flight;        /* atomic: requests under way */
	_Atomic uint32_t claims; /* atomic: batches it has to acknowledge */
	_Atomic bool disabled;   /* atomic: by somebody's order */
	_Atomic bool draining;   /* atomic: takes no more */
	_Atomic int64_t credit;  /* atomic: round_robin.c */

	_Atomic uint64_t
		worked_ns;        /* atomic: monotonic; last request it took */
	_Atomic bool plain;       /* atomic: takes no compressed bodies */
	_Atomic uint32_t unknown; /* atomic: unknown replies in a row */
	_Atomic uint32_t
		told; /* atomic: the unknown reply that is in the log */
	_Atomic uint64_t stats[BACKEND_STAT_COUNT]; /* atomic: stat_share() */
	struct histogram latency;                   /* ns, of whole replies */

	pthread_mutex_t lock; /* short: nothing in it blocks or logs */
	/* guarded: lock */
	enum backend_state state;
	struct breaker breaker;
	struct limiter limiter;
	uint64_t pause_until_ns; /* monotonic: back-off or hold */
	uint64_t failed_ns;      /* monotonic: the last failure */
	uint64_t since_ns;       /* monotonic: not up since then */
	bool unreached;          /* the breaker opened for want of replies */
	uint32_t rounds;         /* failed since it was up */
	unsigned ejections;      /* in a row */
	char reason[96];         /* of the last failure; "": none yet */

	/* owner: the health thread */
	struct vitals vitals;
	bool checking;       /* a check is under way */
	uint64_t checked_ns; /* monotonic: when the last one began */
	uint64_t before_ns;  /* monotonic: and the one before it */
	struct backend_mark {
		uint64_t requests, failures, replies, took_ns;
	} mark; /* what had been counted at the last look for outliers */
};

/* A request and how it went, for backend_work() and backend_fail(). */
struct backend_report {
	uint64_t entered_ns; /* of backend_enter() */
	uint64_t took_ns;    /* the request itself; 0: not known */
	uint64_t mono_ns;    /* now */
	enum limiter_sign sign;
	/* backend_fail() only */
	bool broken; /* it counts for the breaker */
	bool gone;   /* it says itself that it takes nothing */
	bool silent; /* there was no reply */
	enum backend_state state;
	uint64_t until_ns; /* not to be used before */
	const char *reason;
};

/*
 * backend_new() - a backend that is up, with one reference: the caller's
 * @urlp:  taken: where to post
 * @max:   requests it may be given at a time, 1 or more
 * Return: 0 or -ENOMEM.
 */
int backend_new(struct backend **bp, char **urlp,
	const struct backend_settings *s, uint32_t max);
void backend_get(struct backend *b);
struct backend *backend_put(struct backend *b); /* NULL */

/* Adds to one of its counters.  Any thread. */
static inline void backend_count(
	struct backend *b, enum backend_stat id, uint64_t n)
{
	stat_share(b->stats, id, n);
}

/* May be picked, as far as its state goes. */
static inline bool backend_usable(const struct backend *b, uint64_t mono_ns)
{
	return !atomic_load(&b->disabled) && !atomic_load(&b->draining) &&
	       atomic_load(&b->next_try_ns) <= mono_ns;
}

/*
 * backend_enter() - take a place for one request
 * @force:  though it failed, or has as many as it may
 * Return: true; backend_leave() must follow.  Any thread.
 */
bool backend_enter(struct backend *b, uint64_t mono_ns, bool force);

/* The request is over, reported or not.  Any thread. */
void backend_leave(struct backend *b, uint64_t entered_ns);

/*
 * backend_round() - another failure; those of several senders in the same round
 * (before it may be tried again) are one
 * Return: rounds failed in a row, 1 or more.  Any thread.
 */
uint32_t backend_round(struct backend *b, uint64_t mono_ns);

enum {
	BACKEND_E_NEWS = 1, /* its state is another one now */
	BACKEND_E_OPENED,   /* the breaker opened, which is news too */
};

/*
 * backend_fail() - a request failed: not to be used until r->until_ns
 * One that was sent before the last failure ends neither a pause nor a hold.
 * Return: 0 or BACKEND_E_*.  Any thread.
 */
int backend_fail(struct backend *b, const struct remote_settings *s,
	const struct backend_report *r);

/*
 * backend_work() - it took a request
 * @down_ns:  how long it was not up, when that is over now
 * Return: 0 or BACKEND_E_NEWS: it was not up before.  Any thread.
 */
int backend_work(struct backend *b, const struct remote_settings *s,
	const struct backend_report *r, uint64_t *down_ns);

/* It is up, and asked for nothing until then.  Any thread. */
void backend_pause(struct backend *b, uint64_t until_ns);

/* Gets a quarter of its share until then. */
void backend_lighten(struct backend *b, uint64_t until_ns);

/*
 * Health and outliers.  Any thread.
 *
 * backend_trip(): the checks fail; Return: true when it was usable before.
 * backend_recover(): they succeed again: the next request may find out.
 * backend_is_unreached(): its breaker is open because it gave no reply or said
 *     that it goes; replies that fail while checks succeed are another matter.
 * backend_has_part(): it takes part in the work, back-off or not.
 */
bool backend_trip(struct backend *b, const struct remote_settings *s,
	uint64_t mono_ns, const char *reason);
void backend_recover(struct backend *b, uint64_t mono_ns);
bool backend_is_unreached(struct backend *b);
bool backend_has_part(struct backend *b, uint64_t mono_ns);
void backend_eject(
	struct backend *b, const struct outlier_settings *s, uint64_t mono_ns);
/* It was looked at and is no outlier. */
void backend_behaves(struct backend *b, uint64_t mono_ns);

/* What there is to know; v->url is lent.  Any thread with a reference. */
void backend_read(struct backend *b, uint64_t mono_ns, struct backend_view *v);

#endif
