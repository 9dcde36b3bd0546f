#include "deliver/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/compiler.h>

int backend_new(struct backend **bp, char **urlp,
	const struct backend_settings *s, uint32_t max)
{
	struct backend *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	b->base = strdup(s->url);
	if (b->base == NULL || pthread_mutex_init(&b->lock, NULL) != 0) {
		free(b->base);
		free(b);
		return -ENOMEM;
	}
	urcu_ref_init(&b->ref);
	histogram_init(&b->latency, &histogram_time);
	limiter_init(&b->limiter, max);
	atomic_init(&b->limit, max);
	atomic_init(&b->weight, s->weight != 0 ? s->weight : 1);
	atomic_init(&b->disabled, !s->enabled);
	b->url = *urlp;
	*urlp = NULL;
	*bp = b;
	return 0;
}

void backend_get(struct backend *b)
{
	ref_get(&b->ref);
}

static void release(struct urcu_ref *ref)
{
	struct backend *b = caa_container_of(ref, struct backend, ref);

	ref_ended(ref);
	pthread_mutex_destroy(&b->lock);
	free(b->base);
	http_target_free(b->target);
	free(b->url);
	free(b);
}

struct backend *backend_put(struct backend *b)
{
	ref_put(&b->ref, release);
	return NULL;
}

/* What picks look at, from what the lock guards. */
static void show(struct backend *b)
{
	uint64_t usable = breaker_usable_ns(&b->breaker);

	if (usable < b->pause_until_ns)
		usable = b->pause_until_ns;
	atomic_store(&b->next_try_ns, usable);
	atomic_store(&b->limit, limiter_requests(&b->limiter));
}

bool backend_enter(struct backend *b, uint64_t mono_ns, bool force)
{
	bool may;

	pthread_mutex_lock(&b->lock);
	/* who drains a backend waits for nobody after this look */
	may = !atomic_load(&b->disabled) && !atomic_load(&b->draining);
	/* last: an open breaker then waits for this request */
	may = may && (force || (b->pause_until_ns <= mono_ns &&
				       atomic_load(&b->in_flight) <
					       limiter_requests(&b->limiter) &&
				       breaker_enter(&b->breaker, mono_ns)));
	if (may)
		atomic_fetch_add(&b->in_flight, 1);
	show(b);
	pthread_mutex_unlock(&b->lock);
	return may;
}

void backend_leave(struct backend *b, uint64_t entered_ns)
{
	pthread_mutex_lock(&b->lock);
	breaker_leave(&b->breaker, entered_ns);
	show(b);
	atomic_fetch_sub(&b->in_flight, 1);
	pthread_mutex_unlock(&b->lock);
}

uint32_t backend_round(struct backend *b, uint64_t mono_ns)
{
	uint32_t rounds;

	pthread_mutex_lock(&b->lock);
	if (b->rounds == 0 || b->pause_until_ns <= mono_ns)
		b->rounds++;
	rounds = b->rounds;
	pthread_mutex_unlock(&b->lock);
	return rounds;
}

static void note_reason(struct backend *b, const char *reason)
{
	snprintf(b->reason, sizeof(b->reason), "%s", reason);
}

int backend_fail(struct backend *b, const struct remote_settings *s,
	const struct backend_report *r)
{
	bool opened = false, news = false, late;

	pthread_mutex_lock(&b->lock);
	/* what was sent before another one failed may add to what that said,
	 * and takes nothing back */
	late = r->entered_ns < b->failed_ns;
	if (!late || b->pause_until_ns < r->until_ns)
		b->pause_until_ns = r->until_ns;
	if (b->state == BACKEND_UP)
		b->since_ns = r->mono_ns;
	if (!late || b->state != BACKEND_HELD) {
		news = b->state != r->state;
		b->state = r->state;
		note_reason(b, r->reason);
	}
	b->failed_ns = r->mono_ns;
	limiter_result(
		&b->limiter, &s->limiter, r->sign, r->took_ns, r->mono_ns);
	if (r->gone)
		opened = breaker_trip(&b->breaker, &s->breaker, r->mono_ns);
	else /* one that answers is alive, though it does not take events */
		opened = breaker_result(&b->breaker, &s->breaker, r->broken,
			r->entered_ns, r->mono_ns);
	if (opened) {
		b->unreached = r->gone || r->silent;
		limiter_restart(&b->limiter, &s->limiter);
	}
	show(b);
	pthread_mutex_unlock(&b->lock);
	if (opened)
		backend_count(b, BACKEND_BREAKER_OPENINGS, 1);
	return opened ? BACKEND_E_OPENED : news ? BACKEND_E_NEWS : 0;
}

int backend_work(struct backend *b, const struct remote_settings *s,
	const struct backend_report *r, uint64_t *down_ns)
{
	bool news = false;

	histogram_add(&b->latency, r->took_ns);
	atomic_store(&b->worked_ns, r->mono_ns);
	pthread_mutex_lock(&b->lock);
	limiter_result(
		&b->limiter, &s->limiter, r->sign, r->took_ns, r->mono_ns);
	breaker_result(
		&b->breaker, &s->breaker, false, r->entered_ns, r->mono_ns);
	/* what was sent before the failure says nothing about the time since */
	if (b->state != BACKEND_UP && r->entered_ns >= b->failed_ns) {
		news = true;
		b->state = BACKEND_UP;
		b->rounds = 0;
		b->pause_until_ns = 0;
		*down_ns = r->mono_ns - b->since_ns;
	}
	show(b);
	pthread_mutex_unlock(&b->lock);
	return news ? BACKEND_E_NEWS : 0;
}

