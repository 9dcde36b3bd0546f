#include "monitor/status.h"

#include <ctype.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "monitor/jbuf.h"
#include "monitor/readiness.h"

static void write_time(struct jbuf *j, const char *key, uint64_t real_ns)
{
	time_t seconds = (time_t)(real_ns / NS_PER_S);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	jbuf_text(j, key, text);
}

/* Counters under the names of their table, in lower case. */
static void write_counters(struct jbuf *j, const uint64_t *value,
	const struct stat_desc *desc, unsigned n)
{
	jbuf_open(j, "counters", '{');
	for (unsigned i = 0; i < n; i++) {
		char name[64];
		size_t len = 0;

		for (const char *p = desc[i].name;
			*p != '\0' && len + 1 < sizeof(name); p++)
			name[len++] = (char)tolower((unsigned char)*p);
		name[len] = '\0';
		jbuf_u64(j, name, value[i]);
	}
	jbuf_close(j, '}');
}

static void write_quantiles(struct jbuf *j, const char *key,
	const struct histogram_reading *r, double unit)
{
	jbuf_open(j, key, '{');
	jbuf_u64(j, "count", r->count);
	if (r->count != 0) {
		jbuf_real(j, "mean", (double)r->sum / (double)r->count / unit);
		/* what is more is shown as this */
		jbuf_real(j, "limit", (double)histogram_limit(r) / unit);
		jbuf_real(j, "p50", (double)histogram_quantile(r, 0.5) / unit);
		jbuf_real(j, "p90", (double)histogram_quantile(r, 0.9) / unit);
		jbuf_real(j, "p99", (double)histogram_quantile(r, 0.99) / unit);
	}
	jbuf_close(j, '}');
}

static void write_ledger(struct jbuf *j, const struct ledger *l)
{
	jbuf_open(j, "ledger", '{');
	jbuf_u64(j, "received", l->received);
	jbuf_u64(j, "recovered", l->recovered);
	jbuf_u64(j, "delivered", l->delivered);
	jbuf_u64(j, "filtered", l->filtered);
	jbuf_u64(j, "dropped", l->dropped);
	jbuf_u64(j, "dead_lettered", l->dead_lettered);
	jbuf_u64(j, "in_memory", l->in_memory);
	jbuf_u64(j, "in_spool", l->in_spool);
	jbuf_bool(j, "closed", ledger_closed(l));
	jbuf_close(j, '}');
}

static void write_listener(struct jbuf *j, const struct listener_snapshot *l)
{
	jbuf_open(j, NULL, '{');
	jbuf_text(j, "name", l->name);
	jbuf_text(j, "address", l->address);
	jbuf_bool(j, "tls", l->tls);
	jbuf_u64(j, "active", l->active);
	jbuf_u64(j, "limit", l->max);
	write_counters(j, l->stat, listener_stat_desc, LISTENER_STAT_COUNT);
	jbuf_close(j, '}');
}

static const char *breaker_name(enum breaker_state state)
{
	return state == BREAKER_CLOSED ? "closed"
	       : state == BREAKER_OPEN ? "open"
				       : "half-open";
}

static void write_backend(struct jbuf *j, const struct backend_snapshot *b)
{
	const struct backend_view *v = &b->view;

	jbuf_open(j, NULL, '{');
	jbuf_text(j, "url", b->url);
	jbuf_text(j, "state", backend_state_name(v->state));
	jbuf_text(j, "breaker", breaker_name(v->breaker));
	jbuf_u64(j, "weight", v->weight);
	jbuf_real(j, "share", v->share);
	jbuf_bool(j, "lighter", v->lighter);
	jbuf_u64(j, "in_flight", v->in_flight);
	jbuf_u64(j, "limit", v->limit);
	jbuf_bool(j, "plain", v->plain);
	jbuf_real(j, "down_seconds", (double)v->down_ns / (double)NS_PER_S);
	jbuf_real(j, "retry_in_seconds",
		(double)v->retry_in_ns / (double)NS_PER_S);
	jbuf_text(j, "reason", *v->reason != '\0' ? v->reason : NULL);
	jbuf_open(j, "pool", '{');
	jbuf_u64(j, "active", v->pool.active);
	jbuf_u64(j, "idle", v->pool.idle);
	jbuf_real(j, "reuse_rate", pool_reuse_rate(&v->pool));
	write_quantiles(j, "wait_seconds", &v->pool.waits, (double)NS_PER_S);
	write_counters(j, v->pool.count, pool_stat_desc, POOL_STAT_COUNT);
	jbuf_close(j, '}');
	write_quantiles(j, "latency_seconds", &v->latency, (double)NS_PER_S);
	write_counters(j, v->stats, backend_stat_desc, BACKEND_STAT_COUNT);
	jbuf_close(j, '}');
}

static void write_backends(struct jbuf *j, const struct output_snapshot *o)
{
	jbuf_open(j, "backends", '[');
	for (size_t i = 0; i < o->n_backends; i++)
		write_backend(j, &o->backends[i]);
	jbuf_close(j, ']');
}

static void write_spool(struct jbuf *j, const struct spool_snapshot *s)
{
	if (!s->has) {
		jbuf_null(j, "spool");
		return;
	}
	jbuf_open(j, "spool", '{');
	jbuf_u64(j, "events", s->events);
	jbuf_u64(j, "files", s->files);
	jbuf_u64(j, "bytes", s->bytes);
	jbuf_u64(j, "limit_bytes", s->max_bytes);
	jbuf_real(j, "oldest_seconds", s->oldest_seconds);
	jbuf_bool(j, "refuses", s->refuses);
	jbuf_close(j, '}');
}

