#include "lib/fake_clock.h"

static uint64_t fake_mono_ns(const struct clock *c)
{
	return ((const struct fake_clock *)c)->mono_ns;
}

static uint64_t fake_real_ns(const struct clock *c)
{
	return ((const struct fake_clock *)c)->real_ns;
}

void fake_clock_init(struct fake_clock *f)
{
	*f = (struct fake_clock){
		.clock = { .mono_ns = fake_mono_ns, .real_ns = fake_real_ns },
		.mono_ns = NS_PER_S,
		.real_ns = 1700000000 * NS_PER_S,
	};
}

void fake_clock_advance(struct fake_clock *f, uint64_t ns)
{
	f->mono_ns += ns;
	f->real_ns += ns;
}
