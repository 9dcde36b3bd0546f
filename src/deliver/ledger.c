#include "deliver/ledger.h"

#include <string.h>

bool ledger_is_drop(const struct stat_desc *d)
{
	return strncmp(d->name, "DROPPED_", 8) == 0;
}

void ledger_read(
	struct ledger *l, const struct stat_set *intake, struct feed *f)
{
	*l = (struct ledger){
		.received = feed_intake(f, intake, INTAKE_RECEIVED),
		.recovered = stat_sum(&f->stats, OUTPUT_RECOVERED),
		.delivered = stat_sum(&f->stats, OUTPUT_DELIVERED),
		.filtered = stat_sum(&f->stats, OUTPUT_FILTERED),
		.dead_lettered = stat_sum(&f->stats, OUTPUT_DEAD_LETTERED),
		.in_memory = batch_pool_held(&f->pool) +
			     atomic_load(&f->disk.letters),
		.in_spool = atomic_load(&f->disk.usage.events),
	};
	for (unsigned i = 0; i < INTAKE_STAT_COUNT; i++)
		if (ledger_is_drop(&intake_stat_desc[i]))
			l->dropped += feed_intake(f, intake, i);
	for (unsigned i = 0; i < OUTPUT_STAT_COUNT; i++)
		if (ledger_is_drop(&output_stat_desc[i]))
			l->dropped += stat_sum(&f->stats, i);
}

static uint64_t past_drops(const struct past *p)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < INTAKE_STAT_COUNT; i++)
		if (ledger_is_drop(&intake_stat_desc[i]))
			sum += p->intake[i];
	for (unsigned i = 0; i < OUTPUT_STAT_COUNT; i++)
		if (ledger_is_drop(&output_stat_desc[i]))
			sum += p->stat[i];
	return sum;
}

void ledger_read_all(
	struct ledger *l, const struct stat_set *intake, struct feed *f)
{
	*l = (struct ledger){ 0 };
	for (; f != NULL; f = f->former) {
		const struct past *p = &f->past;
		uint64_t again = past_found_again(f);
		struct ledger one;

		ledger_read(&one, intake, f);
		l->received += one.received + p->intake[INTAKE_RECEIVED];
		l->recovered +=
			one.recovered - again + p->stat[OUTPUT_RECOVERED];
		l->delivered += one.delivered + p->stat[OUTPUT_DELIVERED];
		l->filtered += one.filtered + p->stat[OUTPUT_FILTERED];
		l->dropped += one.dropped + past_drops(p);
		l->dead_lettered +=
			one.dead_lettered + p->stat[OUTPUT_DEAD_LETTERED];
		l->in_memory += one.in_memory;
		l->in_spool += one.in_spool + p->in_spool - again;
	}
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
