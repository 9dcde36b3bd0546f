#include "deliver/standing.h"

#include "base/clock.h"
#include "base/log.h"

static const struct remote_settings *settings_of(const struct sender *s)
{
	return &s->output->settings->remote;
}

void standing_up(struct sender *s, const struct outcome *o)
{
	uint64_t down_ns;

	if (o->verdict.slow_down)
		backend_count(o->backend, BACKEND_NEAR_CAPACITY, 1);
	s->avoid = o->verdict.slow_down ? o->backend : NULL;
	feed_resume(s->output->feed);
	if (backend_work(o->backend, clock_mono_ns(&clock_system), &down_ns))
		log_info_limited(DELIVER_BACKEND_UP, "backend works again",
			"output=%s url=%s down_seconds=%.1f",
			s->output->feed->settings.name, o->backend->url,
			(double)down_ns / NS_PER_S);
}

void standing_down(struct sender *s, const struct outcome *o)
{
	const struct remote_settings *set = settings_of(s);
	const struct verdict *v = &o->verdict;
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t ceiling = backoff_ceiling_ns(set->retry_initial_ns,
		set->retry_max_ns, backend_count_failure(o->backend, now));
	uint64_t delay = backoff_jitter_ns(&s->backoff, ceiling);

	backend_count(o->backend,
		o->status == 0 ? BACKEND_FAILED_NO_REPLY : BACKEND_FAILED_REPLY,
		1);
	if (v->slow_down)
		backend_count(o->backend, BACKEND_SLOW_DOWNS, 1);
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

void standing_held(struct sender *s, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t delay = settings_of(s)->hold_retry_ns;
	/* senders that were under way when the first one told are silent */
	bool again = backend_usable(o->backend, now);

	backend_count(o->backend, BACKEND_HOLDS, 1);
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
