#include "deliver/sender.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/range.h"

enum { SENDER_MAGIC = 0x73656e64 };

/* The next n events of a batch, and what is known about sending them. */
struct parcel {
	struct batch *batch;
	uint32_t n;
	struct slice plain;
	struct slice zipped; /* NULL data: not compressed yet */
};

/* A post and what came of it. */
struct outcome {
	struct backend *backend;
	struct request request;
	long status;
	struct verdict verdict;
};

static const struct hec_settings *settings_of(const struct sender *s)
{
	return &s->output->settings->hec;
}

static const char *output_name(const struct sender *s)
{
	return s->output->feed->settings.name;
}

/*
 * A backend for the next post, waiting until one is usable.  When draining
 * begins each sender tries once whatever was agreed before: there may be no
 * other chance.  Return: a backend with a reference, NULL: leave.
 */
static struct backend *choose(struct sender *s)
{
	struct stop *stop = &s->output->stop;

	for (;;) {
		uint64_t now = clock_mono_ns(&clock_system), until = now;
		bool draining = stop_is_draining(stop);
		bool hurry = !s->hurried && draining;
		struct backend *b;

		if (stop_is_over(stop))
			return NULL;
		s->hurried = s->hurried || hurry;
		b = backend_list_pick(s->backends, s->avoid,
			hurry ? UINT64_MAX : now, &until);
		if (b != NULL)
			return b;
		/* not all senders at the same instant: the first one to wake
		 * finds out for the others */
		until += backoff_jitter_ns(&s->backoff, (until - now) / 4);
		stop_pause(stop, draining, until);
	}
}

static void post(struct sender *s, struct parcel *p, struct outcome *o)
{
	struct slice body = p->plain;
	struct reply reply;

	o->request = (struct request){ .events = p->n, .bytes = p->plain.len };
	if (s->compressor != NULL && !atomic_load(&o->backend->plain)) {
		/* no memory to compress: it goes as it is */
		if (p->zipped.data != NULL ||
			compressor_gzip(s->compressor, p->plain, &p->zipped) ==
				0) {
			body = p->zipped;
			o->request.compressed = true;
		}
	}
	stat_inc(s->stats, OUTPUT_REQUESTS);
	if (http_post(s->http, o->backend->url, body, o->request.compressed,
		    &reply) == 0)
		stat_add(s->stats, OUTPUT_BYTES_SENT, body.len);
	s->collector->judge(&o->verdict, &o->request, &reply);
	o->status = reply.status;
	if (o->status == 0)
		snprintf(o->verdict.reason, sizeof(o->verdict.reason), "%s",
			http_error(s->http));
}

#define OUTCOME_FORMAT "output=%s url=%s http=%ld code=%d reason=\"%s\""
#define OUTCOME_ARGS(s, o)                                                 \
	output_name(s), (o)->backend->url, (o)->status, (o)->verdict.code, \
		(o)->verdict.reason

/* Nothing is wrong with the backend. */
static void backend_is_up(struct sender *s, const struct outcome *o)
{
	uint64_t down_ns;

	s->avoid = o->verdict.slow_down ? o->backend : NULL;
	if (backend_work(o->backend, clock_mono_ns(&clock_system), &down_ns))
		log_info_limited(DELIVER_BACKEND_UP, "backend works again",
			"output=%s url=%s down_seconds=%.1f", output_name(s),
			o->backend->url, (double)down_ns / NS_PER_S);
}

static void backend_is_down(struct sender *s, const struct outcome *o)
{
	const struct hec_settings *set = settings_of(s);
	const struct verdict *v = &o->verdict;
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t ceiling = backoff_ceiling_ns(set->retry_initial_ns,
		set->retry_max_ns, backend_count_failure(o->backend, now));
	uint64_t delay = backoff_jitter_ns(&s->backoff, ceiling);

	if (v->slow_down)
		delay = ceiling / 2 + delay / 2;
	if (v->retry_after_ns != 0)
		delay = v->retry_after_ns +
			backoff_jitter_ns(&s->backoff, set->retry_initial_ns);
	s->avoid = o->backend;
	if (backend_fail(o->backend, BACKEND_DOWN, now, now + delay))
		log_limited(LOG_LEVEL_WARN, DELIVER_BACKEND_DOWN,
			"backend failed; events wait for it or go elsewhere",
			OUTCOME_FORMAT, OUTCOME_ARGS(s, o));
}

static void backend_is_held(struct sender *s, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t delay = settings_of(s)->hold_retry_ns;
	/* senders that were under way when the first one told are silent */
	bool again = backend_usable(o->backend, now);

	if (v->retry_after_ns > delay)
		delay = v->retry_after_ns;
	s->avoid = o->backend;
	if (backend_fail(o->backend, BACKEND_HELD, now, now + delay) || again)
		log_limited(LOG_LEVEL_ERROR, DELIVER_BACKEND_HELD,
			"backend refuses everything until somebody mends it; "
			"events wait for it or go elsewhere",
			OUTCOME_FORMAT " retry_seconds=%.1f",
			OUTCOME_ARGS(s, o), (double)delay / NS_PER_S);
}

