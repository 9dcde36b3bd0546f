#include "event/block.h"

#include "base/clock.h"
#include "base/log.h"
#include "event/feed.h"

/* A burst may fill the queue for a moment. */
#define TELL_NS NS_PER_S

static double seconds(const struct block *b)
{
	return (double)(clock_mono_ns(&clock_system) -
			atomic_load(&b->since_ns)) /
	       NS_PER_S;
}

void block_begin(struct feed *f)
{
	if (atomic_fetch_add(&f->block.workers, 1) == 0)
		atomic_store(&f->block.since_ns, clock_mono_ns(&clock_system));
}

void block_last(struct feed *f)
{
	struct block *b = &f->block;

	if (atomic_load(&b->told) ||
		clock_mono_ns(&clock_system) - atomic_load(&b->since_ns) <
			TELL_NS ||
		atomic_exchange(&b->told, true))
		return;
	log_warn_limited(INTAKE_WAITS,
		"reading stops until an output has room, which holds up all "
		"others, too: see why it delivers no faster, raise "
		"buffer_size, give it a spool, or set overflow = \"drop\"",
		"output=%s", f->settings.name);
}

void block_end(struct feed *f)
{
	struct block *b = &f->block;

	if (atomic_fetch_sub(&b->workers, 1) == 1 &&
		atomic_exchange(&b->told, false))
		log_info_limited(INTAKE_GOES_ON,
			"the output has room again, reading goes on",
			"output=%s seconds=%.1f", f->settings.name, seconds(b));
}
