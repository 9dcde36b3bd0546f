#include "base/stat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(
	(int)INTAKE_STAT_COUNT <= (int)STAT_SLOTS, "shards are too small");
_Static_assert(
	(int)OUTPUT_STAT_COUNT <= (int)STAT_SLOTS, "shards are too small");

const struct stat_desc intake_stat_desc[INTAKE_STAT_COUNT] = {
#define INTAKE_STAT(name, unit, help) { #name, #unit, help },
#include "base/stat.def"
};

const struct stat_desc output_stat_desc[OUTPUT_STAT_COUNT] = {
#define OUTPUT_STAT(name, unit, help) { #name, #unit, help },
#include "base/stat.def"
};

const struct stat_desc listener_stat_desc[LISTENER_STAT_COUNT] = {
#define LISTENER_STAT(name, unit, help) { #name, #unit, help },
#include "base/stat.def"
};

const struct stat_desc backend_stat_desc[BACKEND_STAT_COUNT] = {
#define BACKEND_STAT(name, unit, help) { #name, #unit, help },
#include "base/stat.def"
};

const struct stat_desc pool_stat_desc[POOL_STAT_COUNT] = {
#define POOL_STAT(name, unit, help) { #name, #unit, help },
#include "base/stat.def"
};

int stat_set_init(struct stat_set *set, unsigned n_shards)
{
	size_t bytes = n_shards * sizeof(struct stat_shard);

	*set = STAT_SET_NULL;
	set->shards = aligned_alloc(_Alignof(struct stat_shard), bytes);
	if (set->shards == NULL)
		return -ENOMEM;
	memset((void *)set->shards, 0, bytes);
	set->n_shards = n_shards;
	return 0;
}

void stat_set_deinit(struct stat_set *set)
{
	free(set->shards);
	*set = STAT_SET_NULL;
}

uint64_t stat_sum(const struct stat_set *set, unsigned id)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < set->n_shards; i++)
		sum += atomic_load_explicit(
			&set->shards[i].value[id], memory_order_relaxed);
	return sum;
}
