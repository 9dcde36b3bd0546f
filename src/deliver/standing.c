#include "deliver/standing.h"

#include "base/clock.h"
#include "base/log.h"

static const struct remote_settings *settings_of(const struct sender *s)
{
	return &s->output->settings->remote;
}

static struct backend_report report_of(const struct outcome *o)
{
	return (struct backend_report){
		.entered_ns = o->entered_ns,
		.took_ns = o->took_ns,
		.mono_ns = clock_mono_ns(&clock_system),
		.reason = o->verdict.reason,
	};
}

void standing_pause(const struct outcome *o)
{
	uint64_t ns = o->verdict.retry_after_ns;

	if (ns != 0)
		backend_pause(o->backend, clock_mono_ns(&clock_system) + ns);
}

void standing_up(struct sender *s, const struct outcome *o)
{
	struct backend_report r = report_of(o);
	uint64_t down_ns;

	s->avoid = NULL;
	feed_resume(s->output->feed);
	if (o->verdict.slow_down) { /* it took them, and would like fewer */
		s->avoid = o->backend;
		backend_count(o->backend, BACKEND_NEAR_CAPACITY, 1);
		backend_lighten(
			o->backend, r.mono_ns + settings_of(s)->light_ns);
	}
	if (backend_work(o->backend, settings_of(s), &r, &down_ns) != 0)
		log_info_limited(DELIVER_BACKEND_UP, "backend works again",
			"output=%s url=%s down_seconds=%.1f",
			s->output->feed->settings.name, o->backend->base,
			(double)down_ns / NS_PER_S);
	standing_pause(o); /* what makes it up again ends its pauses */
}

/*
 * Busy is not broken: who answers 429, or 503 with a code of the product's
 * own, is alive and gets less.  A bare 503 is a proxy's with nobody behind it.
 */
static bool is_broken(const struct outcome *o)
{
	const struct verdict *v = &o->verdict;

	return !v->slow_down || (o->status == 503 && v->code < 0);
}

static void count_failure(const struct outcome *o)
{
	backend_count(o->backend,
		o->status == 0 ? BACKEND_FAILED_NO_REPLY : BACKEND_FAILED_REPLY,
		1);
	if (o->verdict.slow_down)
		backend_count(o->backend, BACKEND_SLOW_DOWNS, 1);
}

void standing_down(struct sender *s, const struct outcome *o)
{
	const struct remote_settings *set = settings_of(s);
	const struct verdict *v = &o->verdict;
	struct backend_report r = report_of(o);
	uint64_t ceiling = backoff_ceiling_ns(set->retry_initial_ns,
		set->retry_max_ns, backend_round(o->backend, r.mono_ns));
	uint64_t delay = backoff_jitter_ns(&s->backoff, ceiling);
	int news;

	if (v->slow_down)
		delay = ceiling / 2 + delay / 2;
	if (v->retry_after_ns != 0)
		delay = v->retry_after_ns +
			backoff_jitter_ns(&s->backoff, set->retry_initial_ns);
	r.state = BACKEND_DOWN;
	r.until_ns = r.mono_ns + delay;
	r.broken = is_broken(o);
	r.gone = v->gone;
	r.silent = o->status == 0;
	r.sign = v->slow_down || o->status == 0 ? LIMITER_TOO_MUCH
						: LIMITER_UNKNOWN;
	s->avoid = o->backend;
	count_failure(o);
	news = backend_fail(o->backend, set, &r);
	if (news == BACKEND_E_OPENED)
		log_limited(LOG_LEVEL_WARN, DELIVER_BREAKER_OPEN,
			"backend keeps failing; it gets nothing for a while",
			OUTCOME_FORMAT, OUTCOME_ARGS(s, o));
	else if (news != 0)
		log_limited(LOG_LEVEL_WARN, DELIVER_BACKEND_DOWN,
			"backend failed; events wait for it or go elsewhere",
			OUTCOME_FORMAT, OUTCOME_ARGS(s, o));
}

void standing_held(struct sender *s, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;
	struct backend_report r = report_of(o);
	uint64_t delay = settings_of(s)->hold_retry_ns;
	/* senders that were under way when the first one told are silent */
	bool again = backend_usable(o->backend, r.mono_ns);

	backend_count(o->backend, BACKEND_HOLDS, 1);
	if (v->retry_after_ns > delay)
		delay = v->retry_after_ns;
	r.state = BACKEND_HELD;
	r.until_ns = r.mono_ns + delay;
	r.sign = LIMITER_UNKNOWN;
	s->avoid = o->backend;
	if (backend_fail(o->backend, settings_of(s), &r) != 0 || again)
		log_limited(LOG_LEVEL_ERROR, DELIVER_BACKEND_HELD,
			"backend refuses everything until somebody mends it; "
			"events wait for it or go elsewhere",
			OUTCOME_FORMAT " retry_seconds=%.1f",
			OUTCOME_ARGS(s, o), (double)delay / NS_PER_S);
}
