#include "deliver/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "deliver/pool_slot.h"

/* Who waits looks so often whether it is told to stop. */
static const uint64_t wait_slice_ns = 250 * NS_PER_MS;

int pool_new(struct pool **pp, const struct pool_settings *set,
	const struct pool_kind *kind, void *context, const struct clock *clock,
	const char *name)
{
	const size_t size = sizeof(struct pool_slot);
	struct pool *p = aligned_alloc(_Alignof(struct pool), sizeof(*p));
	/* the pages of slots that are never used are never touched */
	char *memory = calloc(set->max_active + (size_t)1, size);

	if (p == NULL || memory == NULL) {
		free(p);
		free(memory);
		return -ENOMEM;
	}
	*p = (struct pool){
		.set = *set,
		.kind = kind,
		.context = context,
		.clock = clock,
		.name = name,
		.memory = memory,
		.slots = (void *)(memory + (size - (uintptr_t)memory % size)),
	};
	stack_init(&p->idle);
	stack_init(&p->empty);
	event_count_init(&p->given);
	histogram_init(&p->waits, &histogram_time);
	histogram_init(&p->ages, &histogram_age);
	histogram_init(&p->connecting, &histogram_time);
	*pp = p;
	return 0;
}

void pool_clear(struct pool *p)
{
	struct pool_slot *s;

	while ((s = pool_claim_idle(p)) != NULL) {
		pool_close(p, s, POOL_CLOSED_END, clock_mono_ns(p->clock));
		pool_put_empty(p, s);
	}
}

struct pool *pool_free(struct pool *p)
{
	if (p == NULL)
		return NULL;
	pool_clear(p);
	free(p->memory);
	free(p);
	return NULL;
}

struct pool_slot *pool_claim_idle(struct pool *p)
{
	stack_entry *e;

	while ((e = stack_pop(&p->idle)) != NULL) {
		struct pool_slot *s =
			caa_container_of(e, struct pool_slot, entry);

		while (atomic_load(&s->state) != SLOT_ORPHAN) {
			if (slot_turn(s, SLOT_IDLE, SLOT_LEASED)) {
				atomic_fetch_sub_explicit(
					&p->n_idle, 1, memory_order_relaxed);
				return s;
			}
			if (slot_turn(s, SLOT_TENDED, SLOT_ORPHAN))
				break;
			if (slot_turn(s, SLOT_GONE, SLOT_LEASED)) {
				pool_put_empty(p, s);
				break;
			}
		}
	}
	return NULL;
}

struct pool_slot *pool_claim_empty(struct pool *p)
{
	stack_entry *e = stack_pop(&p->empty);
	unsigned used = atomic_load(&p->n_used);
	struct pool_slot *s = NULL;

	if (e != NULL)
		s = caa_container_of(e, struct pool_slot, entry);
	while (s == NULL && used < p->set.max_active)
		if (atomic_compare_exchange_weak(&p->n_used, &used, used + 1))
			s = &p->slots[used];
	if (s != NULL)
		slot_set(s, SLOT_LEASED);
	return s;
}

void pool_put_idle(struct pool *p, struct pool_slot *s, uint64_t now)
{
	atomic_store_explicit(&s->since_ns, now, memory_order_relaxed);
	atomic_fetch_add_explicit(&p->n_idle, 1, memory_order_relaxed);
	slot_set(s, SLOT_IDLE);
	stack_push(&p->idle, &s->entry);
	event_count_step(&p->given);
}

void pool_put_empty(struct pool *p, struct pool_slot *s)
{
	slot_set(s, SLOT_EMPTY);
	stack_push(&p->empty, &s->entry);
	event_count_step(&p->given);
}

bool pool_expired(const struct pool *p, const struct pool_slot *s, uint64_t now)
{
	uint64_t opened = slot_opened_ns(s), life = p->set.max_lifetime_ns;
	uint64_t spread = life / 5;

	if (life == 0 || opened == 0)
		return false;
	/* one number for each connection, as good as drawn */
	spread =
		((opened ^ (uintptr_t)s) * UINT64_C(0x9e3779b97f4a7c15) >> 11) %
		(spread + 1);
	return now >= opened && now - opened >= life - spread;
}

