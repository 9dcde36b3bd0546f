#include "deliver/sender.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/choice.h"
#include "deliver/parcel.h"
#include "deliver/range.h"
#include "deliver/settlement.h"
#include "deliver/standing.h"
#include "deliver/supply.h"

enum { SENDER_MAGIC = 0x73656e64 };

/* after a try that found no connection */
#define BUSY_PAUSE_NS (10 * NS_PER_MS)

/* Return: true when these n events must not be sent again as they are. */
static bool apply(struct sender *s, struct parcel *p, const struct outcome *o,
	size_t *most)
{
	const struct verdict *v = &o->verdict;

	switch (v->action) {
	case VERDICT_DELIVERED:
		if (o->loose) {
			stat_inc(s->stats, OUTPUT_REPLIES_HOLD);
			standing_held(s, o);
		} else {
			standing_up(s, o);
		}
		if (o->awaited) {
			batch_pass(p->batch, p->n);
			return true;
		}
		output_delivered(s->output, s->stats, p->batch, p->n);
		backend_count(o->backend, BACKEND_DELIVERED, p->n);
		return true;
	case VERDICT_PARTIAL:
		standing_up(s, o);
		output_delivered(s->output, s->stats, p->batch, v->event);
		backend_count(o->backend, BACKEND_DELIVERED, v->event);
		settlement_refuse(s, p->batch, 1, o, OUTPUT_DROPPED_REFUSED);
		return true;
	case VERDICT_REFUSED:
		standing_up(s, o);
		settlement_refuse(s, p->batch, p->n, o, OUTPUT_DROPPED_REFUSED);
		*most = SIZE_MAX;
		return true;
	case VERDICT_SPLIT:
		standing_up(s, o);
		*most = settlement_split(s, p, o);
		return true;
	case VERDICT_PLAIN:
		if (!atomic_exchange(&o->backend->plain, true))
			log_info(DELIVER_BACKEND_PLAIN,
				"backend refuses the compression; sending "
				"uncompressed",
				OUTCOME_FORMAT " compression=%s",
				OUTCOME_ARGS(s, o),
				compression_name(s->output->settings->remote
							 .compression));
		standing_pause(o);
		return false;
	case VERDICT_RETRY:
		if (o->excuse != EXCUSE_NONE) {
			s->avoid = o->excuse == EXCUSE_BUSY ? o->backend : NULL;
			return false;
		}
		stat_inc(s->stats, OUTPUT_REPLIES_RETRY);
		/* a request that the end broke off says nothing about it */
		if (!stop_is_over(&s->output->stop))
			standing_down(s, o);
		return false;
	case VERDICT_CHANNEL: /* the table has seen to it: once more */
	case VERDICT_NO_CHANNEL:
		stat_inc(s->stats, OUTPUT_REPLIES_RETRY);
		standing_pause(o);
		return false;
	case VERDICT_UNKNOWN: /* parcel_post() leaves none */
	case VERDICT_HOLD:
		stat_inc(s->stats, OUTPUT_REPLIES_HOLD);
		standing_held(s, o);
		return false;
	}
	return false;
}

static void rest(struct sender *s)
{
	struct stop *stop = &s->output->stop;

	stop_pause(stop, stop_is_draining(stop),
		clock_mono_ns(&clock_system) + BUSY_PAUSE_NS);
}

/* Waits until what may be refused finds its place on the way to the disk, with
 * no request under way.  Return: false: leave. */
static bool await_letters(struct sender *s)
{
	while (!feed_letters_fit(s->output->feed)) {
		if (stop_is_over(&s->output->stop) ||
			output_is_halting(s->output))
			return false;
		rest(s);
	}
	return true;
}

/*
 * Posts the next events, as many as `most` octets hold, until they are
 * settled or have to be cut otherwise.  Return: false: leave.
 */
static bool deliver_range(
	struct sender *s, struct batch *b, size_t *most, uint32_t *sent)
{
	/* one read back from the spool may be larger than batches are now */
	size_t usual = s->output->feed->settings.batch_bytes;
	uint32_t n = range_events(b, *most < usual ? *most : usual);
	struct parcel p = { .batch = b, .n = n > 0 ? n : 1 };
	struct outcome o;
	bool again, done = false, tried = false;

	parcel_pack(s, &p);
	while (!done) {
		if (tried && output_is_halting(s->output))
			return false; /* the next output goes on with it */
		tried = true;
		o = (struct outcome){ 0 };
		if (!await_letters(s) || !choice_make(s, &o))
			return false;
		again = b->first < *sent;
		parcel_post(s, &p, &o);
		if (o.excuse != EXCUSE_BUSY) {
			if (again)
				stat_inc(s->stats, OUTPUT_RETRIES);
			if (b->first + p.n > *sent)
				*sent = b->first + p.n;
		}
		done = apply(s, &p, &o, most);
		choice_end(s, &o);
		if (o.excuse == EXCUSE_BUSY)
			rest(s); /* for want of memory it may be at once */
	}
	return true;
}

static void deliver(struct sender *s, struct batch *b, bool again)
{
	uint64_t before = atomic_load_explicit(
		&s->stats->value[OUTPUT_DELIVERED], memory_order_relaxed);
	size_t most = SIZE_MAX;
	/* events before it were in a request already */
	uint32_t sent = again ? b->events : 0;

	while (batch_left(b) > 0 &&
		(s->claim == NULL || !ack_claim_is_full(s->claim)) &&
		deliver_range(s, b, &most, &sent))
		;
	if (atomic_load_explicit(&s->stats->value[OUTPUT_DELIVERED],
		    memory_order_relaxed) != before)
		stat_inc(s->stats, OUTPUT_BATCHES_DELIVERED);
}

static void run(void *arg)
{
	struct sender *s = arg;
	struct batch *b;
	bool again;
	int r;

	assert(s->magic == SENDER_MAGIC);
	while ((r = supply_next(s, &b, &again)) != OUTPUT_E_OVER) {
		if (r == OUTPUT_E_IDLE)
			continue;
		deliver(s, b, again);
		supply_done(s, &b);
	}
	output_leave(s->output);
}

int sender_init(struct sender *s, struct output *o,
	struct backend_list **backends, struct acker *acker, unsigned index)
{
	const struct remote_settings *set = &o->settings->remote;
	const struct collector *collector = output_collector(o->settings->type);
	int r = 0;

	*s = (struct sender){
		.magic = SENDER_MAGIC,
		.output = o,
		.collector = collector,
		.backends = backends,
		.acker = acker,
		.stats = feed_sender_stats(o->feed, index),
	};
	backoff_init(&s->backoff);
	if (set->compression != COMPRESSION_NONE)
		r = compressor_new(&s->compressor, set->compression,
			set->compression_level);
	if (r == 0)
		r = http_new(&s->http, &o->stop,
			(struct pool_holder){ "sender", index });
	if (r != 0)
		sender_deinit(s);
	return r;
}

int sender_start(struct sender *s)
{
	int r;

	atomic_fetch_add(&s->output->running, 1);
	r = thread_start(&s->thread, "sender", run, s);
	if (r != 0)
		atomic_fetch_sub(&s->output->running, 1);
	return r;
}

void sender_deinit(struct sender *s)
{
	thread_join(&s->thread);
	s->http = http_free(s->http);
	s->compressor = compressor_free(s->compressor);
	buf_deinit(&s->frame);
}
