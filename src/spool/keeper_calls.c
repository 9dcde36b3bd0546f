/* What operators ask the keeper for. */
#include "spool/keeper_own.h"

#include <time.h>
#include <urcu/compiler.h>

#include "base/clock.h"

enum keeper_chore_state {
	CHORE_WAITS = 0,
	CHORE_BEGUN,
	CHORE_DONE,
	CHORE_CANCELLED,
};

/* How often is looked whether there is a place among the errands. */
#define PLACE_NS NS_PER_MS

void keeper_chore_init(struct keeper_chore *c,
	void (*act)(struct keeper *k, struct keeper_chore *c),
	void (*free)(struct keeper_chore *c))
{
	*c = (struct keeper_chore){
		.errand = ERRAND_CHORE, .act = act, .free = free
	};
	urcu_ref_init(&c->ref);
	event_count_init(&c->changed);
}

static void release(struct urcu_ref *ref)
{
	struct keeper_chore *c =
		caa_container_of(ref, struct keeper_chore, ref);

	ref_ended(ref);
	c->free(c);
}

void keeper_chore_put(struct keeper_chore *c)
{
	ref_put(&c->ref, release);
}

static bool turn(struct keeper_chore *c, int from, int to)
{
	return atomic_compare_exchange_strong(&c->state, &from, to);
}

void keeper_do_chore(struct keeper *k, struct keeper_chore *c)
{
	if (turn(c, CHORE_WAITS, CHORE_BEGUN)) {
		c->act(k, c);
		atomic_store(&c->state, CHORE_DONE);
		event_count_step(&c->changed);
	}
	keeper_chore_put(c);
}

int keeper_call(
	struct keeper *k, struct keeper_chore *c, uint64_t mono_until_ns)
{
	const struct timespec pause = { .tv_nsec = PLACE_NS };
	uint32_t seen;

	if (keeper_ended(k))
		return KEEPER_E_BUSY;
	ref_get(&c->ref);
	while (!feed_message(k->feed, c)) {
		if (keeper_now_ns() >= mono_until_ns) {
			keeper_chore_put(c);
			return KEEPER_E_BUSY;
		}
		nanosleep(&pause, NULL);
	}
	do {
		seen = event_count_value(&c->changed);
		if (atomic_load(&c->state) == CHORE_DONE)
			return 0;
	} while (event_count_wait(&c->changed, seen, mono_until_ns));
	if (turn(c, CHORE_WAITS, CHORE_CANCELLED))
		return KEEPER_E_BUSY;
	return atomic_load(&c->state) == CHORE_DONE ? 0 : KEEPER_E_LATE;
}

struct spool *keeper_spool(struct keeper *k)
{
	return k->spool;
}

struct dead_letters *keeper_dead_letters(struct keeper *k)
{
	return keeper_has_letters(k) ? &k->letters : NULL;
}

void keeper_retry(struct keeper *k)
{
	k->retry_at_ns = keeper_disk_refuses(k) ? 1 : 0;
	k->read_at_ns = 0;
	if (k->spool != NULL)
		spool_read_anew(k->spool);
}

uint64_t keeper_discard(struct keeper *k, uint64_t number)
{
	struct spool_file *f, *next;
	uint64_t events = 0;

	if (k->spool == NULL)
		return 0;
	for (f = spool_next(k->spool, NULL); f != NULL; f = next) {
		next = spool_next(k->spool, f);
		if (!f->waits || (number != 0 && f->number != number))
			continue;
		events += f->events;
		stat_add(k->stats, OUTPUT_DROPPED_SPOOL_DISCARDED, f->events);
		spool_remove(k->spool, f);
	}
	return events;
}

int keeper_resend(struct keeper *k)
{
	int r = DEAD_LETTERS_E_NONE;

	if (keeper_has_letters(k))
		r = k->resending ? 0 : dead_letters_resend(&k->letters);
	k->resending = r == 0;
	return r;
}
