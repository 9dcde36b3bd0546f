#include "intake/intake.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "intake/acceptor.h"
#include "intake/worker.h"
#include "sync/rcu.h"

enum { ERROR_MAX = 384 }; /* a sentence with two paths in it */

struct intake {
	struct crew crew;
	struct acceptor acceptor;
	struct worker *workers;
	unsigned n_workers; /* initialised, of settings->workers */
	struct feed **feeds;
	size_t n_feeds;
};

static int door_init(struct door *d, unsigned max_connections)
{
	int r = bell_init(&d->bell);

	return r != 0 ? r : ring_init(&d->conns, max_connections);
}

static void door_deinit(struct door *d)
{
	bell_deinit(&d->bell);
	ring_deinit(&d->conns);
}

static int init_crew(struct intake *i, const struct intake_settings *s,
	struct stat_set *stats)
{
	struct crew *crew = &i->crew;
	int r;

	crew->settings = s;
	crew->stats = stats;
	frame_memory_init(&crew->frame_memory, s->frame_memory);
	crew->loads = aligned_alloc(
		_Alignof(struct load), s->workers * sizeof(*crew->loads));
	crew->doors = calloc(s->workers, sizeof(*crew->doors));
	i->workers = calloc(s->workers, sizeof(*i->workers));
	if (crew->loads == NULL || crew->doors == NULL || i->workers == NULL)
		return -ENOMEM;
	memset((void *)crew->loads, 0, s->workers * sizeof(*crew->loads));
	r = registry_init(&crew->registry, s->max_connections);
	if (r == 0)
		r = admission_init(&crew->admission, s);
	if (r == 0)
		r = bell_init(&crew->ended);
	if (r == 0)
		r = bell_init(&crew->acceptor_bell);
	while (r == 0 && crew->n_doors < s->workers)
		r = door_init(
			&crew->doors[crew->n_doors++], s->max_connections);
	return r;
}

static int init_keyrings(struct crew *crew, char *error, size_t cap)
{
	const struct intake_settings *s = crew->settings;

	crew->keyrings = calloc(s->n_listeners, sizeof(*crew->keyrings));
	if (crew->keyrings == NULL)
		return -ENOMEM;
	for (size_t l = 0; l < s->n_listeners; l++) {
		char why[ERROR_MAX];
		int r;

		if (!s->listeners[l].listen.address.tls)
			continue;
		r = tls_keyring_init(&crew->keyrings[l], &s->listeners[l].tls,
			why, sizeof(why));
		if (r != 0) {
			snprintf(error, cap, "listener %s: %s",
				s->listeners[l].name, why);
			return r;
		}
	}
	return 0;
}

static void deinit_keyrings(struct crew *crew)
{
	if (crew->keyrings != NULL)
		for (size_t l = 0; l < crew->settings->n_listeners; l++)
			tls_keyring_deinit(&crew->keyrings[l]);
	free(crew->keyrings);
}

static int start_threads(struct intake *i)
{
	int r = 0;

	for (unsigned w = 0; r == 0 && w < i->n_workers; w++)
		r = worker_start(&i->workers[w]);
	return r != 0 ? r : acceptor_start(&i->acceptor);
}

int intake_start(struct intake **ip, const struct intake_settings *settings,
	struct feed **feeds, size_t n_feeds, struct stat_set *stats,
	char *error, size_t cap)
{
	struct intake *i = calloc(1, sizeof(*i));
	int r;

	assert(stats->n_shards > settings->workers);
	snprintf(error, cap, "the workers cannot be started");
	if (i == NULL)
		return -ENOMEM;
	i->feeds = feeds;
	i->n_feeds = n_feeds;
	/* the end of a start that fails half way asks it to stop */
	i->acceptor = (struct acceptor){ .crew = &i->crew, .set = -1 };
	i->crew.ended = i->crew.acceptor_bell = BELL_NULL;
	r = stop_init(&i->crew.stop);
	if (r != 0) {
		free(i);
		return r;
	}
	r = init_crew(i, settings, stats);
	if (r == 0)
		r = init_keyrings(&i->crew, error, cap);
	while (r == 0 && i->n_workers < settings->workers) {
		unsigned w = i->n_workers++;

		r = worker_init(&i->workers[w], &i->crew, w, feeds, n_feeds);
	}
	if (r == 0)
		r = acceptor_init(&i->acceptor, &i->crew, error, cap);
	if (r == 0) {
		snprintf(error, cap, "threads cannot be started: %s",
			"raise TasksMax= or ulimit -u");
		r = start_threads(i);
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
	acceptor_stop(&i->acceptor);
	stop_drain(&i->crew.stop, mono_deadline_ns);
	crew_wake(&i->crew);
	wait_for_workers(i);
	/* whoever still waits for room waits no longer */
	if (stop_is_over(&i->crew.stop))
		for (size_t f = 0; f < i->n_feeds; f++)
			feed_cut(i->feeds[f]);
	for (unsigned w = 0; w < i->n_workers; w++)
		thread_join(&i->workers[w].thread);
	retire_undelivered(i);
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
	deinit_keyrings(&i->crew);
	acceptor_deinit(&i->acceptor);
	while (i->n_workers > 0)
		worker_deinit(&i->workers[--i->n_workers]);
	while (i->crew.n_doors > 0)
		door_deinit(&i->crew.doors[--i->crew.n_doors]);
	admission_deinit(&i->crew.admission);
	registry_deinit(&i->crew.registry);
	bell_deinit(&i->crew.ended);
	bell_deinit(&i->crew.acceptor_bell);
	stop_deinit(&i->crew.stop);
	free(i->crew.doors);
	free(i->crew.loads);
	free(i->workers);
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

void intake_refresh_tls(struct intake *i, bool force)
{
	const struct intake_settings *s = i->crew.settings;

	for (size_t l = 0; l < s->n_listeners; l++) {
		char why[ERROR_MAX];
		int r;

		if (!s->listeners[l].listen.address.tls)
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

unsigned intake_connections(const struct intake *i)
{
	return registry_count(&i->crew.registry);
}
