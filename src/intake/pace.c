#include "intake/pace.h"

#include "base/clock.h"

enum { BURST_MS = 100 };

void pace_init(struct pace *p, unsigned per_second)
{
	*p = (struct pace){ .burst_ns = BURST_MS * NS_PER_MS };
	if (per_second == 0)
		return;
	p->interval_ns = NS_PER_S / per_second;
	if (p->burst_ns < p->interval_ns)
		p->burst_ns = p->interval_ns;
}

void pace_count(struct pace *p, uint64_t mono_ns)
{
	if (p->due_ns < mono_ns)
		p->due_ns = mono_ns;
	p->due_ns += p->interval_ns;
}

uint64_t pace_wait_ns(const struct pace *p, uint64_t mono_ns)
{
	uint64_t allowed_ns = mono_ns + p->burst_ns;

	return p->due_ns > allowed_ns ? p->due_ns - allowed_ns : 0;
}
