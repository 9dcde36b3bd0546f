#include "deliver/backoff.h"

#include <sys/random.h>

#include "base/clock.h"

void backoff_init(struct backoff *b)
{
	/* early at boot the kernel may have none yet: the clock will do */
	if (getrandom(&b->state, sizeof(b->state), GRND_NONBLOCK) !=
		(ssize_t)sizeof(b->state))
		b->state = clock_mono_ns(&clock_system);
}

uint64_t backoff_ceiling_ns(
	uint64_t initial_ns, uint64_t max_ns, uint32_t failures)
{
	uint64_t ceiling = initial_ns < max_ns ? initial_ns : max_ns;

	for (; failures > 1 && ceiling < max_ns; failures--)
		ceiling = ceiling <= max_ns / 2 ? ceiling * 2 : max_ns;
	return ceiling;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t backoff_random(struct backoff *b)
{
	uint64_t z = b->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t backoff_jitter_ns(struct backoff *b, uint64_t ceiling_ns)
{
	if (ceiling_ns == UINT64_MAX)
		return backoff_random(b);
	/* the modulo's bias is far below anything a clock shows */
	return backoff_random(b) % (ceiling_ns + 1);
}
