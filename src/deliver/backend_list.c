#include "deliver/backend_list.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Weights are in quarters, so that one of 1 can get lighter. */
enum { WEIGHT_ONE = 4 };

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

void backend_list_free(struct backend_list *l)
{
	for (size_t i = 0; l != NULL && i < l->n; i++)
		backend_put(l->of[i]);
	free(l);
}

struct backend *backend_list_find(const struct backend_list *l, const char *url)
{
	for (size_t i = 0; l != NULL && i < l->n; i++)
		if (strcmp(l->of[i]->base, url) == 0)
			return l->of[i];
	return NULL;
}

static void retire(struct rcu_head *head)
{
	rcu_grace_passed();
	backend_list_free(caa_container_of(head, struct backend_list, rcu));
}

void backend_list_publish(
	struct backend_list **place, struct backend_list *next)
{
	struct backend_list *former = *place;

	rcu_publish(*place, next);
	if (former != NULL)
		rcu_retire(&former->rcu, retire);
}

/* The better tier of backends is taken whole before the next is looked at. */
enum tier { TIER_GOOD = 0, TIER_EJECTED, TIER_AVOIDED, TIER_NONE };

/*
 * Batches that one backend may have without having acknowledged them: its part
 * of all.  More would be the others', if it never does.
 */
static uint32_t claims_each(const struct backend_list *l, const struct pick *p)
{
	uint32_t n = 0;

	for (size_t i = 0; p->claims != 0 && i < l->n; i++)
		n += backend_usable(l->of[i], p->mono_ns);
	return n == 0 ? UINT32_MAX : p->claims > n ? p->claims / n : 1;
}

static bool is_busy(const struct backend *b, uint32_t claims)
{
	uint32_t in_flight = atomic_load(&b->in_flight);

	return in_flight >= atomic_load(&b->limit) ||
	       (claims != UINT32_MAX &&
		       in_flight + atomic_load(&b->claims) >= claims);
}

static enum tier classify(
	const struct backend *b, uint32_t claims, struct pick *p)
{
	uint64_t at = atomic_load(&b->next_try_ns);

	if (atomic_load(&b->disabled) || atomic_load(&b->draining))
		return TIER_NONE;
	if (!p->force && at > p->mono_ns) {
		if (at < p->until_ns)
			p->until_ns = at;
		return TIER_NONE;
	}
	if (!p->force && is_busy(b, claims)) {
		p->busy = true;
		return TIER_NONE;
	}
	if (b == p->avoid)
		return TIER_AVOIDED;
	return atomic_load(&b->ejected_until_ns) > p->mono_ns ? TIER_EJECTED
							      : TIER_GOOD;
}

static uint32_t weight_of(const struct backend *b, uint64_t mono_ns)
{
	uint32_t weight = atomic_load(&b->weight);

	return atomic_load(&b->lighter_until_ns) > mono_ns
		       ? weight
		       : weight * WEIGHT_ONE;
}

static struct backend *pick_of(struct backend_list *l, struct pick *p)
{
	struct candidate candidates[BALANCE_MAX];
	struct backend *of[BALANCE_MAX];
	enum tier best = TIER_NONE;
	uint32_t claims = claims_each(l, p);
	struct draw draw = {
		.turn = atomic_fetch_add_explicit(
			&l->turn, 1, memory_order_relaxed),
		.random = p->random,
		.arg = p->arg,
	};
	size_t n = 0;

	assert(l->n <= BALANCE_MAX);
	for (size_t i = 0; i < l->n; i++) {
		struct backend *b = l->of[i];
		enum tier c = classify(b, claims, p);

		if (c > best || c == TIER_NONE)
			continue;
		if (c < best)
			n = 0;
		best = c;
		candidates[n] = (struct candidate){
			.weight = weight_of(b, p->mono_ns),
			.load = atomic_load(&b->in_flight),
			.credit = &b->credit,
		};
		of[n++] = b;
	}
	return n != 0 ? of[p->strategy(candidates, n, &draw)] : NULL;
}

struct backend *backend_list_pick(struct backend_list **place, struct pick *p)
{
	struct backend_list *l;
	struct backend *b = NULL;

	p->until_ns = UINT64_MAX;
	p->busy = false;
	rcu_reading_start();
	l = rcu_get(*place);
	if (l != NULL)
		b = pick_of(l, p);
	if (b != NULL)
		backend_get(b);
	rcu_reading_end();
	return b;
}
