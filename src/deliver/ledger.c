#include "deliver/ledger.h"

#include <string.h>

bool ledger_is_drop(const struct stat_desc *d)
{
	return strncmp(d->name, "DROPPED_", 8) == 0;
}

static uint64_t sum_drops(
	const struct stat_set *set, const struct stat_desc *desc, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		if (ledger_is_drop(&desc[i]))
			sum += stat_sum(set, i);
	return sum;
}

void ledger_read(
	struct ledger *l, const struct stat_set *intake, struct feed *f)
{
	*l = (struct ledger){
		.received = stat_sum(intake, INTAKE_RECEIVED),
		.recovered = stat_sum(&f->stats, OUTPUT_RECOVERED),
		.delivered = stat_sum(&f->stats, OUTPUT_DELIVERED),
		.filtered = stat_sum(&f->stats, OUTPUT_FILTERED),
		.dropped =
			sum_drops(intake, intake_stat_desc, INTAKE_STAT_COUNT) +
			sum_drops(
				&f->stats, output_stat_desc, OUTPUT_STAT_COUNT),
		.dead_lettered = stat_sum(&f->stats, OUTPUT_DEAD_LETTERED),
		.in_memory = batch_pool_held(&f->pool) +
			     atomic_load(&f->disk.letters),
		.in_spool = atomic_load(&f->disk.usage.events),
	};
}

bool ledger_closed(const struct ledger *l)
{
	return l->received + l->recovered ==
	       l->delivered + l->filtered + l->dropped + l->dead_lettered +
		       l->in_memory + l->in_spool;
}
