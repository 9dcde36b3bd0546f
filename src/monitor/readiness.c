#include "monitor/readiness.h"

static bool can_take(const struct output_snapshot *o)
{
	(void)o;
	return true;
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

void readiness_explain(const struct snapshot *s, struct buf *out)
{
	if (s->draining)
		buf_add_str(out, "the daemon is shutting down\n");
	for (size_t i = 0; i < s->n_outputs; i++)
		if (!can_take(&s->outputs[i]))
			buf_printf(out,
				"output %s: no backend is usable, and there "
				"is no spool with room\n",
				s->outputs[i].settings->feed.name);
}
