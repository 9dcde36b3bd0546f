#include "monitor/snapshot.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

static void look_at_listener(
	struct listener_snapshot *l, const struct monitor_view *v, size_t i)
{
	const struct listener_settings *s = &v->settings->listeners[i];
	const struct address *a = &s->listen.address;

	*l = (struct listener_snapshot){
		.settings = s,
		.active = intake_listener_connections(v->intake, (unsigned)i),
	};
	address_format(&a->sa, a->len, l->address, sizeof(l->address));
}

static void look_at_output(struct output_snapshot *o,
	const struct monitor_view *v, const struct history *h, size_t i)
{
	struct feed *f = v->feeds[i];

	*o = (struct output_snapshot){
		.settings = &v->output_settings[i],
		.queued = ring_len(&f->sealed),
		.queue_max = f->queue_max,
		.pool_size = f->pool.max,
		.batch_rate = history_batch_rate(h, i),
	};
	o->pool_used = f->pool.max - ring_len(&f->pool.free);
	ledger_read(&o->ledger, v->stats, f);
	for (unsigned id = 0; id < OUTPUT_STAT_COUNT; id++)
		o->stat[id] = stat_sum(&f->stats, id);
	histogram_read(&f->batch_sizes, &o->batch_sizes);
	histogram_read(&f->delay, &o->delay);
}

int snapshot_take(struct snapshot *s, const struct monitor_view *v,
	const struct history *h)
{
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
	s->listeners = calloc(v->settings->n_listeners, sizeof(*s->listeners));
	s->outputs = calloc(v->n_outputs, sizeof(*s->outputs));
	if (s->listeners == NULL || s->outputs == NULL)
		return -ENOMEM;
	for (; s->n_listeners < v->settings->n_listeners; s->n_listeners++)
		look_at_listener(
			&s->listeners[s->n_listeners], v, s->n_listeners);
	for (; s->n_outputs < v->n_outputs; s->n_outputs++)
		look_at_output(&s->outputs[s->n_outputs], v, h, s->n_outputs);
	return 0;
}

void snapshot_deinit(struct snapshot *s)
{
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
