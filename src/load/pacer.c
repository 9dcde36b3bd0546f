#include "load/pacer.h"

#include "base/clock.h"

/* What the ramp and the steady rate behind it give in t nanoseconds, in frames
 * a second times nanoseconds. */
static double steady(const struct pacer *p, double t)
{
	double ramp = (double)p->ramp_ns;
	double in_ramp = t < ramp ? t : ramp;
	double slope =
		ramp > 0 ? ((double)p->rate - (double)p->from) / ramp : 0;

	return (double)p->from * in_ramp + slope * in_ramp * in_ramp / 2 +
	       (double)p->rate * (t - in_ramp);
}

/* What the spikes give besides. */
static double spikes(const struct pacer *p, uint64_t passed_ns)
{
	uint64_t calm_ns = p->every_ns - p->peak_ns;
	uint64_t at_ns = passed_ns % p->every_ns;
	uint64_t in_ns = passed_ns / p->every_ns * p->peak_ns +
			 (at_ns > calm_ns ? at_ns - calm_ns : 0);

	return ((double)p->peak - (double)p->rate) * (double)in_ns;
}

uint64_t pacer_due(const struct pacer *p, uint64_t mono_ns)
{
	uint64_t passed_ns = mono_ns - p->start_ns;
	double due;

	if (!pacer_limits(p))
		return UINT64_MAX;
	due = steady(p, (double)passed_ns);
	if (p->every_ns > 0)
		due += spikes(p, passed_ns);
	return (uint64_t)(due / (double)NS_PER_S);
}

uint64_t pacer_wait_ns(const struct pacer *p, uint64_t mono_ns, uint64_t n)
{
	uint64_t passed_ns = mono_ns - p->start_ns;
	double left; /* frames after the ramp */
	uint64_t due_ns;

	if (!pacer_limits(p))
		return 0;
	if (passed_ns < p->ramp_ns || p->every_ns > 0 || p->rate == 0)
		return PACER_TICK_NS;
	left = (double)(n + 1) -
	       steady(p, (double)p->ramp_ns) / (double)NS_PER_S;
	due_ns = p->ramp_ns;
	if (left > 0)
		due_ns += (uint64_t)(left * (double)NS_PER_S / (double)p->rate);
	if (due_ns < passed_ns + PACER_TICK_NS)
		return PACER_TICK_NS;
	return due_ns - passed_ns;
}
