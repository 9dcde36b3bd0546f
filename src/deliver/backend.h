/*
 * Backend: one HTTP collector we may send batches to.
 *
 * Reference counted.  Senders find it in the backend list inside an RCU read
 * section and keep it past that by taking a reference.
 *
 *	up    may be used
 *	down  failed; not to be used before next_try_ns
 *	held  refuses us until somebody mends it; tried again slowly
 */
#ifndef TAPFERRY_DELIVER_BACKEND_H
#define TAPFERRY_DELIVER_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/stat.h"
#include "sync/ref.h"

enum backend_state { BACKEND_UP = 0, BACKEND_DOWN, BACKEND_HELD };

struct backend {
	struct urcu_ref ref;          /* atomic */
	char *url;                    /* const after new: where to post */
	_Atomic int state;            /* atomic: enum backend_state */
	_Atomic uint64_t next_try_ns; /* atomic: monotonic; 0: at once */
	_Atomic uint64_t since_ns;    /* atomic: monotonic; not up since then */
	_Atomic uint32_t failures; /* atomic: rounds failed since it was up */
	_Atomic bool plain;        /* atomic: takes no compressed bodies */
	_Atomic uint32_t unknown;  /* atomic: unknown replies in a row */
	_Atomic uint32_t
		told; /* atomic: the unknown reply that is in the log */
	_Atomic uint64_t stats[BACKEND_STAT_COUNT]; /* atomic: stat_share() */
};

/*
 * backend_new() - a backend that is up, with one reference: the caller's
 * @urlp:  taken
 * Return: 0 or -ENOMEM.
 */
int backend_new(struct backend **bp, char **urlp);
void backend_get(struct backend *b);
struct backend *backend_put(struct backend *b); /* NULL */

/* Adds to one of its counters.  Any thread. */
static inline void backend_count(
	struct backend *b, enum backend_stat id, uint64_t n)
{
	stat_share(b->stats, id, n);
}

static inline bool backend_usable(const struct backend *b, uint64_t mono_ns)
{
	return atomic_load(&b->next_try_ns) <= mono_ns;
}

/*
 * backend_count_failure() - another failure; those of several senders in the
 * same round (before next_try_ns) are one
 * Return: rounds failed in a row, 1 or more.  Any thread.
 */
uint32_t backend_count_failure(struct backend *b, uint64_t mono_ns);

/*
 * backend_fail() - not to be used until then
 * Return: true when its state is new.  Any thread.
 */
bool backend_fail(struct backend *b, enum backend_state state, uint64_t mono_ns,
	uint64_t until_ns);

/*
 * backend_work() - it took a request
 * @down_ns:  how long it was not up, when that is over now
 * Return: true when it was not up before.  Any thread.
 */
bool backend_work(struct backend *b, uint64_t mono_ns, uint64_t *down_ns);

#endif
