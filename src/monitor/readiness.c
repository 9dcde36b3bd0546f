#include "monitor/readiness.h"

static bool can_deliver(const struct output_snapshot *o)
{
	if (o->n_backends == 0)
		/* a pipe without a reader waits for one: that is its way */
		return output_collector(o->settings->type) == NULL;
	for (size_t i = 0; i < o->n_backends; i++)
		if (o->backends[i].view.state == BACKEND_UP)
			return true;
	return false;
}

static bool can_keep(const struct output_snapshot *o)
{
	return o->spool.has && !o->spool.refuses &&
	       o->spool.bytes < o->spool.max_bytes;
}

static bool can_take(const struct output_snapshot *o)
{
	return o->runs && (can_deliver(o) || can_keep(o));
}

bool readiness_is_ready(const struct snapshot *s)
{
	if (s->draining)
		return false;
	for (size_t i = 0; i < s->n_outputs; i++)
		if (!can_take(&s->outputs[i]))
			return false;
	return true;
}

static void explain(const struct output_snapshot *o, struct buf *out)
{
	const char *name = o->settings->feed.name;

	if (o->awaits)
		buf_printf(out,
			"output %s: a reload has made it another, which starts "
			"when the former one has delivered or spooled the %llu "
			"events it has in memory\n",
			name, (unsigned long long)o->awaited);
	else if (!o->runs)
		buf_printf(out,
			"output %s: it does not start (see "
			"OUTPUT_START_FAILED in the log)\n",
			name);
	else
		buf_printf(out, "output %s: no backend is usable, and %s\n",
			name,
			o->spool.has ? "its spool has no room"
				     : "it has no spool");
}

void readiness_explain(const struct snapshot *s, struct buf *out)
{
	if (s->draining)
		buf_add_str(out, "the daemon is shutting down\n");
	for (size_t i = 0; i < s->n_outputs; i++)
		if (!can_take(&s->outputs[i]))
			explain(&s->outputs[i], out);
}
