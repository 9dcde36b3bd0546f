#include "load/pacer.h"

#include "base/clock.h"

uint64_t pacer_due(const struct pacer *p, uint64_t mono_ns)
{
	double t = (double)(mono_ns - p->start_ns);
	double ramp = (double)p->ramp_ns;
	double flat_ns; /* time at the full rate that would give as many */

	if (p->rate == 0)
		return UINT64_MAX;
	flat_ns = t < ramp ? t * t / (2 * ramp) : t - ramp / 2;
	return (uint64_t)((double)p->rate * flat_ns / (double)NS_PER_S);
}

uint64_t pacer_wait_ns(const struct pacer *p, uint64_t mono_ns, uint64_t n)
{
	uint64_t passed_ns = mono_ns - p->start_ns;
	uint64_t due_ns;

	if (p->rate == 0)
		return 0;
	if (passed_ns < p->ramp_ns)
		return PACER_TICK_NS;
	due_ns =
		p->ramp_ns / 2 + (uint64_t)((double)(n + 1) * (double)NS_PER_S /
					    (double)p->rate);
	if (due_ns < passed_ns + PACER_TICK_NS)
		return PACER_TICK_NS;
	return due_ns - passed_ns;
}
