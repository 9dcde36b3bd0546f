#include "deliver/acker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

/* What a sender or the end does is looked for so often. */
#define LOOK_NS (250 * NS_PER_MS)

/* After a halt the next output waits for this one, so long at least; what is
 * not acknowledged by then it sends again. */
#define HALT_PATIENCE_NS (2 * NS_PER_S)
#define HALT_SILENCE_NS  (5 * NS_PER_S) /* since the last answer */

#define TIMEOUT_NS (10 * NS_PER_S) /* where request_timeout is "auto" */

static const char *name(const struct acker *a)
{
	return a->output->feed->settings.name;
}

static void on_acked(
	void *arg, struct backend *backend, const struct batch *b, uint32_t n)
{
	struct acker *a = arg;

	stat_add(a->stats, OUTPUT_ACKED, n);
	backend_count(backend, BACKEND_DELIVERED, n);
	output_count_delivered(a->output, a->stats, b, n);
}

static void tell_loss(struct acker *a, const struct ack_loss *loss)
{
	if (loss->events == 0)
		return;
	stat_add(a->stats, OUTPUT_ACK_LOST, loss->events);
	log_limited(LOG_LEVEL_WARN, DELIVER_ACK_LOST,
		"events were taken but not acknowledged; they are sent again",
		"output=%s url=%s reason=\"%s\" events=%u", name(a), loss->url,
		loss->why, (unsigned)loss->events);
}

static void reap(struct acker *a)
{
	struct batch *b;
	bool acked;

	while ((b = ack_table_reap(&a->table, &acked)) != NULL) {
		if (acked)
			stat_inc(a->stats, OUTPUT_BATCHES_DELIVERED);
		output_done(a->output, a->stats, &b);
	}
}

/* One request, judged.  Return: true: no reply at all. */
static bool ask(struct acker *a, struct ack_question *q, struct ack_verdict *v)
{
	const struct collector_ack *ack = a->collector->ack;
	struct buf url = BUF_NULL, body = BUF_NULL;
	const struct remote_settings *set = &a->output->settings->remote;
	char channel[ACK_HEADER_MAX];
	struct http_request rq = {
		.timeout_ns = set->request_timeout_ns != 0
				      ? set->request_timeout_ns
				      : TIMEOUT_NS,
		.headers = { channel },
	};
	struct reply reply = { 0 };
	int r;

	r = ack->url(&url, q->backend->url, q->guid);
	if (r == 0)
		r = ack->ask(&body, q->ids, q->n);
	snprintf(channel, sizeof(channel), "%s: %s", ack->channel_header,
		q->guid);
	if (r == 0) {
		stat_inc(a->stats, OUTPUT_ACK_REQUESTS);
		rq.url = buf_str(&url);
		rq.body = slice_from(body.data, body.len);
		r = http_send(a->http, q->backend->target, &rq, &reply);
	}
	ack->judge(v, q->ids, q->acked, q->n, &reply);
	if (r != 0)
		snprintf(v->reason, sizeof(v->reason), "%s",
			r > 0 ? http_error(a->http) : "no memory");
	buf_deinit(&url);
	buf_deinit(&body);
	return reply.status == 0;
}

static void tell_answer(struct acker *a, const struct ack_question *q,
	const struct ack_verdict *v)
{
	if (v->action == ACK_FAILED) {
		stat_inc(a->stats, OUTPUT_ACK_FAILURES);
		log_limited(LOG_LEVEL_WARN, DELIVER_ACK_FAILED,
			"the backend does not say what it has acknowledged; "
			"events wait, then they are sent again",
			"output=%s url=%s code=%d reason=\"%s\"", name(a),
			q->backend->base, v->code, v->reason);
	} else if (v->action == ACK_OFF) {
		log_limited(LOG_LEVEL_WARN, DELIVER_ACK_OFF,
			"the backend acknowledges nothing; what it answers "
			"with success counts as delivered",
			"output=%s url=%s code=%d reason=\"%s\"", name(a),
			q->backend->base, v->code, v->reason);
	}
}

/* Asks about one channel.  Return: false and when to look again: there is
 * none now. */
