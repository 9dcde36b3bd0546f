#include "deliver/health_thread.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/probe.h"
#include "deliver/remote_output.h"

enum { HEALTH_MAGIC = 0x68656c74 };

/* Pools are tended, and who went down otherwise is noticed, so often. */
#define LOOK_NS NS_PER_S

struct health_thread {
	unsigned magic;
	struct remote_output *output; /* const after start */
	struct stop stop;             /* of this thread alone */
	struct thread thread;
	/* owner: the thread */
	CURLM *multi;
	struct probe *probes[BALANCE_MAX];
	size_t n_probes;
	uint64_t look_due_ns, outlier_due_ns;
	uint64_t next_ns; /* monotonic: when something is due */
};

#define BACKEND_FORMAT "output=%s url=%s reason=\"%s\""
#define BACKEND_ARGS(t, b, v) \
	(t)->output->head.feed->settings.name, (b)->base, (v)->reason

static const struct remote_settings *settings_of(const struct health_thread *t)
{
	return &t->output->head.settings->remote;
}

static void tell_fall(const struct health_thread *t, const struct backend *b,
	const struct health_verdict *v)
{
	log_limited(LOG_LEVEL_WARN, DELIVER_HEALTH_FAILED,
		"health checks fail; the backend gets nothing for a while",
		BACKEND_FORMAT, BACKEND_ARGS(t, b, v));
}

static void hold(struct health_thread *t, struct backend *b,
	const struct health_verdict *v, uint64_t now)
{
	struct backend_report r = {
		.entered_ns = b->checked_ns,
		.mono_ns = now,
		.sign = LIMITER_UNKNOWN,
		.state = BACKEND_HELD,
		.until_ns = now + settings_of(t)->hold_retry_ns,
		.reason = v->reason,
	};

	backend_count(b, BACKEND_HOLDS, 1);
	if (backend_fail(b, settings_of(t), &r) != 0)
		log_limited(LOG_LEVEL_ERROR, DELIVER_BACKEND_HELD,
			"backend refuses everything until somebody mends it; "
			"events wait for it or go elsewhere",
			BACKEND_FORMAT, BACKEND_ARGS(t, b, v));
}

static void change(struct health_thread *t, struct backend *b,
	const struct health_verdict *v, int what, uint64_t now)
{
	switch (what) {
	case VITALS_E_FELL:
		if (backend_trip(b, settings_of(t), now, v->reason))
			tell_fall(t, b, v);
		break;
	case VITALS_E_ROSE:
		log_limited(LOG_LEVEL_INFO, DELIVER_HEALTH_BACK,
			"health checks succeed again; the backend is tried",
			BACKEND_FORMAT, BACKEND_ARGS(t, b, v));
		backend_recover(b, now);
		stop_nudge(&t->output->head.stop);
		break;
	}
}

static void due_at(struct health_thread *t, uint64_t mono_ns)
{
	if (mono_ns < t->next_ns)
		t->next_ns = mono_ns;
}

/*
 * Where real requests have been taken since the check before this one, they
 * are right and a check that says otherwise is not.
 */
static void settle(struct health_thread *t, struct backend *b,
	const struct health_verdict *v)
{
	const struct vitals_settings *s = &settings_of(t)->health.vitals;
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t worked_ns = atomic_load(&b->worked_ns);
	bool worked = worked_ns != 0 && worked_ns >= b->before_ns;
	enum vitals_sign sign = v->sign == HEALTH_GONE  ? VITALS_GONE
				: v->sign == HEALTH_ILL ? VITALS_BAD
							: VITALS_GOOD;
	bool unreached = backend_is_unreached(b);

	backend_count(b, BACKEND_HEALTH_CHECKS, 1);
	if (v->sign == HEALTH_ILL || v->sign == HEALTH_GONE)
		backend_count(b, BACKEND_HEALTH_FAILURES, 1);
	if (v->sign == HEALTH_UNKNOWN) /* as if it had not been asked */
		b->vitals.due_ns = now + s->interval_ns;
	else if (sign == VITALS_BAD && worked) /* real requests know better */
		vitals_check(&b->vitals, s, VITALS_GOOD, unreached, now);
	else
		change(t, b, v,
			vitals_check(&b->vitals, s, sign, unreached, now), now);
	if (v->sign == HEALTH_REFUSED && !worked)
		hold(t, b, v, now);
	due_at(t, b->vitals.due_ns);
}

static void drop_probe(struct health_thread *t, struct probe *p)
{
	for (size_t i = 0; i < t->n_probes; i++)
		if (t->probes[i] == p)
			t->probes[i] = t->probes[--t->n_probes];
	probe_backend(p)->checking = false;
	probe_free(p);
}

static void start_probe(
	struct health_thread *t, struct backend *b, uint64_t now)
{
	b->before_ns = b->checked_ns;
	b->checked_ns = now;
	if (t->n_probes < BALANCE_MAX &&
		probe_start(&t->probes[t->n_probes], t->multi, b,
			t->output->head.settings) == 0) {
		t->n_probes++;
		b->checking = true;
	} else { /* no memory: the next time */
		b->vitals.due_ns =
			now + settings_of(t)->health.vitals.interval_ns;
	}
}

static void start_probes(
	struct health_thread *t, struct backend **of, size_t n, uint64_t now)
{
	const struct health_settings *s = &settings_of(t)->health;

	for (size_t i = 0; s->enabled && i < n; i++) {
		struct backend *b = of[i];

		if (b->checking || atomic_load(&b->disabled) ||
			atomic_load(&b->draining))
			continue;
		if (backend_is_unreached(b))
			vitals_hurry(&b->vitals, &s->vitals, now);
		if (b->vitals.due_ns <= now)
			start_probe(t, b, now);
		if (!b->checking)
			due_at(t, b->vitals.due_ns);
	}
}

