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
	struct rcu_head rcu;  /* owner: call_rcu */
	_Atomic size_t turn;  /* atomic: picks so far */
	size_t n;             /* const after new */
	struct backend *of[]; /* const after new */
};

/*
 * backend_list_new() - an empty list with room for `max` backends
 * Return: 0 or -ENOMEM.
 */
int backend_list_new(struct backend_list **lp, size_t max);

/* Puts one more into a list that is not published yet; takes the reference. */
void backend_list_add(struct backend_list *l, struct backend **bp);

/*
 * backend_list_publish() - readers of *place see `next` from now on
 * @next:  taken; NULL: none.  The former list goes once nobody reads it.
 *
 * Thread: the one writer, outside any RCU read section.
 */
void backend_list_publish(
	struct backend_list **place, struct backend_list *next);

/*
 * backend_list_pick() - round_robin_pick() on the published list
 *
 * Thread: any that RCU knows.
 * Return: a backend with a reference for the caller, or NULL and *until_ns.
 */
struct backend *backend_list_pick(struct backend_list **place,
	const struct backend *avoid, uint64_t mono_ns, uint64_t *until_ns);

#endif
