#include "deliver/choice.h"

#include "base/clock.h"
#include "deliver/acker.h"

/* Draining tries by force so often: there may be no other chance. */
#define HURRY_NS (2 * NS_PER_S)

static uint64_t random_of(void *arg)
{
	return backoff_random(arg);
}

/* Return: true: o has a place; false: p->until_ns, p->busy. */
static bool try(struct sender *s, struct outcome *o, struct pick *p)
{
	/* another sender may be quicker; then what it took is not usable */
	while ((o->backend = backend_list_pick(s->backends, p)) != NULL) {
		if (backend_enter(o->backend, p->mono_ns, p->force)) {
			o->entered_ns = p->mono_ns;
			return true;
		}
		o->backend = backend_put(o->backend);
	}
	return false;
}

/* Return: false: there is nothing to wait for. */
static bool await(
	struct sender *s, const struct pick *p, bool draining, unsigned nudges)
{
	uint64_t until = p->until_ns, soon = s->hurry_ns;

	if (output_is_halting(s->output))
		return false;
	if (!p->busy) {
		feed_stall(s->output->feed, p->mono_ns);
		/* the spool has it; no deadline is worth waiting for */
		if (draining && s->output->feed->settings.spool &&
			!atomic_load(&s->output->feed->disk.refuses))
			return false;
	}
	/* not all senders at the same instant: the first one to wake finds out
	 * for the others */
	if (until != UINT64_MAX)
		until += backoff_jitter_ns(
			&s->backoff, (until - p->mono_ns) / 4);
	if (draining && until > soon)
		until = soon;
	return !stop_await(&s->output->stop, draining, nudges, until);
}

bool choice_make(struct sender *s, struct outcome *o)
{
	const struct remote_settings *set = &s->output->settings->remote;
	struct stop *stop = &s->output->stop;
	bool waits = false, goes_on = !stop_is_over(stop), found = false;

	while (goes_on && !found) {
		unsigned nudges = atomic_load(&stop->nudges);
		bool draining = stop_is_draining(stop);
		uint64_t now = clock_mono_ns(&clock_system);
		struct pick p = {
			.strategy = balance_strategy_pick(set->balance),
			.avoid = s->avoid,
			.mono_ns = now,
			.force = draining && now >= s->hurry_ns,
			.claims = acker_is_on(s->acker)
					  ? s->output->feed->pending_max
					  : 0,
			.random = random_of,
			.arg = &s->backoff,
		};

		if (p.force)
			s->hurry_ns = now + HURRY_NS;
		found = try(s, o, &p);
		if (found)
			break;
		if (waits) {
			goes_on = await(s, &p, draining, nudges);
		} else {
			/* looks once more, so that no nudge is missed */
			atomic_fetch_add(&stop->waiters, 1);
			waits = true;
		}
	}
	if (waits)
		atomic_fetch_sub(&stop->waiters, 1);
	return found;
}

void choice_end(struct sender *s, struct outcome *o)
{
	backend_leave(o->backend, o->entered_ns);
	stop_nudge(&s->output->stop);
	o->backend = backend_put(o->backend);
}
