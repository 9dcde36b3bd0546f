#include "deliver/backend_list.h"

#include <errno.h>
#include <stdlib.h>

#include "deliver/round_robin.h"

int backend_list_new(struct backend_list **lp, size_t max)
{
	*lp = calloc(1, sizeof(**lp) + max * sizeof((*lp)->of[0]));
	return *lp != NULL ? 0 : -ENOMEM;
}

void backend_list_add(struct backend_list *l, struct backend **bp)
{
	l->of[l->n++] = *bp;
	*bp = NULL;
}

static void retire(struct rcu_head *head)
{
	struct backend_list *l =
		caa_container_of(head, struct backend_list, rcu);

	rcu_grace_passed();
	for (size_t i = 0; i < l->n; i++)
		backend_put(l->of[i]);
	free(l);
}

void backend_list_publish(
	struct backend_list **place, struct backend_list *next)
{
	struct backend_list *former = *place;

	rcu_publish(*place, next);
	if (former != NULL)
		rcu_retire(&former->rcu, retire);
}

struct backend *backend_list_pick(struct backend_list **place,
	const struct backend *avoid, uint64_t mono_ns, uint64_t *until_ns)
{
	struct backend_list *l;
	struct backend *b = NULL;

	rcu_reading_start();
	l = rcu_get(*place);
	if (l != NULL)
		b = round_robin_pick(l->of, l->n,
			atomic_fetch_add_explicit(
				&l->turn, 1, memory_order_relaxed),
			avoid, mono_ns, until_ns);
	if (b != NULL)
		backend_get(b);
	rcu_reading_end();
	return b;
}
