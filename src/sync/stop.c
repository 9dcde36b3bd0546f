#include "sync/stop.h"

#include <time.h>

#include "base/clock.h"

int stop_init(struct stop *s)
{
	pthread_condattr_t attr;
	int r;

	*s = (struct stop){ .deadline_ns = UINT64_MAX };
	r = pthread_condattr_init(&attr);
	if (r != 0)
		return -r;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	r = pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (r != 0)
		return -r;
	return -pthread_mutex_init(&s->lock, NULL);
}

void stop_deinit(struct stop *s)
{
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
}

void stop_drain(struct stop *s, uint64_t mono_deadline_ns)
{
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->deadline_ns, mono_deadline_ns);
	atomic_store(&s->draining, true);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void stop_now(struct stop *s)
{
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->now, true);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

bool stop_is_over(const struct stop *s)
{
	return atomic_load(&s->now) ||
	       clock_mono_ns(&clock_system) >= atomic_load(&s->deadline_ns);
}

/* @nudges:  NULL: none ends it */
static bool sleep_until(struct stop *s, bool draining, const unsigned *nudges,
	uint64_t mono_until_ns)
{
	pthread_mutex_lock(&s->lock);
	while (!atomic_load(&s->now) && atomic_load(&s->draining) == draining &&
		(nudges == NULL || atomic_load(&s->nudges) == *nudges)) {
		uint64_t deadline = atomic_load(&s->deadline_ns);
		uint64_t until =
			mono_until_ns < deadline ? mono_until_ns : deadline;
		struct timespec at = {
			.tv_sec = (time_t)(until / NS_PER_S),
			.tv_nsec = (long)(until % NS_PER_S),
		};

		if (clock_mono_ns(&clock_system) >= until ||
			pthread_cond_timedwait(&s->changed, &s->lock, &at) != 0)
			break;
	}
	pthread_mutex_unlock(&s->lock);
	return stop_is_over(s);
}

bool stop_pause(struct stop *s, bool draining, uint64_t mono_until_ns)
{
	return sleep_until(s, draining, NULL, mono_until_ns);
}

void stop_nudge(struct stop *s)
{
	if (atomic_load(&s->waiters) == 0)
		return;
	pthread_mutex_lock(&s->lock);
	atomic_fetch_add(&s->nudges, 1);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

bool stop_await(
	struct stop *s, bool draining, unsigned nudges, uint64_t mono_until_ns)
{
	return sleep_until(s, draining, &nudges, mono_until_ns);
}
