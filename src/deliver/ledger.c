#include "deliver/ledger.h"

#include <string.h>

bool ledger_is_drop(const struct stat_desc *d)
{
	return strncmp(d->name, "DROPPED_", 8) == 0;
}

/* Of the feed alone, or of all of the output's since the start. */
static uint64_t count(const struct feed *f, unsigned id, bool all)
{
	return all ? past_stat(f, id) : stat_sum(&f->stats, id);
}

static uint64_t count_intake(const struct feed *f,
	const struct stat_set *intake, unsigned id, bool all)
{
	return all ? past_intake(f, intake, id) : feed_intake(f, intake, id);
}

/* All but what is still somewhere. */
static void read_counters(struct ledger *l, const struct stat_set *intake,
	const struct feed *f, bool all)
{
	*l = (struct ledger){
		.received = count_intake(f, intake, INTAKE_RECEIVED, all),
		.recovered = count(f, OUTPUT_RECOVERED, all),
		.delivered = count(f, OUTPUT_DELIVERED, all),
		.filtered = count(f, OUTPUT_FILTERED, all),
		.dead_lettered = count(f, OUTPUT_DEAD_LETTERED, all),
	};
	for (unsigned i = 0; i < INTAKE_STAT_COUNT; i++)
		if (ledger_is_drop(&intake_stat_desc[i]))
			l->dropped += count_intake(f, intake, i, all);
	for (unsigned i = 0; i < OUTPUT_STAT_COUNT; i++)
		if (ledger_is_drop(&output_stat_desc[i]))
			l->dropped += count(f, i, all);
}

static void add_waiting(struct ledger *l, struct feed *f)
{
	l->in_memory +=
		batch_pool_held(&f->pool) + atomic_load(&f->disk.letters);
	l->in_spool += atomic_load(&f->disk.usage.events);
}

void ledger_read(
	struct ledger *l, const struct stat_set *intake, struct feed *f)
{
	read_counters(l, intake, f, false);
	add_waiting(l, f);
}

void ledger_read_all(
	struct ledger *l, const struct stat_set *intake, struct feed *f)
{
	read_counters(l, intake, f, true);
	for (; f != NULL; f = f->former) {
		add_waiting(l, f);
		l->in_spool += past_in_spool(f);
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
