#include "deliver/output.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/output_kind.h"
#include "deliver/trail.h"
#include "spool/pack.h"

/*
 * A thread that waits for batches looks up this often, for a rotation or a
 * cut that no batch announces.
 */
#define IDLE_NS (250 * NS_PER_MS)

enum { ERROR_MAX = 384 };

const char *output_type_name(enum output_type type)
{
	static const char *const names[OUTPUT_TYPE_COUNT] = {
		[OUTPUT_TYPE_STDOUT] = "stdout",
		[OUTPUT_TYPE_FILE] = "file",
		[OUTPUT_TYPE_PIPE] = "pipe",
		[OUTPUT_TYPE_SOCKET] = "socket",
#define TYPE_NAME(id, name) [OUTPUT_TYPE_##id] = #name,
		COLLECTORS(TYPE_NAME, )
#undef TYPE_NAME
	};

	return names[type];
}

unsigned output_senders(const struct output_settings *s)
{
	if (output_collector(s->type) == NULL)
		return 1;
	return s->remote.senders + s->remote.acknowledge; /* the acker */
}

unsigned output_pending_events(const struct output_settings *s)
{
	return s->type == OUTPUT_TYPE_PIPE
		       ? (TRAIL_MAX - 1) * s->feed.batch_events
		       : 0;
}

int output_start(struct output **op, const struct output_settings *settings,
	struct feed *feed, char *error, size_t cap)
{
	const struct output_kind *kind =
		output_collector(settings->type) != NULL ? &output_kind_remote
		: output_is_local(settings->type)        ? &output_kind_local
							 : &output_kind_file;

	return kind->start(op, settings, feed, error, cap);
}

void output_rotate(struct output *o)
{
	if (o->kind->rotate != NULL)
		o->kind->rotate(o);
}

void output_take_back(struct output *o)
{
	if (o->kind->take_back != NULL)
		o->kind->take_back(o);
}

static void wake(struct output *o)
{
	if (o->kind->wake != NULL)
		o->kind->wake(o);
}

void output_drain(struct output *o, uint64_t mono_deadline_ns, bool hurry)
{
	atomic_store(&o->hurries, hurry);
	stop_drain(&o->stop, mono_deadline_ns);
	wake(o);
}

void output_hand_over(struct output *o, uint64_t mono_deadline_ns)
{
	atomic_store(&o->hands_over, true);
	output_drain(o, mono_deadline_ns, false);
}

void output_halt(struct output *o, uint64_t until_ns)
{
	uint64_t never = 0;

	atomic_store(&o->halt_until_ns, until_ns);
	atomic_compare_exchange_strong(
		&o->halted_ns, &never, clock_mono_ns(&clock_system));
	stop_drain(&o->stop, UINT64_MAX); /* wakes those that pause */
	wake(o);
}

bool output_is_shareable(const struct output_settings *s)
{
	return (output_collector(s->type) != NULL ||
		       s->type == OUTPUT_TYPE_SOCKET) &&
	       !keeper_is_wanted(&s->keeper);
}

void output_give_up(struct output *o)
{
	stop_now(&o->stop);
	wake(o);
}

void output_cut(struct output *o)
{
	output_give_up(o);
	if (o->feed->keeper != NULL)
		keeper_cut(o->feed->keeper);
}

bool output_ended(const struct output *o)
{
	return atomic_load(&o->running) == 0 &&
	       (output_is_halting(o) || o->feed->keeper == NULL ||
		       keeper_ended(o->feed->keeper));
}

struct keeper *output_keeper(struct output *o)
{
	return o->feed->keeper;
}

void output_leave(struct output *o)
{
	if (atomic_fetch_sub(&o->running, 1) == 1 && o->feed->keeper != NULL &&
		!output_is_halting(o))
		keeper_close(o->feed->keeper);
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
	atomic_init(&o->hurries, false);
	atomic_init(&o->hands_over, false);
	return stop_init(&o->stop);
}

