#include "intake/intake.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "intake/acceptor.h"
#include "intake/replan.h"
#include "intake/worker.h"
#include "sync/rcu.h"

enum { ERROR_MAX = 384 }; /* a sentence with two paths in it */

struct intake {
	struct crew crew;
	struct acceptor acceptor;
	struct worker *workers;
	unsigned n_workers; /* initialised, of settings->workers */
};

int intake_new(struct intake **ip, const struct intake_settings *settings,
	struct feed **feeds, size_t n_feeds, struct stat_set *stats,
	char *error, size_t cap)
{
	struct intake *i = calloc(1, sizeof(*i));
	int r;

	assert(stats->n_shards > settings->workers);
	snprintf(error, cap, "the workers cannot be started");
	if (i == NULL)
		return -ENOMEM;
	/* the end of a start that fails half way asks it to stop */
	i->acceptor = (struct acceptor){ .crew = &i->crew, .set = -1 };
	r = crew_init(&i->crew, settings, stats);
	if (r != 0) {
		crew_deinit(&i->crew);
		free(i);
		return r;
	}
	i->workers = calloc(settings->workers, sizeof(*i->workers));
	if (i->workers == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = acceptor_init(&i->acceptor, &i->crew);
	if (r == 0)
		r = replan(&i->crew, &i->acceptor, settings, feeds, n_feeds,
			error, cap);
	if (r == 0)
		acceptor_adopt(&i->acceptor);
	while (r == 0 && i->n_workers < settings->workers) {
		unsigned w = i->n_workers++;

		r = worker_init(&i->workers[w], &i->crew, w);
	}
	if (r != 0) {
		intake_stop(i, 0);
		intake_free(i);
		return r;
	}
	error[0] = '\0';
	*ip = i;
	return 0;
}

int intake_start(struct intake *i, char *error, size_t cap)
{
	int r = 0;

	for (unsigned w = 0; r == 0 && w < i->n_workers; w++)
		r = worker_start(&i->workers[w]);
	if (r == 0)
		r = acceptor_start(&i->acceptor);
	if (r != 0)
		snprintf(error, cap, "threads cannot be started: %s",
			"raise TasksMax= or ulimit -u");
	return r;
}

/* Until all workers have ended, the deadline, or a cut. */
static void wait_for_workers(struct intake *i)
{
	struct crew *crew = &i->crew;

	while (atomic_load(&crew->n_ended) < i->n_workers &&
		!stop_is_over(&crew->stop)) {
		uint64_t now = clock_mono_ns(&clock_system);
		uint64_t deadline = atomic_load(&crew->stop.deadline_ns);
		uint64_t left = deadline > now ? deadline - now : 0;

		if (left > 60 * NS_PER_S)
			left = 60 * NS_PER_S;
		bell_wait(&crew->ended, (int)(left / NS_PER_MS + 1));
	}
}

/* What was handed over to a worker that had already been cut short. */
static void retire_undelivered(struct intake *i)
{
	struct conn *c;

	for (unsigned w = 0; w < i->crew.n_doors; w++)
		while ((c = ring_try_pop(&i->crew.doors[w].conns)) != NULL)
			crew_retire(&i->crew, c, &i->crew.stats->shards[1 + w]);
}

void intake_stop(struct intake *i, uint64_t mono_deadline_ns)
{
	const struct plan *plan = i->crew.plan; /* ours to change */

	acceptor_stop(&i->acceptor);
	stop_drain(&i->crew.stop, mono_deadline_ns);
	crew_wake(&i->crew);
	wait_for_workers(i);
	/* whoever still waits for room waits no longer */
	if (stop_is_over(&i->crew.stop))
		for (size_t f = 0; plan != NULL && f < plan->n_feeds; f++)
			feed_cut(plan->feeds[f]);
	for (unsigned w = 0; w < i->n_workers; w++)
		thread_join(&i->workers[w].thread);
	retire_undelivered(i);
}

void intake_wake(struct intake *i)
{
	crew_wake(&i->crew);
}

void intake_cut(struct intake *i)
{
	stop_now(&i->crew.stop);
	crew_wake(&i->crew);
	bell_ring(&i->crew.ended);
}

struct intake *intake_free(struct intake *i)
{
	if (i == NULL)
		return NULL;
	rcu_barrier();
	acceptor_deinit(&i->acceptor);
	while (i->n_workers > 0)
		worker_deinit(&i->workers[--i->n_workers]);
	free(i->workers);
	crew_deinit(&i->crew);
	free(i);
	return NULL;
}

const char *intake_stuck(struct intake *i)
{
	const char *name = NULL;

	/* all are looked at each time, or one would be compared with a look
	 * of long ago */
	for (unsigned w = i->n_workers; w-- > 0;)
		if (pulse_is_stuck(&i->workers[w].pulse))
			name = i->workers[w].thread.name;
	if (pulse_is_stuck(&i->acceptor.pulse))
		name = i->acceptor.thread.name;
	return name;
}

struct frame_memory_use intake_frame_memory(const struct intake *i)
{
	return frame_memory_look(&i->crew.frame_memory);
}

struct registry *intake_registry(struct intake *i)
{
	return &i->crew.registry;
}

int intake_change(struct intake *i, const struct intake_settings *settings,
	struct feed **feeds, size_t n_feeds, char *error, size_t cap)
{
	if (settings->max_connections > i->crew.door_max) {
		snprintf(error, cap,
			"limits.max_connections: above %u needs a restart",
			i->crew.door_max);
		return -EINVAL;
	}
	snprintf(error, cap, "out of memory");
	return replan(
		&i->crew, &i->acceptor, settings, feeds, n_feeds, error, cap);
}

void intake_refresh_tls(struct intake *i, bool force)
{
	const struct plan *p = i->crew.plan;
	const struct intake_settings *s = &p->settings;

	for (size_t l = 0; l < s->n_listeners; l++) {
		char why[ERROR_MAX];
		int r;

		if (!p->gates[l].open || !s->listeners[l].listen.address.tls)
			continue;
		r = tls_keyring_refresh(
			&i->crew.keyrings[l], force, why, sizeof(why));
		if (r == KEYRING_E_CHANGED)
			log_info(TLS_RELOADED,
				"new TLS sessions take the files' new contents",
				"listener=%s", s->listeners[l].name);
		else if (r != 0)
			log_warn(TLS_RELOAD_FAILED,
				"TLS goes on with what was loaded before",
				"listener=%s reason=\"%s\"",
				s->listeners[l].name, why);
	}
}

const struct intake_settings *intake_settings_now(const struct intake *i)
{
	return &i->crew.plan->settings;
}

unsigned intake_connections(const struct intake *i)
{
	return registry_count(&i->crew.registry);
}

static void look_at_gate(const struct crew *crew, const struct plan *p,
	unsigned gate, struct listener_view *v)
{
	*v = (struct listener_view){
		.gate = gate,
		.settings = &p->listeners[gate],
		.open = p->gates[gate].open,
		.active = atomic_load(&crew->admission.counts[gate]),
	};
	for (unsigned id = 0; id < LISTENER_STAT_COUNT; id++)
		v->stats[id] = gate_counts_sum(crew->gates, 1 + crew->workers,
				       gate, id) -
			       p->gates[gate].base[id];
}

void intake_listeners_walk(const struct intake *i,
	void (*each)(const struct listener_view *v, void *arg), void *arg)
{
	const struct plan *p;

	rcu_reading_start();
	p = crew_plan(&i->crew);
	for (unsigned gate = 0; gate < p->n_gates; gate++) {
		struct listener_view v;

		look_at_gate(&i->crew, p, gate, &v);
		if (v.open || v.active != 0)
			each(&v, arg);
	}
	rcu_reading_end();
}

void intake_accept_times(
	const struct intake *i, struct histogram_reading *reading)
{
	histogram_read(&i->crew.accepts, reading);
}
