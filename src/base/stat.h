/*
 * Stat: sets of counters that threads add to without sharing a cache line.
 *
 * A set has one shard for each thread that counts; a shard's fields are
 * written by that thread alone (plain adds, relaxed stores) and summed by
 * whoever wants to know.  Sums of a running set are a snapshot: each counter
 * is exact, two of them may be an instant apart.
 *
 * The counters themselves are one table, base/stat.def; the enum, the reports
 * and doc/counters.md come from it.
 */
#ifndef TAPFERRY_BASE_STAT_H
#define TAPFERRY_BASE_STAT_H

#include <stdatomic.h>
#include <stdint.h>

/* Counters of the intake (one set in the process). */
enum intake_stat {
#define INTAKE_STAT(name, unit, help) INTAKE_##name,
#include "base/stat.def"
	INTAKE_STAT_COUNT
};

/* Counters of one output (one set an output). */
enum output_stat {
#define OUTPUT_STAT(name, unit, help) OUTPUT_##name,
#include "base/stat.def"
	OUTPUT_STAT_COUNT
};

/* Counters of one listener. */
enum listener_stat {
#define LISTENER_STAT(name, unit, help) LISTENER_##name,
#include "base/stat.def"
	LISTENER_STAT_COUNT
};

/* Counters of one backend (struct backend has them). */
enum backend_stat {
#define BACKEND_STAT(name, unit, help) BACKEND_##name,
#include "base/stat.def"
	BACKEND_STAT_COUNT
};

/* Counters of one backend's pool of connections. */
enum pool_stat {
#define POOL_STAT(name, unit, help) POOL_##name,
#include "base/stat.def"
	POOL_STAT_COUNT
};

struct stat_desc {
	const char *name; /* as in stat.def */
	const char *unit;
	const char *help;
};

extern const struct stat_desc intake_stat_desc[INTAKE_STAT_COUNT];
extern const struct stat_desc output_stat_desc[OUTPUT_STAT_COUNT];
extern const struct stat_desc listener_stat_desc[LISTENER_STAT_COUNT];
extern const struct stat_desc backend_stat_desc[BACKEND_STAT_COUNT];
extern const struct stat_desc pool_stat_desc[POOL_STAT_COUNT];

enum { STAT_SLOTS = 64 };

/* owner: the one thread it was given to; atomic for the readers' sake */
struct stat_shard {
	_Alignas(128) _Atomic uint64_t value[STAT_SLOTS];
};

struct stat_set {
	struct stat_shard *shards;
	unsigned n_shards;
};

#define STAT_SET_NULL ((struct stat_set){ 0 })

/* Return: 0 or -ENOMEM. */
int stat_set_init(struct stat_set *set, unsigned n_shards);
void stat_set_deinit(struct stat_set *set);

/* Sum over all shards.  Any thread. */
uint64_t stat_sum(const struct stat_set *set, unsigned id);

/*
 * A counter that several threads add to: those of a backend, which are few
 * for each request, and not worth a shard a thread.
 */
static inline void stat_share(_Atomic uint64_t *values, unsigned id, uint64_t n)
{
	atomic_fetch_add_explicit(&values[id], n, memory_order_relaxed);
}

/* Thread: the shard's owner. */
static inline void stat_add(struct stat_shard *s, unsigned id, uint64_t n)
{
	atomic_store_explicit(&s->value[id],
		atomic_load_explicit(&s->value[id], memory_order_relaxed) + n,
		memory_order_relaxed);
}

static inline void stat_inc(struct stat_shard *s, unsigned id)
{
	stat_add(s, id, 1);
}

#endif