static void write_reader(struct jbuf *j, const struct output_snapshot *o)
{
	const struct reader_view *v = &o->reader;

	if (!o->has_reader) {
		jbuf_null(j, "reader");
		return;
	}
	jbuf_open(j, "reader", '{');
	jbuf_text(j, "path", o->settings->local.path);
	jbuf_bool(j, "there", v->there);
	jbuf_real(j, "for_seconds", (double)v->for_ns / (double)NS_PER_S);
	jbuf_text(j, "reason", *v->reason != '\0' ? v->reason : NULL);
	jbuf_close(j, '}');
}

static void write_output(struct jbuf *j, const struct output_snapshot *o)
{
	jbuf_open(j, NULL, '{');
	jbuf_text(j, "name", o->settings->feed.name);
	jbuf_text(j, "type", output_type_name(o->settings->type));
	jbuf_bool(j, "paused", o->paused);
	jbuf_bool(j, "stops_reading", o->blocks);
	if (o->awaits)
		jbuf_u64(j, "awaits_former_events", o->awaited);
	else
		jbuf_null(j, "awaits_former_events");
	write_ledger(j, &o->ledger);
	jbuf_open(j, "queue", '{');
	jbuf_u64(j, "batches", o->queued);
	jbuf_u64(j, "limit", o->queue_max);
	jbuf_close(j, '}');
	jbuf_open(j, "buffer_pool", '{');
	jbuf_u64(j, "size", o->pool_size);
	jbuf_u64(j, "used", o->pool_used);
	jbuf_real(j, "allocation_rate", o->batch_rate);
	jbuf_close(j, '}');
	write_spool(j, &o->spool);
	write_reader(j, o);
	write_backends(j, o);
	write_quantiles(j, "delay_seconds", &o->delay, (double)NS_PER_S);
	write_quantiles(j, "batch_events", &o->batch_sizes, 1);
	write_counters(j, o->stat, output_stat_desc, OUTPUT_STAT_COUNT);
	jbuf_close(j, '}');
}

static void write_process(struct jbuf *j, const struct process *p)
{
	jbuf_open(j, "process", '{');
	jbuf_u64(j, "pid", (uint64_t)getpid());
	jbuf_real(j, "cpu_seconds", p->cpu_seconds);
	jbuf_real(j, "resident_bytes", p->resident_bytes);
	jbuf_u64(j, "open_fds", p->open_fds);
	jbuf_u64(j, "max_fds", p->max_fds);
	jbuf_u64(j, "threads", p->threads);
	jbuf_close(j, '}');
}

static void write_intake(struct jbuf *j, const struct snapshot *s)
{
	jbuf_open(j, "intake", '{');
	jbuf_real(j, "events_per_second", s->receive_rate);
	jbuf_u64(j, "connections", s->connections);
	jbuf_u64(j, "connections_limit", s->settings->max_connections);
	write_quantiles(j, "accept_seconds", &s->accepts, (double)NS_PER_S);
	jbuf_u64(j, "workers", s->settings->workers);
	jbuf_u64(j, "frame_memory", s->frame_memory.in_use);
	jbuf_u64(j, "frame_memory_limit", s->frame_memory.size);
	jbuf_u64(j, "dropped", snapshot_intake_drops(s));
	write_counters(j, s->intake, intake_stat_desc, INTAKE_STAT_COUNT);
	jbuf_close(j, '}');
}

void status_write(const struct snapshot *s, struct buf *out)
{
	struct jbuf j = JBUF_INIT(out);
	struct buf why = BUF_NULL;

	jbuf_open(&j, NULL, '{');
	jbuf_text(&j, "version", PACKAGE_VERSION);
	write_time(&j, "time", s->real_ns);
	write_time(&j, "started", s->start_real_ns);
	jbuf_real(&j, "uptime_seconds", s->uptime_seconds);
	jbuf_text(&j, "state", s->draining ? "draining" : "running");
	jbuf_bool(&j, "alive", s->stuck == NULL);
	jbuf_text(&j, "stuck", s->stuck);
	readiness_explain(s, &why);
	jbuf_bool(&j, "ready", why.len == 0);
	jbuf_text(&j, "not_ready", why.len != 0 ? buf_str(&why) : NULL);
	buf_deinit(&why);
	write_intake(&j, s);
	jbuf_open(&j, "listeners", '[');
	for (size_t i = 0; i < s->n_listeners; i++)
		write_listener(&j, &s->listeners[i]);
	jbuf_close(&j, ']');
	jbuf_open(&j, "outputs", '[');
	for (size_t i = 0; i < s->n_outputs; i++)
		write_output(&j, &s->outputs[i]);
	jbuf_close(&j, ']');
	write_process(&j, &s->process);
	jbuf_close(&j, '}');
	buf_add_str(out, "\n");
}

void status_write_backends(const struct snapshot *s, struct buf *out)
{
	struct jbuf j = JBUF_INIT(out);

	jbuf_open(&j, NULL, '{');
	jbuf_open(&j, "outputs", '[');
	for (size_t i = 0; i < s->n_outputs; i++) {
		jbuf_open(&j, NULL, '{');
		jbuf_text(&j, "name", s->outputs[i].settings->feed.name);
		write_backends(&j, &s->outputs[i]);
		jbuf_close(&j, '}');
	}
	jbuf_close(&j, ']');
	jbuf_close(&j, '}');
	buf_add_str(out, "\n");
}
