#include "load/progress.h"

#include <stdio.h>
#include <unistd.h>

void progress_init(struct progress *p, bool on, uint64_t mono_ns)
{
	*p = (struct progress){ .on = on,
		.terminal = isatty(STDERR_FILENO) == 1,
		.shown_ns = mono_ns };
}

bool progress_is_due(const struct progress *p, uint64_t mono_ns)
{
	return p->on && mono_ns - p->shown_ns >= PROGRESS_INTERVAL_NS;
}

double progress_rate(struct progress *p, uint64_t count, uint64_t mono_ns)
{
	double s = (double)(mono_ns - p->shown_ns) / (double)NS_PER_S;
	double rate = s > 0 ? (double)(count - p->last_count) / s : 0;

	p->shown_ns = mono_ns;
	p->last_count = count;
	return rate;
}

void progress_show(struct progress *p, const char *text)
{
	/* carriage return, and erase to the end of the line */
	fprintf(stderr, p->terminal ? "\r%s\033[K" : "%s\n", text);
	fflush(stderr);
	p->shown = p->terminal;
}

void progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