static void refuse(struct sender *s, struct batch *b, uint32_t n,
	const struct outcome *o, enum output_stat reason)
{
	stat_add(s->stats, reason, n);
	stat_inc(s->stats, OUTPUT_REPLIES_REFUSED);
	batch_settle(b, n);
	log_limited(LOG_LEVEL_WARN, DELIVER_REFUSED,
		"the collector refused events for good; they are dropped",
		OUTCOME_FORMAT " events=%u", OUTCOME_ARGS(s, o), (unsigned)n);
}

/*
 * Halves, by size: what is sent next of this batch is at most half of what was
 * too much.  A single event cannot be halved.
 */
static size_t split(struct sender *s, struct parcel *p, const struct outcome *o)
{
	if (p->n > 1)
		return p->plain.len / 2;
	refuse(s, p->batch, 1, o, OUTPUT_DROPPED_TOO_LARGE);
	return SIZE_MAX;
}

/* Return: true when these n events must not be sent again as they are. */
static bool apply(struct sender *s, struct parcel *p, const struct outcome *o,
	size_t *most)
{
	const struct verdict *v = &o->verdict;

	switch (v->action) {
	case VERDICT_DELIVERED:
		backend_is_up(s, o);
		output_delivered(s->stats, p->batch, p->n);
		return true;
	case VERDICT_PARTIAL:
		backend_is_up(s, o);
		output_delivered(s->stats, p->batch, v->event);
		refuse(s, p->batch, 1, o, OUTPUT_DROPPED_REFUSED);
		return true;
	case VERDICT_REFUSED:
		backend_is_up(s, o);
		refuse(s, p->batch, p->n, o, OUTPUT_DROPPED_REFUSED);
		*most = SIZE_MAX;
		return true;
	case VERDICT_SPLIT:
		backend_is_up(s, o);
		*most = split(s, p, o);
		return true;
	case VERDICT_PLAIN:
		if (!atomic_exchange(&o->backend->plain, true))
			log_info(DELIVER_BACKEND_PLAIN,
				"backend takes no gzip; sending uncompressed",
				OUTCOME_FORMAT, OUTCOME_ARGS(s, o));
		return false;
	case VERDICT_RETRY:
		stat_inc(s->stats, OUTPUT_REPLIES_RETRY);
		/* a request that the end broke off says nothing about it */
		if (!stop_is_over(&s->output->stop))
			backend_is_down(s, o);
		return false;
	case VERDICT_HOLD:
		stat_inc(s->stats, OUTPUT_REPLIES_HOLD);
		backend_is_held(s, o);
		return false;
	}
	return false;
}

/*
 * Posts the next events, as many as `most` octets hold, until they are
 * settled or have to be cut otherwise.  Return: false: leave.
 */
static bool deliver_range(
	struct sender *s, struct batch *b, size_t *most, uint32_t *sent)
{
	uint32_t n = range_events(b, *most);
	struct parcel p = { .batch = b, .n = n > 0 ? n : 1 };
	struct outcome o;
	bool done = false;

	p.plain = range_bytes(b, p.n);
	while (!done) {
		o = (struct outcome){ .backend = choose(s) };
		if (o.backend == NULL)
			return false;
		if (b->first < *sent)
			stat_inc(s->stats, OUTPUT_RETRIES);
		if (b->first + p.n > *sent)
			*sent = b->first + p.n;
		post(s, &p, &o);
		done = apply(s, &p, &o, most);
		backend_put(o.backend);
	}
	return true;
}

static void deliver(struct sender *s, struct batch *b)
{
	uint64_t before = atomic_load_explicit(
		&s->stats->value[OUTPUT_DELIVERED], memory_order_relaxed);
	size_t most = SIZE_MAX;
	uint32_t sent = 0; /* events before it were in a request already */

	while (batch_left(b) > 0 && deliver_range(s, b, &most, &sent))
		;
	if (atomic_load_explicit(&s->stats->value[OUTPUT_DELIVERED],
		    memory_order_relaxed) != before)
		stat_inc(s->stats, OUTPUT_BATCHES_DELIVERED);
}

static void run(void *arg)
{
	struct sender *s = arg;
	struct batch *b;
	int r;

	assert(s->magic == SENDER_MAGIC);
	while ((r = output_next(s->output, &b)) != OUTPUT_E_OVER) {
		if (r == OUTPUT_E_IDLE)
			continue;
		deliver(s, b);
		output_done(s->output, s->stats, &b);
	}
	atomic_fetch_sub(&s->output->running, 1);
}

int sender_init(struct sender *s, struct output *o,
	const struct collector *collector, struct backend_list **backends,
	unsigned index)
{
	const struct hec_settings *set = &o->settings->hec;
	const struct http_settings http = {
		.content_type = collector->content_type,
		.auth_scheme = collector->auth_scheme,
		.token = set->token,
		.connect_timeout_ns = set->connect_timeout_ns,
		.request_timeout_ns = set->request_timeout_ns,
		.tls_ca = set->tls_ca,
		.tls_insecure = set->tls_insecure,
		.proxy = set->proxy,
		.connections = (unsigned)set->n_backends,
	};
	int r = 0;

	*s = (struct sender){
		.magic = SENDER_MAGIC,
		.output = o,
		.collector = collector,
		.backends = backends,
		.stats = feed_sender_stats(o->feed, index),
	};
	backoff_init(&s->backoff);
	if (set->gzip)
		r = compressor_new(&s->compressor, set->gzip_level);
	if (r == 0)
		r = http_new(&s->http, &http, &o->stop);
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
}
