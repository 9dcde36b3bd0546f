#include "control/status_line.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "monitor/readiness.h"

/* Outputs may have gone with what they had delivered. */
static uint64_t rate(uint64_t now, uint64_t last, uint64_t ns)
{
	return now <= last || ns == 0
		       ? 0
		       : (uint64_t)((double)(now - last) * (double)NS_PER_S /
					    (double)ns +
				    0.5);
}

static void explain(const struct snapshot *s, struct buf *out)
{
	struct buf why = BUF_NULL;

	readiness_explain(s, &why);
	if (why.len != 0)
		buf_printf(out, "; %.*s", (int)strcspn(buf_str(&why), "\n"),
			buf_str(&why));
	buf_deinit(&why);
}

void status_line_write(
	struct status_line *l, const struct snapshot *s, struct buf *out)
{
	uint64_t received = s->intake[INTAKE_RECEIVED];
	uint64_t ns =
		l->last_ns != 0
			? s->mono_ns - l->last_ns
			: (uint64_t)(s->uptime_seconds * (double)NS_PER_S);
	struct ledger sum = { 0 };

	for (size_t i = 0; i < s->n_outputs; i++) {
		const struct ledger *o = &s->outputs[i].ledger;

		sum.delivered += o->delivered;
		sum.dropped += o->dropped;
		sum.in_memory += o->in_memory;
		sum.in_spool += o->in_spool;
	}
	if (s->draining)
		buf_add_str(out, "draining: ");
	else if (l->reload_failed)
		buf_add_str(out, "the last reload failed, see the log; ");
	buf_printf(out,
		"%u connections, %" PRIu64 " events/s; %" PRIu64
		"/s delivered, %" PRIu64 " waiting, %" PRIu64
		" in spools, %" PRIu64 " dropped",
		s->connections, rate(received, l->last_received, ns),
		rate(sum.delivered, l->last_delivered, ns), sum.in_memory,
		sum.in_spool, sum.dropped);
	if (!s->draining)
		explain(s, out);
	l->last_ns = s->mono_ns;
	l->last_received = received;
	l->last_delivered = sum.delivered;
}