int output_start_keeper(const struct output_settings *s, struct feed *feed,
	char *error, size_t cap)
{
	static const char *const dialects[] = {
		[DIALECT_NATIVE] = "native", [DIALECT_CIM] = "cim"
	};
	static const char *const envelopes[] = {
		[ENVELOPE_NDJSON] = "ndjson",
		[ENVELOPE_SYSLOG] = "syslog",
		[ENVELOPE_HEC] = "hec",
	};
	const struct encoder_settings *e = &s->feed.encoder;
	char identity[PACK_IDENTITY_MAX + 1], why[ERROR_MAX];
	int r;

	if (!keeper_is_wanted(&s->keeper) || feed->keeper != NULL)
		return 0; /* or that of the output before this one */
	snprintf(identity, sizeof(identity), "%s %s %s", s->feed.name,
		dialects[e->dialect], envelopes[e->envelope]);
	r = keeper_start(
		&feed->keeper, &s->keeper, identity, feed, why, sizeof(why));
	if (r != 0)
		snprintf(error, cap, "output %s: %s", s->feed.name, why);
	return r;
}

static void drop(struct feed *feed, struct stat_shard *stats, struct batch **bp)
{
	uint32_t left = batch_left(*bp);

	stat_add(stats, OUTPUT_DROPPED_SHUTDOWN, left);
	batch_settle(*bp, left);
	batch_pool_put(&feed->pool, bp);
}

void output_end_feed(struct feed *feed)
{
	struct stat_shard *stats = feed_sender_stats(feed, 0);
	struct batch *b;
	uint64_t dropped;

	feed_close(feed);
	feed->keeper = keeper_free(feed->keeper);
	/* where there was no keeper to the end, nobody took those for it */
	while ((b = ring_try_pop(&feed->sealed)) != NULL ||
		(b = ring_try_pop(&feed->disk.errands)) != NULL)
		drop(feed, stats, &b);
	dropped = stat_sum(&feed->stats, OUTPUT_DROPPED_SHUTDOWN);
	if (dropped != 0)
		log_warn(DELIVER_DROPPED_SHUTDOWN,
			"events were still undelivered at the end",
			"output=%s events=%llu", feed->settings.name,
			(unsigned long long)dropped);
}

void output_deinit(struct output *o)
{
	if (!output_is_halting(o))
		output_end_feed(o->feed);
	stop_deinit(&o->stop);
}

/* Whoever comes after a halted output pauses as well. */
static bool is_paused(const struct output *o)
{
	return feed_is_paused(o->feed) &&
	       (!stop_is_draining(&o->stop) || output_is_halting(o));
}

bool output_pauses(struct output *o)
{
	uint64_t now = clock_mono_ns(&clock_system);

	if (!is_paused(o))
		return false;
	feed_stall(o->feed, now);
	stop_pause(&o->stop, false, now + IDLE_NS);
	return true;
}

bool output_reader(const struct output *o, struct reader_view *v)
{
	if (o->kind->reader == NULL)
		return false;
	o->kind->reader(o, v);
	return true;
}

int output_next(struct output *o, struct batch **bp)
{
	return output_next_within(o, IDLE_NS, bp);
}

int output_next_within(struct output *o, uint64_t ns, struct batch **bp)
{
	void *item;

	if (stop_is_over(&o->stop) || output_is_halting(o) ||
		atomic_load_explicit(&o->hands_over, memory_order_relaxed))
		return OUTPUT_E_OVER;
	if (output_pauses(o))
		return OUTPUT_E_IDLE;
	switch (ring_pop(
		&o->feed->sealed, clock_mono_ns(&clock_system) + ns, &item)) {
	case 0:
		/* the pause may have come while there was nothing to take */
		if (is_paused(o) && ring_put_back(&o->feed->sealed, item))
			return OUTPUT_E_IDLE;
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

	if (o->feed->keeper != NULL &&
		((*bp)->file != NULL ||
			(left > 0 && o->feed->settings.spool))) {
		feed_to_keeper(o->feed, bp);
	} else if (left > 0 && output_is_halting(o)) {
		/* the ring has a place for every batch of the pool */
		ring_push(&o->feed->sealed, *bp);
		*bp = NULL;
	} else {
		drop(o->feed, stats, bp);
	}
}

void output_count_delivered(struct output *o, struct stat_shard *stats,
	const struct batch *b, uint32_t n)
{
	/* dead letters that are sent again do not know */
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