void pool_close(struct pool *p, struct pool_slot *s, enum pool_stat reason,
	uint64_t now)
{
	uint64_t opened = slot_opened_ns(s);

	p->kind->close(p->context, s->conn);
	s->conn = NULL;
	if (opened == 0)
		return; /* never was connected */
	stat_share(p->stats, reason, 1);
	histogram_add(&p->ages, now > opened ? now - opened : 0);
}

static void count_connects(struct pool *p, struct pool_slot *s,
	const struct pool_use *use, uint64_t now)
{
	uint64_t before = slot_opened_ns(s);

	/* the one it had was no longer good when it was to be used */
	if (before != 0) {
		stat_share(p->stats, POOL_CLOSED_PEER, 1);
		histogram_add(&p->ages, now - before);
	}
	stat_share(p->stats, POOL_CREATED, use->connects);
	stat_share(p->stats, POOL_CLOSED_FAILED, use->connects - 1);
	histogram_add(&p->connecting, use->connect_ns);
	atomic_store_explicit(&s->opened_ns, now, memory_order_relaxed);
}

int pool_open(struct pool *p, struct pool_slot *s, void *agent, uint64_t now)
{
	struct pool_use use = { 0 };
	int r;

	atomic_store_explicit(&s->opened_ns, 0, memory_order_relaxed);
	r = p->kind->open(p->context, agent, &use, &s->conn);
	if (r == 0 && use.connects > 0)
		count_connects(p, s, &use, now);
	if (r != 0)
		stat_share(p->stats, POOL_OPEN_FAILED, 1);
	return r;
}

/* May an idle connection be used?  *reason: why not. */
static bool usable(struct pool *p, struct pool_slot *s, uint64_t now,
	enum pool_stat *reason)
{
	*reason = POOL_CLOSED_LIFETIME;
	if (pool_expired(p, s, now))
		return false;
	*reason = POOL_CLOSED_INVALID;
	return p->kind->validate == NULL ||
	       slot_rest_ns(s, now) < p->set.validate_after_ns ||
	       p->kind->validate(p->context, s->conn);
}

/* Return: a slot of the caller's, with a connection or without; or NULL. */
static struct pool_slot *find(struct pool *p, uint64_t now)
{
	struct pool_slot *s;
	enum pool_stat reason;

	while ((s = pool_claim_idle(p)) != NULL) {
		if (usable(p, s, now, &reason))
			return s;
		pool_close(p, s, reason, now);
		pool_put_empty(p, s);
	}
	return pool_claim_empty(p);
}

/* Told to leave, or to deliver what it holds: who has none tries elsewhere, or
 * looks again by itself. */
static bool has_no_time(const struct stop *stop)
{
	return stop != NULL && (stop_is_draining(stop) || stop_is_over(stop));
}

/* All are in use: waits for one that is given back. */
static int wait_for(struct pool *p, const struct stop *stop, uint64_t begun,
	struct pool_slot **found)
{
	uint64_t now = begun;

	stat_share(p->stats, POOL_WAITS, 1);
	for (;;) {
		uint32_t seen = event_count_value(&p->given);
		uint64_t left, waited = now - begun;

		*found = find(p, now);
		if (*found != NULL || has_no_time(stop) ||
			waited >= p->set.checkout_timeout_ns)
			break;
		left = p->set.checkout_timeout_ns - waited;
		event_count_wait(&p->given, seen,
			clock_mono_ns(&clock_system) +
				(left < wait_slice_ns ? left : wait_slice_ns));
		now = clock_mono_ns(p->clock);
	}
	histogram_add(&p->waits, now - begun);
	if (*found != NULL)
		return 0;
	if (has_no_time(stop))
		return POOL_E_STOPPED;
	stat_share(p->stats, POOL_EXHAUSTED, 1);
	return POOL_E_EXHAUSTED;
}

