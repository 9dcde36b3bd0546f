#include "deliver/ledger.h"

#include <string.h>

bool ledger_is_drop(const struct stat_desc *d)
{
	return strncmp(d->name, "DROPPED_", 8) == 0;
}

static uint64_t sum_drops(const struct stat_set *intake, const struct feed *f)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < INTAKE_STAT_COUNT; i++)
		if (ledger_is_drop(&intake_stat_desc[i]))
			sum += feed_intake(f, intake, i);
	for (unsigned i = 0; i < OUTPUT_STAT_COUNT; i++)
		if (ledger_is_drop(&output_stat_desc[i]))
			sum += stat_sum(&f->stats, i);
	return sum;
}

void ledger_read(
	struct ledger *l, const struct stat_set *intake, struct feed *f)
{
	*l = (struct ledger){
		.received = feed_intake(f, intake, INTAKE_RECEIVED),
		.recovered = stat_sum(&f->stats, OUTPUT_RECOVERED),
		.delivered = stat_sum(&f->stats, OUTPUT_DELIVERED),
		.filtered = stat_sum(&f->stats, OUTPUT_FILTERED),
		.dropped = sum_drops(intake, f),
		.dead_lettered = stat_sum(&f->stats, OUTPUT_DEAD_LETTERED),
		.in_memory = batch_pool_held(&f->pool) +
			     atomic_load(&f->disk.letters),
		.in_spool = atomic_load(&f->disk.usage.events),
	};
}

int64_t ledger_difference(const struct ledger *l)
{
	return (int64_t)(l->received + l->recovered - l->delivered -
			 l->filtered - l->dropped - l->dead_lettered -
			 l->in_memory - l->in_spool);
}

bool ledger_closed(const struct ledger *l)
{
	return ledger_difference(l) == 0;
}