static bool turn(struct acker *a, uint64_t *wake_ns)
{
	struct ack_question *q = &a->question;
	uint64_t now = clock_mono_ns(&clock_system);
	struct ack_loss loss;
	struct ack_verdict v;
	bool silent;

	while (ack_table_expire(&a->table, now, &loss)) {
		tell_loss(a, &loss);
		/* senders wait for backends that had their part of batches */
		stop_nudge(&a->output->stop);
	}
	reap(a);
	if (!ack_table_ask(&a->table, now, q, wake_ns))
		return false;
	silent = ask(a, q, &v);
	if (v.action != ACK_FAILED)
		a->answered_ns = clock_mono_ns(&clock_system);
	tell_answer(a, q, &v);
	ack_table_answer(
		&a->table, q, &v, silent, clock_mono_ns(&clock_system), &loss);
	tell_loss(a, &loss);
	reap(a);
	stop_nudge(&a->output->stop);
	return true;
}

/*
 * Halted, and what is not acknowledged yet is to be sent again?  Not while
 * backends answer; but events wait meanwhile, and they must not fill the
 * memory.
 */
static bool is_impatient(const struct acker *a)
{
	const struct output *o = a->output;
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t halted = atomic_load(&o->halted_ns);

	if (halted == 0 || now < halted + HALT_PATIENCE_NS)
		return false;
	return now >= atomic_load(&o->halt_until_ns) ||
	       now >= a->answered_ns + HALT_SILENCE_NS ||
	       ring_len(&o->feed->sealed) > o->feed->queue_max / 2;
}

/* Nothing waits any more and nobody is left to post, or time is over. */
static bool ended(struct acker *a)
{
	struct stop *stop = &a->output->stop;

	return stop_is_over(stop) || is_impatient(a) ||
	       (stop_is_draining(stop) &&
		       atomic_load(&a->output->running) == 1 &&
		       ack_table_is_idle(&a->table));
}

/* Senders leave within a second of the end; what they hold comes here. */
static void wait_for_senders(struct acker *a)
{
	struct timespec pause = { .tv_nsec = NS_PER_MS };

	while (atomic_load(&a->output->running) > 1)
		nanosleep(&pause, NULL);
}

static void run(void *arg)
{
	struct acker *a = arg;
	struct stop *stop = &a->output->stop;
	struct batch *b;

	while (!ended(a)) {
		bool draining = stop_is_draining(stop);
		uint64_t wake_ns, look_ns;

		if (draining)
			ack_table_hurry(&a->table);
		if (turn(a, &wake_ns))
			continue;
		look_ns = a->table.settings.interval_ns < LOOK_NS
				  ? a->table.settings.interval_ns
				  : LOOK_NS;
		if (draining && look_ns > LOOK_NS / 10)
			look_ns = LOOK_NS / 10;
		look_ns += clock_mono_ns(&clock_system);
		stop_pause(
			stop, draining, wake_ns < look_ns ? wake_ns : look_ns);
	}
	wait_for_senders(a);
	reap(a);
	while ((b = ack_table_give_up(&a->table)) != NULL)
		output_done(a->output, a->stats, &b);
	output_leave(a->output);
}

int acker_new(struct acker **ap, struct output *o, unsigned index)
{
	const struct remote_settings *set = &o->settings->remote;
	struct acker *a = calloc(1, sizeof(*a));
	struct ack_settings table = {
		.wanted = set->acknowledge,
		.interval_ns = set->ack_interval_ns,
		.timeout_ns = set->ack_timeout_ns,
		.unreached_ns = set->ack_unreached_ns,
		.max_pending = o->feed->pending_max,
		.acked = on_acked,
		.arg = a,
	};
	int r;

	if (a == NULL)
		return -ENOMEM;
	a->output = o;
	a->collector = output_collector(o->settings->type);
	r = ack_table_init(&a->table, &table, set->senders);
	if (r == 0 && set->acknowledge) {
		a->stats = feed_sender_stats(o->feed, index);
		r = http_new(&a->http, &o->stop,
			(struct pool_holder){ .what = "acker" });
	}
	if (r != 0)
		a = acker_free(a);
	*ap = a;
	return r;
}

int acker_start(struct acker *a)
{
	int r;

	if (!acker_is_on(a))
		return 0;
	atomic_fetch_add(&a->output->running, 1);
	r = thread_start(&a->thread, "acker", run, a);
	if (r != 0)
		atomic_fetch_sub(&a->output->running, 1);
	return r;
}

struct acker *acker_free(struct acker *a)
{
	if (a == NULL)
		return NULL;
	thread_join(&a->thread);
	a->http = http_free(a->http);
	ack_table_deinit(&a->table);
	free(a);
	return NULL;
}
