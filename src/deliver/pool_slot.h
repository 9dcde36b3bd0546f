/*
 * Pool slot: what the two halves of the pool do with one slot; nobody else's.
 */
#ifndef TAPFERRY_DELIVER_POOL_SLOT_H
#define TAPFERRY_DELIVER_POOL_SLOT_H

#include <urcu/compiler.h>

#include "deliver/pool.h"

enum slot_state {
	SLOT_EMPTY = 0,
	SLOT_IDLE,
	SLOT_LEASED,
	SLOT_TENDED,
	SLOT_ORPHAN,
	SLOT_GONE,
};

static inline bool slot_turn(struct pool_slot *s, int from, int to)
{
	return atomic_compare_exchange_strong_explicit(&s->state, &from, to,
		memory_order_acq_rel, memory_order_acquire);
}

static inline void slot_set(struct pool_slot *s, int state)
{
	atomic_store_explicit(&s->state, state, memory_order_release);
}

static inline uint64_t slot_opened_ns(const struct pool_slot *s)
{
	return atomic_load_explicit(&s->opened_ns, memory_order_relaxed);
}

static inline uint64_t slot_since_ns(const struct pool_slot *s)
{
	return atomic_load_explicit(&s->since_ns, memory_order_relaxed);
}

/* How long it has been idle, or leased. */
static inline uint64_t slot_rest_ns(const struct pool_slot *s, uint64_t now)
{
	uint64_t since = slot_since_ns(s);

	return now > since ? now - since : 0;
}

/* An idle connection for the caller, or NULL. */
struct pool_slot *pool_claim_idle(struct pool *p);

/* A slot without a connection for the caller, or NULL. */
struct pool_slot *pool_claim_empty(struct pool *p);

/* The caller's, with a connection: idle from now on. */
void pool_put_idle(struct pool *p, struct pool_slot *s, uint64_t now);

/* The caller's, without a connection. */
void pool_put_empty(struct pool *p, struct pool_slot *s);

/* Has it reached its age? */
bool pool_expired(
	const struct pool *p, const struct pool_slot *s, uint64_t now);

/* Closes the connection of a slot that is the caller's. */
void pool_close(struct pool *p, struct pool_slot *s, enum pool_stat reason,
	uint64_t now);

/* Opens one for a slot that is the caller's.  Return: as the kind's open(). */
int pool_open(struct pool *p, struct pool_slot *s, void *agent, uint64_t now);

#endif
