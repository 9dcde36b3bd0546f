/*
 * Gate counts: what came through each listener, counted by one thread.
 *
 * The acceptor and each worker have one of their own, so that counting shares
 * no cache line; whoever wants to know adds them up.
 */
#ifndef TAPFERRY_INTAKE_GATE_COUNTS_H
#define TAPFERRY_INTAKE_GATE_COUNTS_H

#include <stdatomic.h>

#include "base/stat.h"
#include "intake/plan.h"

/* owner: its thread; atomic for the readers' sake */
struct gate_counts {
	_Alignas(128) _Atomic uint64_t of[PLAN_GATES_MAX][LISTENER_STAT_COUNT];
};

/* Thread: the owner. */
static inline void gate_count(
	struct gate_counts *g, unsigned gate, enum listener_stat id, uint64_t n)
{
	_Atomic uint64_t *value = &g->of[gate][id];

	atomic_store_explicit(value,
		atomic_load_explicit(value, memory_order_relaxed) + n,
		memory_order_relaxed);
}

/* Over n of them.  Any thread. */
static inline uint64_t gate_counts_sum(const struct gate_counts *g, unsigned n,
	unsigned gate, enum listener_stat id)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += atomic_load_explicit(
			&g[i].of[gate][id], memory_order_relaxed);
	return sum;
}

#endif