void backend_pause(struct backend *b, uint64_t until_ns)
{
	pthread_mutex_lock(&b->lock);
	if (b->pause_until_ns < until_ns)
		b->pause_until_ns = until_ns;
	show(b);
	pthread_mutex_unlock(&b->lock);
}

void backend_lighten(struct backend *b, uint64_t until_ns)
{
	atomic_store(&b->lighter_until_ns, until_ns);
}

bool backend_trip(struct backend *b, const struct remote_settings *s,
	uint64_t mono_ns, const char *reason)
{
	bool opened;

	pthread_mutex_lock(&b->lock);
	opened = breaker_trip(&b->breaker, &s->breaker, mono_ns);
	if (opened) {
		if (b->state == BACKEND_UP) {
			b->state = BACKEND_DOWN;
			b->since_ns = mono_ns;
		}
		b->failed_ns = mono_ns;
		b->unreached = true;
		note_reason(b, reason);
		limiter_restart(&b->limiter, &s->limiter);
	}
	show(b);
	pthread_mutex_unlock(&b->lock);
	if (opened)
		backend_count(b, BACKEND_BREAKER_OPENINGS, 1);
	return opened;
}

void backend_recover(struct backend *b, uint64_t mono_ns)
{
	pthread_mutex_lock(&b->lock);
	breaker_try(&b->breaker, mono_ns);
	if (b->state == BACKEND_DOWN && b->pause_until_ns > mono_ns)
		b->pause_until_ns = mono_ns;
	show(b);
	pthread_mutex_unlock(&b->lock);
}

bool backend_is_unreached(struct backend *b)
{
	bool is;

	pthread_mutex_lock(&b->lock);
	is = b->breaker.state == BREAKER_OPEN && b->unreached;
	pthread_mutex_unlock(&b->lock);
	return is;
}

bool backend_has_part(struct backend *b, uint64_t mono_ns)
{
	bool has;

	pthread_mutex_lock(&b->lock);
	has = b->breaker.state == BREAKER_CLOSED && b->state != BACKEND_HELD;
	pthread_mutex_unlock(&b->lock);
	return has && !atomic_load(&b->disabled) &&
	       !atomic_load(&b->draining) &&
	       atomic_load(&b->ejected_until_ns) <= mono_ns;
}

void backend_eject(
	struct backend *b, const struct outlier_settings *s, uint64_t mono_ns)
{
	pthread_mutex_lock(&b->lock);
	b->ejections++;
	atomic_store(&b->ejected_until_ns,
		mono_ns + outlier_time_ns(s, b->ejections));
	pthread_mutex_unlock(&b->lock);
	backend_count(b, BACKEND_EJECTIONS, 1);
}

void backend_behaves(struct backend *b, uint64_t mono_ns)
{
	pthread_mutex_lock(&b->lock);
	if (b->ejections != 0 && atomic_load(&b->ejected_until_ns) <= mono_ns)
		b->ejections--;
	pthread_mutex_unlock(&b->lock);
}

static enum backend_state shown_state(const struct backend *b, uint64_t mono_ns)
{
	/* in this order: a request leaves when its acknowledgement is awaited
	 */
	if (atomic_load(&b->draining))
		return atomic_load(&b->in_flight) == 0 &&
				       atomic_load(&b->claims) == 0
			       ? BACKEND_DRAINED
			       : BACKEND_DRAINING;
	if (atomic_load(&b->disabled))
		return BACKEND_DISABLED;
	if (b->state != BACKEND_HELD &&
		atomic_load(&b->ejected_until_ns) > mono_ns)
		return BACKEND_EJECTED;
	return b->state;
}

void backend_read(struct backend *b, uint64_t mono_ns, struct backend_view *v)
{
	uint64_t usable;

	*v = (struct backend_view){
		.url = b->base,
		.weight = atomic_load(&b->weight),
		.lighter = atomic_load(&b->lighter_until_ns) > mono_ns,
		.in_flight = atomic_load(&b->in_flight),
		.limit = atomic_load(&b->limit),
		.plain = atomic_load(&b->plain),
	};
	pthread_mutex_lock(&b->lock);
	v->state = shown_state(b, mono_ns);
	v->breaker = b->breaker.state;
	if (b->state != BACKEND_UP)
		v->down_ns = mono_ns - b->since_ns;
	memcpy(v->reason, b->reason, sizeof(v->reason));
	pthread_mutex_unlock(&b->lock);
	usable = atomic_load(&b->next_try_ns);
	if (usable != UINT64_MAX && usable > mono_ns)
		v->retry_in_ns = usable - mono_ns;
	histogram_read(&b->latency, &v->latency);
	if (b->target != NULL)
		pool_stats_read(b->target->pool, &v->pool);
	for (unsigned i = 0; i < BACKEND_STAT_COUNT; i++)
		v->stats[i] = atomic_load_explicit(
			&b->stats[i], memory_order_relaxed);
}
