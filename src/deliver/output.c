#include "deliver/output.h"

#include "base/clock.h"
#include "base/log.h"
#include "deliver/output_kind.h"

/*
 * A thread that waits for batches looks up this often, for a rotation or a
 * cut that no batch announces.
 */
#define IDLE_NS (250 * NS_PER_MS)

unsigned output_senders(const struct output_settings *s)
{
	if (output_collector(s->type) == NULL)
		return 1;
	return s->remote.senders + s->remote.acknowledge; /* the acker */
}

int output_start(struct output **op, const struct output_settings *settings,
	struct feed *feed, char *error, size_t cap)
{
	const struct output_kind *kind =
		output_collector(settings->type) != NULL ? &output_kind_remote
							 : &output_kind_file;

	return kind->start(op, settings, feed, error, cap);
}

void output_rotate(struct output *o)
{
	if (o->kind->rotate != NULL)
		o->kind->rotate(o);
}

void output_drain(struct output *o, uint64_t mono_deadline_ns)
{
	stop_drain(&o->stop, mono_deadline_ns);
}

void output_cut(struct output *o)
{
	stop_now(&o->stop);
}

bool output_ended(const struct output *o)
{
	return atomic_load(&o->running) == 0 &&
	       (o->keeper == NULL || keeper_ended(o->keeper));
}

struct keeper *output_keeper(struct output *o)
{
	return o->keeper;
}

void output_leave(struct output *o)
{
	if (atomic_fetch_sub(&o->running, 1) == 1 && o->keeper != NULL)
		keeper_close(o->keeper);
}

struct output *output_free(struct output *o)
{
	if (o != NULL)
		o->kind->free(o);
	return NULL;
}

int output_init(struct output *o, const struct output_kind *kind,
	const struct output_settings *s, struct feed *feed)
{
	o->kind = kind;
	o->settings = s;
	o->feed = feed;
	atomic_init(&o->running, 0);
	return stop_init(&o->stop);
}

void output_deinit(struct output *o)
{
	struct stat_shard *stats = feed_sender_stats(o->feed, 0);
	struct batch *b;
	uint64_t dropped;

	o->keeper = keeper_free(o->keeper);
	while ((b = ring_try_pop(&o->feed->sealed)) != NULL)
		output_done(o, stats, &b);
	dropped = stat_sum(&o->feed->stats, OUTPUT_DROPPED_SHUTDOWN);
	if (dropped != 0)
		log_warn(DELIVER_DROPPED_SHUTDOWN,
			"events were still undelivered at the end",
			"output=%s events=%llu", o->feed->settings.name,
			(unsigned long long)dropped);
	stop_deinit(&o->stop);
}

bool output_pauses(struct output *o)
{
	uint64_t now = clock_mono_ns(&clock_system);

	if (!feed_is_paused(o->feed) || stop_is_draining(&o->stop))
		return false;
	feed_stall(o->feed, now);
	stop_pause(&o->stop, false, now + IDLE_NS);
	return true;
}

int output_next(struct output *o, struct batch **bp)
{
	void *item;

	if (stop_is_over(&o->stop))
		return OUTPUT_E_OVER;
	if (output_pauses(o))
		return OUTPUT_E_IDLE;
	switch (ring_pop(&o->feed->sealed,
		clock_mono_ns(&clock_system) + IDLE_NS, &item)) {
	case 0:
		*bp = item;
		return 0;
	case RING_E_CLOSED:
		return OUTPUT_E_OVER;
	default:
		return OUTPUT_E_IDLE;
	}
}

void output_done(struct output *o, struct stat_shard *stats, struct batch **bp)
{
	uint32_t left = batch_left(*bp);

	if (o->keeper != NULL &&
		((*bp)->file != NULL ||
			(left > 0 && o->feed->settings.spool))) {
		feed_to_keeper(o->feed, bp);
		return;
	}
	stat_add(stats, OUTPUT_DROPPED_SHUTDOWN, left);
	batch_settle(*bp, left);
	batch_pool_put(&o->feed->pool, bp);
}

void output_count_delivered(struct output *o, struct stat_shard *stats,
	const struct batch *b, uint32_t n)
{
	/* one read back from disk may be of another boot */
	if (b->opened_ns != 0)
		histogram_add_n(&o->feed->delay,
			clock_mono_ns(&clock_system) - b->opened_ns, n);
	stat_add(stats, OUTPUT_DELIVERED, n);
}

void output_delivered(
	struct output *o, struct stat_shard *stats, struct batch *b, uint32_t n)
{
	output_count_delivered(o, stats, b, n);
	batch_settle(b, n);
}
