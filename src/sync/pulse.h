/*
 * Pulse: shows whether a thread moves, without ever waking it.
 *
 * The thread says when it goes to sleep in its main wait and when it is awake
 * again.  A watcher that finds it awake in one and the same turn twice knows
 * that the turn has lasted from one look to the other.  Asleep is well: what
 * there is to do would have woken it.
 */
#ifndef TAPFERRY_SYNC_PULSE_H
#define TAPFERRY_SYNC_PULSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pulse {
	_Atomic uint64_t turns; /* atomic: its thread writes; odd: awake */
	uint64_t seen;          /* owner: watcher; turns at the last look */
};

/* Not started yet, which is as good as asleep. */
#define PULSE_INIT ((struct pulse){ 0 })

static inline void pulse_set(struct pulse *p, uint64_t turns)
{
	atomic_store_explicit(&p->turns, turns, memory_order_relaxed);
}

static inline uint64_t pulse_get(const struct pulse *p)
{
	return atomic_load_explicit(&p->turns, memory_order_relaxed);
}

/* Awake, in a new turn.  Thread: the one it is of, as the next. */
static inline void pulse_wake(struct pulse *p)
{
	pulse_set(p, (pulse_get(p) + 1) | 1);
}

/* Going to sleep, or ending. */
static inline void pulse_sleep(struct pulse *p)
{
	pulse_set(p, (pulse_get(p) | 1) + 1);
}

/* Is it in the same turn as at the last look?  Thread: watcher. */
static inline bool pulse_is_stuck(struct pulse *p)
{
	uint64_t turns = pulse_get(p);
	bool same = turns == p->seen;

	p->seen = turns;
	return same && turns % 2 == 1;
}

#endif
