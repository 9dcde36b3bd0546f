#include "control/departure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "spool/keeper.h"

/*
 * Former outlets of one output that still wait for their backends.  Each has
 * its threads, and up to a whole buffer of events that are not to be lost.
 */
enum { FORMER_MAX = 8 };

/* May one more of that name wait? */
static int check_number(
	const struct outlets *o, const char *name, char *error, size_t cap)
{
	unsigned long long events = 0;
	unsigned n = 0;

	for (size_t i = 0; i < o->n_leaving; i++) {
		const struct outlet *t = o->leaving[i];

		if (strcmp(t->feed.settings.name, name) != 0 ||
			outlet_has_ended(t))
			continue;
		events += batch_pool_held(&t->feed.pool);
		n++;
	}
	if (n < FORMER_MAX)
		return 0;
	snprintf(error, cap,
		"output %s: what it was before the last %u reloads still waits "
		"for backends, with %llu events: reload when they are "
		"delivered, or leave its batches, buffer and dialect as they "
		"are",
		name, n, events);
	return -EBUSY;
}

/*
 * One with a keeper does not wait beside the next, which needs its files: what
 * it has in memory goes to its spool, or to its backends in the drain time.
 */
static int check_keeper(const struct outlet *had, char *error, size_t cap)
{
	const struct feed *f = &had->feed;
	const char *name = f->settings.name;
	unsigned long long events = batch_pool_held(&f->pool);

	if (f->keeper == NULL || events == 0)
		return 0;
	if (atomic_load(&f->disk.refuses)) {
		snprintf(error, cap,
			"output %s: %llu events wait in memory and would be "
			"lost, because its spool is full or its disk fails, "
			"and this change takes another output in its place: "
			"first raise outputs.%s.spool.max_size alone, which "
			"is taken up at once, or mend the disk, or wait until "
			"the backends take events",
			name, events, name);
		return -EBUSY;
	}
	if (!f->settings.spool && atomic_load(&f->disk.stalled_ns) != 0) {
		snprintf(error, cap,
			"output %s: %llu events wait in memory and would be "
			"lost, because no backend takes any, it has no spool, "
			"and this change takes another output in its place: "
			"wait until the backends take events, or leave its "
			"batches, buffer and dialect as they are",
			name, events);
		return -EBUSY;
	}
	return 0;
}

int departure_check(const struct outlets *o, const char *name,
	const struct outlet *had, char *error, size_t cap)
{
	int r = check_number(o, name, error, cap);

	return r != 0 || had == NULL ? r : check_keeper(had, error, cap);
}