/* What came since the last look, and a mark for the next. */
static struct outlier_sample sample(struct backend *b, uint64_t now)
{
	struct histogram_reading latency;
	struct backend_mark mark;
	struct outlier_sample o;

	histogram_read(&b->latency, &latency);
	mark.requests = atomic_load(&b->stats[BACKEND_REQUESTS]);
	mark.failures = atomic_load(&b->stats[BACKEND_FAILED_NO_REPLY]) +
			atomic_load(&b->stats[BACKEND_FAILED_REPLY]);
	mark.replies = latency.count;
	mark.took_ns = latency.sum;
	o = (struct outlier_sample){
		.requests = mark.requests - b->mark.requests,
		.failures = mark.failures - b->mark.failures,
		.usable = backend_has_part(b, now),
	};
	if (mark.replies > b->mark.replies)
		o.mean_ns = (mark.took_ns - b->mark.took_ns) /
			    (mark.replies - b->mark.replies);
	b->mark = mark;
	return o;
}

static void look_for_outliers(
	struct health_thread *t, struct backend **of, size_t n, uint64_t now)
{
	const struct outlier_settings *s = &settings_of(t)->outlier;
	struct outlier_sample samples[BALANCE_MAX];
	size_t out;

	if (s->interval_ns == 0)
		return;
	if (now < t->outlier_due_ns) {
		due_at(t, t->outlier_due_ns);
		return;
	}
	t->outlier_due_ns = now + s->interval_ns;
	due_at(t, t->outlier_due_ns);
	for (size_t i = 0; i < n; i++)
		samples[i] = sample(of[i], now);
	while ((out = outlier_find(samples, n, s)) < n) {
		samples[out].usable = false;
		backend_eject(of[out], s, now);
		log_limited(LOG_LEVEL_WARN, DELIVER_EJECTED,
			"backend is set aside: it fails or lags far more than "
			"the others",
			"output=%s url=%s requests=%llu failures=%llu "
			"mean_ms=%.1f",
			t->output->head.feed->settings.name, of[out]->base,
			(unsigned long long)samples[out].requests,
			(unsigned long long)samples[out].failures,
			(double)samples[out].mean_ns / NS_PER_MS);
	}
	for (size_t i = 0; i < n; i++)
		if (samples[i].usable && samples[i].requests >= s->requests)
			backend_behaves(of[i], now);
}

static void tend(
	struct health_thread *t, struct backend **of, size_t n, uint64_t now)
{
	if (now < t->look_due_ns) {
		due_at(t, t->look_due_ns);
		return;
	}
	t->look_due_ns = now + LOOK_NS;
	due_at(t, t->look_due_ns);
	for (size_t i = 0; i < n; i++) {
		struct pool *p = of[i]->target->pool;

		pool_tend(p);
		if (atomic_load(&of[i]->draining))
			pool_clear(p); /* its end may wait for them to go */
	}
}

static void finish_probes(struct health_thread *t)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(t->multi, &left)) != NULL) {
		CURLcode result = m->data.result;
		struct probe *p;
		struct health_verdict v;

		if (m->msg != CURLMSG_DONE)
			continue;
		p = probe_of(m->easy_handle); /* m ends with the handle */
		probe_judge(p, result, t->output->head.settings, &v);
		settle(t, probe_backend(p), &v);
		drop_probe(t, p);
	}
}

/* Until something is due, a check has news, or the end. */
static void rest(struct health_thread *t)
{
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t left = t->next_ns > now ? t->next_ns - now : 0;

	curl_multi_poll(t->multi, NULL, 0,
		(int)((left + NS_PER_MS - 1) / NS_PER_MS), NULL);
}

static void run(void *arg)
{
	struct health_thread *t = arg;
	struct backend *of[BALANCE_MAX];
	int running;

	assert(t->magic == HEALTH_MAGIC);
	while (!stop_is_over(&t->stop)) {
		size_t n = remote_output_hold(t->output, of);
		uint64_t now = clock_mono_ns(&clock_system);

		t->next_ns = UINT64_MAX;
		start_probes(t, of, n, now);
		look_for_outliers(t, of, n, now);
		tend(t, of, n, now);
		for (size_t i = 0; i < n; i++)
			backend_put(of[i]);
		curl_multi_perform(t->multi, &running);
		finish_probes(t);
		rest(t);
	}
	while (t->n_probes > 0)
		drop_probe(t, t->probes[0]);
}

int health_thread_start(struct health_thread **tp, struct remote_output *o)
{
	struct health_thread *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return -ENOMEM;
	r = stop_init(&t->stop);
	if (r != 0) {
		free(t);
		return r;
	}
	t->magic = HEALTH_MAGIC;
	t->output = o;
	t->outlier_due_ns = clock_mono_ns(&clock_system) +
			    o->head.settings->remote.outlier.interval_ns;
	t->multi = curl_multi_init();
	r = t->multi != NULL ? 0 : -ENOMEM;
	if (r == 0)
		r = thread_start(&t->thread, "health", run, t);
	if (r != 0)
		t = health_thread_free(t);
	*tp = t;
	return r;
}

struct health_thread *health_thread_free(struct health_thread *t)
{
	if (t == NULL)
		return NULL;
	stop_now(&t->stop);
	if (t->multi != NULL)
		curl_multi_wakeup(t->multi);
	thread_join(&t->thread);
	curl_multi_cleanup(t->multi);
	stop_deinit(&t->stop);
	free(t);
	return NULL;
}
