#include "monitor/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deliver/ledger.h"

/* Room for the outputs that there are, which have no past. */
static int allocate(struct history *h)
{
	size_t n = h->view->n_outputs;

	h->n_outputs = 0;
	h->of = calloc(n * HISTORY_POINTS, sizeof(*h->of));
	h->last_delay = calloc(n, sizeof(*h->last_delay));
	h->feeds = calloc(n, sizeof(struct feed *));
	if (h->of == NULL || h->last_delay == NULL || h->feeds == NULL)
		return -ENOMEM;
	for (; h->n_outputs < n; h->n_outputs++) {
		size_t o = h->n_outputs;

		h->feeds[o] = h->view->feeds[o];
		past_delay(h->feeds[o], &h->last_delay[o]);
		for (size_t i = 0; i < HISTORY_POINTS; i++) {
			h->of[o * HISTORY_POINTS + i].delay_p50 = -1;
			h->of[o * HISTORY_POINTS + i].delay_p99 = -1;
		}
	}
	return 0;
}

static void free_arrays(struct history *h)
{
	free(h->of);
	free(h->last_delay);
	free(h->feeds);
}

static bool is_same(const struct history *h)
{
	for (size_t i = 0; i < h->n_outputs; i++)
		if (i >= h->view->n_outputs || h->feeds[i] != h->view->feeds[i])
			return false;
	return h->n_outputs == h->view->n_outputs;
}

/* Output `to` of `h` goes on where `from` of `had` was. */
static void take_over(
	struct history *h, size_t to, const struct history *had, size_t from)
{
	memcpy(&h->of[to * HISTORY_POINTS], &had->of[from * HISTORY_POINTS],
		HISTORY_POINTS * sizeof(*h->of));
	h->last_delay[to] = had->last_delay[from];
}

void history_follow(struct history *h)
{
	struct history had = *h;

	if (is_same(h))
		return;
	allocate(h); /* without memory it shows no outputs */
	for (size_t to = 0; to < h->n_outputs; to++)
		for (size_t from = 0; from < had.n_outputs; from++)
			if (h->feeds[to] == had.feeds[from] ||
				past_has(h->feeds[to], had.feeds[from]))
				take_over(h, to, &had, from);
	free_arrays(&had);
}

int history_init(struct history *h, const struct monitor_view *v)
{
	*h = (struct history){ .view = v };
	return allocate(h);
}

void history_deinit(struct history *h)
{
	free_arrays(h);
	*h = (struct history){ 0 };
}

static struct history_point *point(
	const struct history *h, size_t output, uint64_t i)
{
	return &h->of[output * HISTORY_POINTS + i % HISTORY_POINTS];
}

static double quantile_s(const struct histogram_reading *r, double q)
{
	return r->count == 0
		       ? -1
		       : (double)histogram_quantile(r, q) / (double)NS_PER_S;
}

static void take_point(struct history *h, size_t output, uint64_t i)
{
	const struct feed *f = h->view->feeds[output];
	struct history_point *p = point(h, output, i);
	struct histogram_reading now, since;
	struct ledger l;

	past_delay(f, &now);
	since = now;
	histogram_since(&since, &h->last_delay[output]);
	h->last_delay[output] = now;
	ledger_read_all(&l, h->view->stats, h->view->feeds[output]);
	*p = (struct history_point){
		.delivered = l.delivered,
		.dropped = l.dropped,
		.sealed = past_stat(f, OUTPUT_BATCHES_SEALED),
		.delay_p50 = quantile_s(&since, 0.5),
		.delay_p99 = quantile_s(&since, 0.99),
	};
}

void history_tick(struct history *h, uint64_t mono_ns, uint64_t real_ns)
{
	uint64_t i = h->points++;
	size_t at = i % HISTORY_POINTS;

	h->last_real_ns = real_ns;
	h->mono_ns[at] = mono_ns;
	h->received[at] = stat_sum(h->view->stats, INTAKE_RECEIVED);
	h->connections[at] = intake_connections(h->view->intake);
	for (size_t o = 0; o < h->n_outputs; o++)
		take_point(h, o, i);
}

