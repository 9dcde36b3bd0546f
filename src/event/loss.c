#include "event/loss.h"

#include <inttypes.h>

#include "base/log.h"

/* between two lines about the same output and reason */
#define TOLD_NS (10 * NS_PER_S)

enum { EVENT_TOO_LARGE = 3 };

static const struct {
	enum output_stat id;
	const char *reason, *text;
} losses[FEED_LOSSES] = {
	{ OUTPUT_DROPPED_QUEUE_FULL, "queue_full",
		"events are dropped, memory for this output is full: raise "
		"buffer_size, give it a spool, or set overflow = \"block\"" },
	{ OUTPUT_DROPPED_SPOOL_SLOW, "spool_slow",
		"events are dropped, memory was full before the spool had "
		"written: raise buffer_size, or use a faster disk" },
	{ OUTPUT_DROPPED_SPOOL_FULL, "spool_full",
		"events are dropped, memory is full and the spool takes no "
		"more: make room on its disk, or raise spool.max_size" },
	[EVENT_TOO_LARGE] = { OUTPUT_DROPPED_EVENT_TOO_LARGE, "event_too_large",
		"events are dropped, they are larger than a batch: raise "
		"batch.bytes" },
};

static unsigned loss_of(const struct feed *f)
{
	if (!f->settings.spool)
		return 0;
	return atomic_load_explicit(&f->disk.refuses, memory_order_relaxed) ? 2
									    : 1;
}

/* Is a line about that loss due?  Then it is for the caller to write. */
static bool is_due(struct feed *f, unsigned i)
{
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t told =
		atomic_load_explicit(&f->told_ns[i], memory_order_relaxed);

	return (told == 0 || now - told >= TOLD_NS) &&
	       atomic_compare_exchange_strong(&f->told_ns[i], &told, now);
}

static void tell(struct feed *f, unsigned i)
{
	if (is_due(f, i))
		log_warn(EVENTS_DROPPED, losses[i].text,
			"output=%s reason=%s events=%" PRIu64, f->settings.name,
			losses[i].reason, stat_sum(&f->stats, losses[i].id));
}

static size_t dns_length(const struct event *e)
{
	return e->has_dns ? e->dns.msg.len : 0;
}

void feed_lose(struct feed *f, struct stat_shard *stats, struct batch **bp)
{
	struct batch *b = *bp;
	unsigned i = loss_of(f);

	stat_add(stats, losses[i].id, batch_left(b));
	batch_settle(b, batch_left(b));
	batch_pool_put(&f->pool, bp);
	tell(f, i);
}

void feed_lose_event(
	struct feed *f, struct stat_shard *stats, const struct event *e)
{
	const unsigned i = EVENT_TOO_LARGE;

	stat_inc(stats, losses[i].id);
	if (is_due(f, i))
		log_warn(EVENTS_DROPPED, losses[i].text,
			"output=%s reason=%s events=%" PRIu64
			" dns_length=%zu batch_bytes=%zu",
			f->settings.name, losses[i].reason,
			stat_sum(&f->stats, losses[i].id), dns_length(e),
			f->settings.batch_bytes);
}

size_t feed_shorten(const struct feed *f, struct encoder *encoder,
	const struct event *e, struct batch *b)
{
	struct event rest = *e;
	size_t len;

	if (!event_leave_out_records(&rest))
		return 0;
	len = encoder_write(encoder, &rest, b->data, f->settings.batch_bytes);
	if (len != 0)
		log_warn_limited(EVENT_SHORTENED,
			"an event larger than a batch goes without its "
			"resource records: raise batch.bytes",
			"output=%s dns_length=%zu batch_bytes=%zu",
			f->settings.name, dns_length(e),
			f->settings.batch_bytes);
	return len;
}
