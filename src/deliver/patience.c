#include "deliver/patience.h"

enum {
	TIMES = 4,   /* the timeout is so many times the 99th percentile */
	ENOUGH = 20, /* fewer requests say nothing about it */
	LOOK_SECONDS = 10, /* between two looks */
};

void patience_init(struct patience *p, uint64_t fixed_ns)
{
	p->fixed_ns = fixed_ns;
	atomic_init(
		&p->timeout_ns, fixed_ns != 0 ? fixed_ns : PATIENCE_START_NS);
	atomic_init(&p->next_look_ns, 0);
	histogram_init(&p->took, &histogram_time);
	histogram_read(&p->took, &p->seen);
}

static uint64_t bounded(uint64_t ns)
{
	return ns < PATIENCE_MIN_NS   ? PATIENCE_MIN_NS
	       : ns > PATIENCE_MAX_NS ? PATIENCE_MAX_NS
				      : ns;
}

void patience_add(struct patience *p, uint64_t took_ns, uint64_t mono_ns)
{
	uint64_t next = atomic_load(&p->next_look_ns);
	struct histogram_reading all, since;

	histogram_add(&p->took, took_ns);
	/* one looks, for all, and nobody else does for a while */
	if (p->fixed_ns != 0 || mono_ns < next ||
		!atomic_compare_exchange_strong(&p->next_look_ns, &next,
			mono_ns + LOOK_SECONDS * NS_PER_S))
		return;
	histogram_read(&p->took, &all);
	since = all;
	histogram_since(&since, &p->seen);
	if (since.count < ENOUGH)
		return;
	p->seen = all;
	atomic_store(&p->timeout_ns,
		bounded(TIMES * histogram_quantile(&since, 0.99)));
}
