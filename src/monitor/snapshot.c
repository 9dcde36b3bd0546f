#include "monitor/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct listener_walk {
	struct listener_snapshot *of;
	size_t n;
	bool failed;
};

static void add_listener(const struct listener_view *v, void *arg)
{
	struct listener_walk *w = arg;
	const struct address *a = &v->settings->listen.address;
	struct listener_snapshot *l;

	l = realloc(w->of, (w->n + 1) * sizeof(*l));
	if (l == NULL) {
		w->failed = true;
		return;
	}
	w->of = l;
	l = &w->of[w->n++];
	*l = (struct listener_snapshot){
		.gate = v->gate,
		.tls = a->tls,
		.active = v->active,
		.max = v->settings->max_connections,
	};
	snprintf(l->name, sizeof(l->name), "%s", v->settings->name);
	address_format(&a->sa, a->len, l->address, sizeof(l->address));
	memcpy(l->stat, v->stats, sizeof(l->stat));
}

int snapshot_listeners(struct listener_snapshot **listeners, size_t *n,
	const struct intake *intake)
{
	struct listener_walk w = { 0 };

	intake_listeners_walk(intake, add_listener, &w);
	if (w.failed) {
		free(w.of);
		return -ENOMEM;
	}
	*listeners = w.of;
	*n = w.n;
	return 0;
}

struct walk {
	struct output_snapshot *o;
	bool failed;
};

static void add_backend(const struct backend_view *v, void *arg)
{
	struct walk *w = arg;
	struct output_snapshot *o = w->o;
	struct backend_snapshot *more, *b;
	char *url = strdup(v->url);

	more = realloc(o->backends, (o->n_backends + 1) * sizeof(*more));
	if (more != NULL)
		o->backends = more;
	if (more == NULL || url == NULL) {
		free(url);
		w->failed = true;
		return;
	}
	b = &o->backends[o->n_backends++];
	*b = (struct backend_snapshot){ .url = url, .view = *v };
	b->view.url = url;
}

static void look_at_spool(
	struct output_snapshot *o, struct feed *f, uint64_t real_ns)
{
	const struct spool_usage *u = &f->disk.usage;
	uint64_t oldest_ns = atomic_load(&u->oldest_ns);

	o->spool = (struct spool_snapshot){
		.has = o->settings->keeper.spool.path != NULL,
		.refuses = atomic_load(&f->disk.refuses),
		.events = atomic_load(&u->events),
		.files = atomic_load(&u->files),
		.bytes = atomic_load(&u->bytes),
		.max_bytes = o->settings->keeper.spool.max_size,
	};
	if (oldest_ns != 0 && oldest_ns < real_ns)
		o->spool.oldest_seconds =
			(double)(real_ns - oldest_ns) / (double)NS_PER_S;
}

/* Return: 0 or -ENOMEM. */
static int look_at_output(struct output_snapshot *o,
	const struct monitor_view *v, const struct history *h, size_t i)
{
	struct walk walk = { .o = o };
	struct feed *f = v->feeds[i];

	*o = (struct output_snapshot){
		.settings = &v->output_settings[i],
		.paused = feed_is_paused(f),
		.blocks = atomic_load(&f->block.workers) != 0,
		.runs = v->outputs[i] != NULL,
		.queued = ring_len(&f->sealed),
		.queue_max = f->queue_max,
		.pool_size = f->pool.max,
		.batch_rate = i < h->n_outputs ? history_batch_rate(h, i) : 0,
	};
	for (const struct feed *former = f->former; former != NULL;
		former = former->former)
		o->queued += ring_len(&former->sealed);
	o->pool_used = batch_pool_used(&f->pool);
	ledger_read_all(&o->ledger, v->stats, f);
	for (unsigned id = 0; id < OUTPUT_STAT_COUNT; id++)
		o->stat[id] = past_stat(f, id);
	past_batch_sizes(f, &o->batch_sizes);
	past_delay(f, &o->delay);
	o->awaits = v->awaited[i] != NULL;
	if (o->awaits)
		o->awaited = batch_pool_held(&v->awaited[i]->pool);
	/* the folder is still that one's */
	look_at_spool(
		o, o->awaits ? v->awaited[i] : f, clock_real_ns(&clock_system));
	o->has_reader = output_is_local(o->settings->type);
	if (o->runs)
		output_reader(v->outputs[i], &o->reader);
	if (o->runs)
		output_backends_walk(v->outputs[i], add_backend, &walk);
	return walk.failed ? -ENOMEM : 0;
}

int snapshot_take(struct snapshot *s, const struct monitor_view *v,
	const struct history *h)
{
	int r = 0;

	*s = (struct snapshot){
		.mono_ns = clock_mono_ns(&clock_system),
		.real_ns = clock_real_ns(&clock_system),
		.start_real_ns = v->start_real_ns,
		.draining = v->phase(v->arg) == MONITOR_DRAINING,
		.stuck = v->stuck(v->arg),
		.settings = v->settings,
		.connections = intake_connections(v->intake),
		.receive_rate = history_receive_rate(h),
		.frame_memory = intake_frame_memory(v->intake),
	};
	s->uptime_seconds =
		(double)(s->mono_ns - v->start_mono_ns) / (double)NS_PER_S;
	process_read(&s->process);
	for (unsigned id = 0; id < INTAKE_STAT_COUNT; id++)
		s->intake[id] = stat_sum(v->stats, id);
	intake_accept_times(v->intake, &s->accepts);
	s->outputs = calloc(v->n_outputs, sizeof(*s->outputs));
	if (s->outputs == NULL)
		return -ENOMEM;
	r = snapshot_listeners(&s->listeners, &s->n_listeners, v->intake);
	while (r == 0 && s->n_outputs < v->n_outputs) {
		size_t i = s->n_outputs++;

		r = look_at_output(&s->outputs[i], v, h, i);
	}
	return r;
}

void snapshot_deinit(struct snapshot *s)
{
	for (size_t i = 0; i < s->n_outputs; i++) {
		struct output_snapshot *o = &s->outputs[i];

		while (o->n_backends > 0)
			free(o->backends[--o->n_backends].url);
		free(o->backends);
	}
	free(s->listeners);
	free(s->outputs);
	*s = SNAPSHOT_NULL;
}

uint64_t snapshot_intake_drops(const struct snapshot *s)
{
	uint64_t sum = 0;

	for (unsigned id = 0; id < INTAKE_STAT_COUNT; id++)
		if (ledger_is_drop(&intake_stat_desc[id]))
			sum += s->intake[id];
	return sum;
}
