/*
 * What a pool needs when nobody asks for a connection.
 *
 * Idle ones are looked at where they lie: taken off the stack they would be
 * missed by whoever leases in the meantime.
 */
#include "base/log.h"
#include "deliver/pool_slot.h"

/* Return: true when the idle connection must be closed. */
static bool outlived(struct pool *p, struct pool_slot *s, uint64_t now,
	enum pool_stat *reason)
{
	*reason = POOL_CLOSED_LIFETIME;
	if (pool_expired(p, s, now))
		return true;
	*reason = POOL_CLOSED_INVALID;
	if (p->kind->validate != NULL &&
		!p->kind->validate(p->context, s->conn))
		return true;
	*reason = POOL_CLOSED_IDLE;
	return p->set.idle_timeout_ns != 0 &&
	       slot_rest_ns(s, now) >= p->set.idle_timeout_ns &&
	       atomic_load(&p->n_idle) > (int64_t)p->set.min_idle;
}

static void look_at(struct pool *p, struct pool_slot *s, uint64_t now)
{
	enum pool_stat reason;

	if (!slot_turn(s, SLOT_IDLE, SLOT_TENDED))
		return;
	if (!outlived(p, s, now, &reason)) {
		if (!slot_turn(s, SLOT_TENDED, SLOT_IDLE)) {
			slot_set(s, SLOT_IDLE);
			stack_push(&p->idle, &s->entry);
			event_count_step(&p->given);
		}
		return;
	}
	atomic_fetch_sub(&p->n_idle, 1);
	pool_close(p, s, reason, now);
	if (slot_turn(s, SLOT_TENDED, SLOT_GONE))
		event_count_step(&p->given);
	else
		pool_put_empty(p, s);
}

/* Of a lease that is being given back this may read the next one's times. */
static void tell_leak(struct pool *p, struct pool_slot *s, uint64_t now)
{
	uint64_t since = slot_since_ns(s);
	const char *holder =
		atomic_load_explicit(&s->holder, memory_order_relaxed);

	if (p->set.leak_after_ns == 0 || since == s->told_ns ||
		slot_rest_ns(s, now) < p->set.leak_after_ns ||
		atomic_load(&s->state) != SLOT_LEASED)
		return;
	s->told_ns = since;
	stat_share(p->stats, POOL_LEAKS, 1);
	log_warn_limited(DELIVER_POOL_LEAK,
		"a connection is held for very long",
		"%s holder=%s-%u seconds=%.1f", p->name,
		holder != NULL ? holder : "?",
		atomic_load_explicit(&s->index, memory_order_relaxed),
		(double)(now - since) / NS_PER_S);
}

/* A slot to open one in; idle ones may hide those that are gone. */
static struct pool_slot *find_room(struct pool *p)
{
	struct pool_slot *s = pool_claim_empty(p);

	if (s != NULL)
		return s;
	s = pool_claim_idle(p);
	if (s != NULL)
		pool_put_idle(p, s, slot_since_ns(s));
	return pool_claim_empty(p);
}

/* Return: false when it failed, or there was no room. */
static bool open_ahead(struct pool *p, void *agent, uint64_t now)
{
	struct pool_slot *s = find_room(p);
	int r;

	if (s == NULL)
		return false;
	atomic_store_explicit(&s->since_ns, now, memory_order_relaxed);
	atomic_store_explicit(&s->holder, "warmer", memory_order_relaxed);
	atomic_store_explicit(&s->index, 0, memory_order_relaxed);
	r = pool_open(p, s, agent, now);
	if (r == 0) {
		pool_put_idle(p, s, now);
		return true;
	}
	pool_put_empty(p, s);
	p->warm_failures++;
	p->warm_next_ns = now + p->set.retry_interval_ns;
	return false;
}

void pool_warm(struct pool *p, void *agent)
{
	uint64_t now = clock_mono_ns(p->clock);

	if (atomic_exchange(&p->warm_again, false))
		p->warm_failures = 0;
	if (!p->set.enabled || p->warm_failures > p->set.max_retries ||
		now < p->warm_next_ns)
		return;
	while (atomic_load(&p->n_idle) < (int64_t)p->set.min_idle &&
		open_ahead(p, agent, now))
		p->warm_failures = 0;
}

void pool_tend(struct pool *p)
{
	uint64_t now = clock_mono_ns(p->clock);
	unsigned used = atomic_load(&p->n_used);

	for (unsigned i = 0; i < used; i++) {
		struct pool_slot *s = &p->slots[i];
		int state = atomic_load(&s->state);

		if (state == SLOT_IDLE)
			look_at(p, s, now);
		else if (state == SLOT_LEASED)
			tell_leak(p, s, now);
	}
}