/* Points i - n and i, as far back as there are any. */
struct span {
	uint64_t first, last;
	double seconds; /* 0: there are no two points */
};

static struct span span(const struct history *h, uint64_t last, uint64_t n)
{
	uint64_t oldest =
		h->points > HISTORY_POINTS ? h->points - HISTORY_POINTS : 0;
	struct span s = { .last = last };

	if (h->points == 0)
		return s;
	s.first = last - oldest < n ? oldest : last - n;
	s.seconds = (double)(h->mono_ns[last % HISTORY_POINTS] -
			     h->mono_ns[s.first % HISTORY_POINTS]) /
		    (double)NS_PER_S;
	return s;
}

static double rate(uint64_t from, uint64_t to, const struct span *s)
{
	return s->seconds > 0 ? (double)(to - from) / s->seconds : 0;
}

double history_batch_rate(const struct history *h, size_t output)
{
	struct span s = span(h, h->points - 1, HISTORY_RATE_S);

	return rate(point(h, output, s.first)->sealed,
		point(h, output, s.last)->sealed, &s);
}

double history_receive_rate(const struct history *h)
{
	struct span s = span(h, h->points - 1, HISTORY_RATE_S);

	return rate(h->received[s.first % HISTORY_POINTS],
		h->received[s.last % HISTORY_POINTS], &s);
}

enum series { DELIVERED, DROPPED, DELAY_P50, DELAY_P99 };

static double value(const struct history *h, size_t output, enum series which,
	const struct span *s)
{
	const struct history_point *a = point(h, output, s->first);
	const struct history_point *b = point(h, output, s->last);

	switch (which) {
	case DELIVERED:
		return rate(a->delivered, b->delivered, s);
	case DROPPED:
		return rate(a->dropped, b->dropped, s);
	case DELAY_P50:
		return b->delay_p50;
	default:
		return b->delay_p99;
	}
}

static void write_output(
	const struct history *h, struct jbuf *j, size_t output, uint64_t first)
{
	static const char *const names[] = { "delivered", "dropped",
		"delay_p50", "delay_p99" };

	jbuf_open(j, NULL, '{');
	jbuf_text(j, "name", h->view->feeds[output]->settings.name);
	for (unsigned which = DELIVERED; which <= DELAY_P99; which++) {
		jbuf_open(j, names[which], '[');
		for (uint64_t i = first; i < h->points; i++) {
			struct span s = span(h, i, 1);
			double v = value(h, output, (enum series)which, &s);

			if (v < 0)
				jbuf_null(j, NULL);
			else
				jbuf_real(j, NULL, v);
		}
		jbuf_close(j, ']');
	}
	jbuf_close(j, '}');
}

void history_write(const struct history *h, struct buf *out)
{
	uint64_t oldest =
		h->points > HISTORY_POINTS ? h->points - HISTORY_POINTS : 0;
	uint64_t first = oldest + 1; /* the oldest has nothing before it */
	struct jbuf j = JBUF_INIT(out);

	jbuf_open(&j, NULL, '{');
	jbuf_real(&j, "step_seconds", 1);
	jbuf_u64(&j, "until_ms", h->last_real_ns / NS_PER_MS);
	jbuf_open(&j, "received", '[');
	for (uint64_t i = first; i < h->points; i++) {
		struct span s = span(h, i, 1);

		jbuf_real(&j, NULL,
			rate(h->received[s.first % HISTORY_POINTS],
				h->received[s.last % HISTORY_POINTS], &s));
	}
	jbuf_close(&j, ']');
	jbuf_open(&j, "connections", '[');
	for (uint64_t i = first; i < h->points; i++)
		jbuf_u64(&j, NULL, h->connections[i % HISTORY_POINTS]);
	jbuf_close(&j, ']');
	jbuf_open(&j, "outputs", '[');
	for (size_t o = 0; o < h->n_outputs; o++)
		write_output(h, &j, o, first);
	jbuf_close(&j, ']');
	jbuf_close(&j, '}');
}
