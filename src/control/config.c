#include "control/config.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config_access.h"
#include "control/config_control.h"
#include "control/config_lines.h"
#include "control/config_listeners.h"
#include "control/config_monitor.h"
#include "control/config_outputs.h"
#include "control/config_process.h"
#include "control/memory.h"

enum {
	READ_BUFFER = 256 * 1024, /* a worker's, besides one whole frame */
	AUTO_CONNECTIONS_MIN = 10,
	AUTO_CONNECTIONS_MAX = 500,
};

static void complete_overflow(struct output_values *v)
{
	struct feed_settings *f = &v->out.feed;

	f->spool = v->out.keeper.spool.path != NULL;
	f->spool_always = f->spool && v->out.keeper.spool.mode == SPOOL_ALWAYS;
	f->overflow = v->overflow == OVERFLOW_ASKED_BLOCK ? OVERFLOW_BLOCK
							  : OVERFLOW_DROP;
	if (f->spool)
		f->overflow = (enum feed_overflow)v->spool_full;
}

/*
 * How many processors this process may run on, as it was when first asked: a
 * reload must not find other workers because somebody has moved the daemon.
 */
static unsigned processors(void)
{
	static long n;
	cpu_set_t may;

	if (n == 0)
		n = sched_getaffinity(0, sizeof(may), &may) == 0
			    ? CPU_COUNT(&may)
			    : sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 256 ? 256 : (unsigned)n;
}

/* What "0" and "none" stand for. */
static void complete(struct config_memory *m)
{
	struct main_values *v = &m->values.main;

	if (v->workers == 0)
		v->workers = processors();
	if (v->max_connections == 0) {
		v->max_connections = v->buffer_size / 10;
		if (v->max_connections < AUTO_CONNECTIONS_MIN)
			v->max_connections = AUTO_CONNECTIONS_MIN;
		if (v->max_connections > AUTO_CONNECTIONS_MAX)
			v->max_connections = AUTO_CONNECTIONS_MAX;
	}
	/* the largest frame must find room, whatever else is under way */
	if (v->frame_memory < 2 * (size_t)v->max_frame)
		v->frame_memory = 2 * (size_t)v->max_frame;
	for (size_t i = 0; i < m->values.n_outputs; i++) {
		struct output_settings *o = &m->values.outputs[i].out;

		complete_overflow(&m->values.outputs[i]);
		o->feed.buffer_events = v->buffer_size;
		if (!o->remote.acknowledge)
			o->feed.pending_events = 0;
		else if (o->feed.pending_events == 0)
			o->feed.pending_events = v->buffer_size;
		if (output_collector(o->type) != NULL)
			o->feed.encoder.envelope =
				output_collector(o->type)->envelope;
		config_complete_lines(m, i);
		if (o->feed.encoder.host == NULL)
			o->feed.encoder.host = m->host;
	}
}

static char *host_name(void)
{
	char name[256];

	if (gethostname(name, sizeof(name)) != 0)
		name[0] = '\0';
	name[sizeof(name) - 1] = '\0';
	return strdup(name);
}

/* The plain structs of the other rooms. */
static int hand_out(struct config *c, struct config_memory *m)
{
	const struct values *v = &m->values;

	m->listeners = calloc(v->n_listeners, sizeof(*m->listeners));
	m->outputs = calloc(v->n_outputs, sizeof(*m->outputs));
	if (m->listeners == NULL || m->outputs == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < v->n_listeners; i++)
		m->listeners[i] = (struct listener_settings){
			.name = v->listeners[i].name,
			.listen = v->listeners[i].listen,
			.max_connections = v->listeners[i].max_connections,
			.allow = v->listeners[i].allow,
			.deny = v->listeners[i].deny,
			.idle_timeout_ns = v->listeners[i].idle_timeout_ns,
			.tls = v->listeners[i].tls,
		};
	for (size_t i = 0; i < v->n_outputs; i++)
		m->outputs[i] = v->outputs[i].out;
	*c = (struct config){
		.intake = {
			.listeners = m->listeners,
			.n_listeners = v->n_listeners,
			.workers = v->main.workers,
			.max_connections = v->main.max_connections,
			.max_per_peer = v->main.max_per_peer,
			.peer_prefix_ipv4 = v->main.peer_prefix_ipv4,
			.peer_prefix_ipv6 = v->main.peer_prefix_ipv6,
			.refusals_per_second = v->main.refusals_per_second,
			.max_frame = v->main.max_frame,
			.frame_memory = v->main.frame_memory,
			.read_buffer = READ_BUFFER + v->main.max_frame,
			.handshake_timeout_ns = v->main.handshake_timeout_ns,
			.tls_handshake_timeout_ns =
				v->main.tls_handshake_timeout_ns,
		},
		.outputs = m->outputs,
		.n_outputs = v->n_outputs,
		.user = v->main.user,
		.group = v->main.group,
		.pid_file = v->main.pid_file,
		.log_target = (enum log_target)v->main.log_target,
		.log_level = (enum log_level)v->main.log_level,
		.stats_interval_ns = v->main.stats_interval_ns,
		.grace_ns = v->main.grace_ns,
		.drain_ns = v->main.drain_ns,
		.monitor = v->main.monitor.endpoint,
		.control = v->main.control,
		.sandbox = v->main.sandbox,
		.memory = m,
	};
	return 0;
}

static int load(struct config *c, struct config_memory *m,
	const struct config_source *source, const struct buf *error)
{
	int r = tree_merge(&m->tree, source);

	if (r == 0)
		r = values_read(&m->values, &m->tree);
	if (r == 0)
		r = sandbox_check(m);
	if (r != 0)
		return r;
	m->host = host_name();
	if (m->host == NULL)
		return -ENOMEM;
	r = config_check_listeners(m);
	config_check_outputs(m);
	config_check_control(m);
	config_check_process(m);
	if (r == 0)
		r = config_check_monitor(m);
	if (r == 0)
		r = config_check_access(m);
	if (r != 0 || buf_failed(error))
		return -ENOMEM;
	if (error->len != 0)
		return -EINVAL;
	complete(m);
	return hand_out(c, m);
}

static struct config_memory *memory_free(struct config_memory *m)
{
	config_drop_access(m);
	config_drop_monitor(m);
	free(m->host);
	free(m->listeners);
	free(m->outputs);
	values_deinit(&m->values);
	tree_deinit(&m->tree);
	buf_deinit(&m->notes);
	free(m);
	return NULL;
}

int config_load(
	struct config *c, const struct config_source *source, struct buf *error)
{
	struct config_memory *m = calloc(1, sizeof(*m));
	int r;

	*c = CONFIG_NULL;
	if (m == NULL)
		return -ENOMEM;
	tree_init(&m->tree, error);
	r = load(c, m, source, error);
	m->tree.problems = NULL; /* the caller's */
	if (r != 0)
		memory_free(m);
	return r;
}

void config_deinit(struct config *c)
{
	if (c->memory != NULL)
		memory_free(c->memory);
	*c = CONFIG_NULL;
}

const char *config_notes(const struct config *c)
{
	return buf_str(&c->memory->notes);
}