int pool_lease(struct pool *p, struct pool_holder holder,
	const struct stop *stop, struct pool_lease *lease)
{
	uint64_t now = clock_mono_ns(p->clock);
	struct pool_slot *s = find(p, now);
	int r = 0;

	if (s == NULL)
		r = wait_for(p, stop, now, &s);
	if (r == 0 && s->conn == NULL) {
		r = pool_open(p, s, NULL, now);
		if (r != 0)
			pool_put_empty(p, s);
	}
	if (r != 0)
		return r;
	atomic_store_explicit(&s->index, holder.index, memory_order_relaxed);
	atomic_store_explicit(&s->holder, holder.what, memory_order_relaxed);
	atomic_store_explicit(&s->since_ns, now, memory_order_relaxed);
	*lease = (struct pool_lease){ .slot = s, .conn = s->conn };
	return 0;
}

/* Return: true when it must be closed. */
static bool ends(struct pool *p, const struct pool_slot *s,
	const struct pool_use *use, uint64_t now, enum pool_stat *reason)
{
	*reason = use->by_peer ? POOL_CLOSED_PEER : POOL_CLOSED_FAILED;
	if (use->closed)
		return true;
	*reason = POOL_CLOSED_UNPOOLED;
	if (!p->set.enabled)
		return true;
	*reason = POOL_CLOSED_LIFETIME;
	if (pool_expired(p, s, now))
		return true;
	*reason = POOL_CLOSED_SURPLUS;
	return atomic_load_explicit(&p->n_idle, memory_order_relaxed) >=
	       (int64_t)p->set.max_idle;
}

void pool_release(
	struct pool *p, struct pool_lease *lease, const struct pool_use *use)
{
	struct pool_slot *s = lease->slot;
	uint64_t now = clock_mono_ns(p->clock);
	enum pool_stat reason;

	assert(atomic_load(&s->state) == SLOT_LEASED);
	if (use->connects > 0) {
		count_connects(p, s, use, now);
		atomic_store_explicit(
			&p->warm_again, true, memory_order_relaxed);
	} else if (slot_opened_ns(s) != 0) {
		atomic_store_explicit(&s->reused,
			atomic_load_explicit(&s->reused, memory_order_relaxed) +
				1,
			memory_order_relaxed);
	} else if (use->closed) {
		stat_share(p->stats, POOL_OPEN_FAILED, 1);
	}
	if (ends(p, s, use, now, &reason)) {
		pool_close(p, s, reason, now);
		pool_put_empty(p, s);
	} else {
		pool_put_idle(p, s, now);
	}
	*lease = (struct pool_lease){ 0 };
}

void pool_stats_read(const struct pool *p, struct pool_stats *stats)
{
	unsigned used = atomic_load(&p->n_used);
	int64_t idle = atomic_load(&p->n_idle);

	*stats = (struct pool_stats){ .idle = idle > 0 ? (unsigned)idle : 0 };
	for (unsigned i = 0; i < POOL_STAT_COUNT; i++)
		stats->count[i] = atomic_load_explicit(
			&p->stats[i], memory_order_relaxed);
	for (unsigned i = 0; i < used; i++) {
		const struct pool_slot *s = &p->slots[i];

		stats->active += atomic_load_explicit(&s->state,
					 memory_order_relaxed) == SLOT_LEASED;
		stats->count[POOL_REUSED] +=
			atomic_load_explicit(&s->reused, memory_order_relaxed);
	}
	histogram_read(&p->waits, &stats->waits);
	histogram_read(&p->ages, &stats->ages);
	histogram_read(&p->connecting, &stats->connecting);
}

double pool_reuse_rate(const struct pool_stats *s)
{
	uint64_t uses = s->count[POOL_REUSED] + s->count[POOL_CREATED];

	return uses > 0 ? (double)s->count[POOL_REUSED] / (double)uses : 0;
}
