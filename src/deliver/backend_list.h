/*
 * Backend list: an output's backends, as one array under RCU.
 *
 * A list never changes once it is published; the writer publishes another.
 * It holds a reference on each of its backends.
 */
#ifndef TAPFERRY_DELIVER_BACKEND_LIST_H
#define TAPFERRY_DELIVER_BACKEND_LIST_H

#include <stddef.h>

#include "deliver/backend.h"
#include "sync/rcu.h"

struct backend_list {
	struct rcu_head rcu;   /* owner: call_rcu */
	_Atomic uint64_t turn; /* atomic: picks so far */
	size_t n;              /* const after new */
	struct backend *of[];  /* const after new */
};

/*
 * backend_list_new() - an empty list with room for `max` backends
 * Return: 0 or -ENOMEM.
 */
int backend_list_new(struct backend_list **lp, size_t max);

/* Puts one more into a list that is not published yet; takes the reference. */
void backend_list_add(struct backend_list *l, struct backend **bp);

/* One that was never published, with its references. */
void backend_list_free(struct backend_list *l);

/* Return: the one with that configured URL, lent, or NULL. */
struct backend *backend_list_find(
	const struct backend_list *l, const char *url);

/*
 * backend_list_publish() - readers of *place see `next` from now on
 * @next:  taken; NULL: none.  The former list goes once nobody reads it.
 *
 * Thread: one writer at a time, outside any RCU read section.
 */
void backend_list_publish(
	struct backend_list **place, struct backend_list *next);

/* What a pick goes by. */
struct pick {
	balance_pick *strategy;
	const struct backend *avoid; /* only when there is no other; never
					looked into; NULL: none */
	uint64_t mono_ns;
	bool force;      /* though they failed, or have as many as they may */
	uint32_t claims; /* batches that may wait for acknowledgement, in all;
			    0: none does */
	uint64_t (*random)(void *arg);
	void *arg;
	bool busy; /* written when none is usable: one works, but has as many
		      requests as it may, or has to acknowledge its part */
	uint64_t until_ns; /* written when none is usable: when one will be */
};

/*
 * backend_list_pick() - one of the usable backends
 *
 * Those that are ejected come last but for the one to avoid: ejection never
 * stops delivery.
 * Thread: any that RCU knows.
 * Return: a backend with a reference for the caller, or NULL and p->until_ns
 * (UINT64_MAX: when a request under way ends, or somebody adds one).
 */
struct backend *backend_list_pick(struct backend_list **place, struct pick *p);

#endif
