#include "monitor/metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "monitor/readiness.h"

#define COUNTER   "counter"
#define GAUGE     "gauge"
#define HISTOGRAM "histogram"

const struct metric metrics[] = {
#define FAMILY(name, type, labels, help) { #name, type, labels, help },
#define VALUE(value)
#define PART(word, value)
#define LISTENERS(value)
#define OUTPUTS(value)
#define DROPS()
#define OUTPUT_HISTOGRAM(reading, unit)
#define HISTOGRAM_OF(reading, unit)
#define BACKENDS(value)
#define CLOSINGS()
#define BACKEND_HISTOGRAM(reading, unit)
#include "monitor/metrics.def"
#undef FAMILY
#undef VALUE
#undef PART
#undef LISTENERS
#undef OUTPUTS
#undef DROPS
#undef OUTPUT_HISTOGRAM
#undef HISTOGRAM_OF
#undef BACKENDS
#undef CLOSINGS
#undef BACKEND_HISTOGRAM
};
const size_t n_metrics = sizeof(metrics) / sizeof(metrics[0]);

/* A family that is being written. */
struct family {
	const struct metric *m;
	struct buf *out;
};

/* Labels with their values; NULL: no more. */
enum { LABELS_MAX = 3 };
struct labels {
	const char *name[LABELS_MAX], *value[LABELS_MAX];
};

static void begin(struct family *f, const struct metric *m)
{
	f->m = m;
	buf_printf(f->out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help,
		m->name, m->type);
}

static void add_escaped(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_add_str(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			buf_add_str(out, "\\");
		buf_add(out, value, 1);
	}
}

/* @le:  of a histogram's bucket, or NULL */
static void add_labels(
	struct buf *out, const struct labels *labels, const char *le)
{
	const char *before = "{";

	for (unsigned i = 0; i < LABELS_MAX && labels->name[i] != NULL; i++) {
		buf_printf(out, "%s%s=\"", before, labels->name[i]);
		add_escaped(out, labels->value[i]);
		buf_add_str(out, "\"");
		before = ",";
	}
	if (le != NULL) {
		buf_printf(out, "%sle=\"%s\"", before, le);
		before = ",";
	}
	if (*before == ',')
		buf_add_str(out, "}");
}

static void add_number(struct buf *out, double value)
{
	if (value == floor(value) && fabs(value) < 1e15)
		buf_printf(out, " %.0f\n", value);
	else
		buf_printf(out, " %.9g\n", value);
}

static void sample(struct family *f, const struct labels *labels, double value)
{
	buf_add_str(f->out, f->m->name);
	add_labels(f->out, labels, NULL);
	add_number(f->out, value);
}

static void histogram(struct family *f, const struct labels *labels,
	const struct histogram_reading *r, double unit)
{
	uint64_t below = 0;

	for (unsigned i = 0; i <= r->scale->n; i++) {
		char le[32] = "+Inf";

		below += r->bucket[i];
		if (i < r->scale->n)
			snprintf(le, sizeof(le), "%.9g",
				(double)r->scale->bound[i] / unit);
		buf_printf(f->out, "%s_bucket", f->m->name);
		add_labels(f->out, labels, le);
		add_number(f->out, (double)below);
	}
	buf_printf(f->out, "%s_sum", f->m->name);
	add_labels(f->out, labels, NULL);
	add_number(f->out, (double)r->sum / unit);
	buf_printf(f->out, "%s_count", f->m->name);
	add_labels(f->out, labels, NULL);
	add_number(f->out, (double)r->count);
}

#define NO_LABELS       ((struct labels){ 0 })
#define ONE_LABEL(n, v) ((struct labels){ { n }, { v } })
#define OF_OUTPUT(o)    ONE_LABEL("output", (o)->settings->feed.name)

enum { REASON_MAX = 64 };

/* What stands behind a prefix in a counter's name; false: it has another. */
static bool reason_of(
	const struct stat_desc *d, const char *prefix, char reason[REASON_MAX])
{
	size_t n = strlen(prefix), len = 0;

	if (strncmp(d->name, prefix, n) != 0)
		return false;
	for (const char *p = d->name + n; *p != '\0' && len + 1 < REASON_MAX;
		p++)
		reason[len++] = (char)tolower((unsigned char)*p);
	reason[len] = '\0';
	return true;
}

static void add_drops(struct family *f, const struct output_snapshot *o,
	const uint64_t *stat, const struct stat_desc *desc, unsigned n)
{
	char reason[REASON_MAX];

	for (unsigned i = 0; i < n; i++)
		if (reason_of(&desc[i], "DROPPED_", reason))
			sample(f,
				&(struct labels){ { "output", "reason" },
					{ o->settings->feed.name, reason } },
				(double)stat[i]);
}

static void add_closings(struct family *f, const struct output_snapshot *o,
	const struct backend_view *b)
{
	char reason[REASON_MAX];

	for (unsigned i = 0; i < POOL_STAT_COUNT; i++)
		if (reason_of(&pool_stat_desc[i], "CLOSED_", reason))
			sample(f,
				&(struct labels){
					{ "output", "backend", "reason" },
					{ o->settings->feed.name, b->url,
						reason } },
				(double)b->pool.count[i]);
}

static uint64_t tls_failures(const struct snapshot *s)
{
	return s->intake[INTAKE_TLS_FAILED_PROTOCOL] +
	       s->intake[INTAKE_TLS_FAILED_NO_CERTIFICATE] +
	       s->intake[INTAKE_TLS_FAILED_UNTRUSTED] +
	       s->intake[INTAKE_TLS_FAILED_NAME] +
	       s->intake[INTAKE_TLS_FAILED_ALERT] +
	       s->intake[INTAKE_TLS_FAILED_CLOSED];
}

void metrics_write(const struct snapshot *s, struct buf *out)
{
	struct family f = { .out = out };
	const struct metric *next = metrics;

#define FAMILY(name, type, labels, help) begin(&f, next++);
#define VALUE(value)                     sample(&f, &NO_LABELS, (double)(value));
#define PART(word, value) \
	sample(&f, &ONE_LABEL(f.m->labels, word), (double)(value));
#define LISTENERS(value)                                                      \
	for (size_t i = 0; i < s->n_listeners; i++) {                         \
		const struct listener_snapshot *l = &s->listeners[i];         \
		sample(&f, &ONE_LABEL("listener", l->name), (double)(value)); \
	}
#define EACH_OUTPUT(action)                                       \
	for (size_t i = 0; i < s->n_outputs; i++) {               \
		const struct output_snapshot *o = &s->outputs[i]; \
		action;                                           \
	}
#define EACH_BACKEND(action)                                         \
	EACH_OUTPUT(for (size_t k = 0; k < o->n_backends; k++) {     \
		const struct backend_view *b = &o->backends[k].view; \
		action;                                              \
	})
#define OF_BACKEND(o, b)                           \
	((struct labels){ { "output", "backend" }, \
		{ (o)->settings->feed.name, (b)->url } })
#define BACKENDS(value) \
	EACH_BACKEND(sample(&f, &OF_BACKEND(o, b), (double)(value)))
#define CLOSINGS() EACH_BACKEND(add_closings(&f, o, b))
#define BACKEND_HISTOGRAM(reading, unit) \
	EACH_BACKEND(                    \
		histogram(&f, &OF_BACKEND(o, b), &(reading), (double)(unit)))
#define HISTOGRAM_OF(reading, unit) \
	histogram(&f, &NO_LABELS, &(reading), (double)(unit));
#define OUTPUTS(value) EACH_OUTPUT(sample(&f, &OF_OUTPUT(o), (double)(value)))
#define OUTPUT_HISTOGRAM(reading, unit) \
	EACH_OUTPUT(histogram(&f, &OF_OUTPUT(o), &(reading), (double)(unit)))
#define DROPS()                                                         \
	EACH_OUTPUT(add_drops(                                          \
		&f, o, s->intake, intake_stat_desc, INTAKE_STAT_COUNT); \
		    add_drops(&f, o, o->stat, output_stat_desc,         \
			    OUTPUT_STAT_COUNT))
#include "monitor/metrics.def"
}
