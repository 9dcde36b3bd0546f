#include "intake/placement.h"

#include <errno.h>
#include <stdlib.h>

int placement_init(struct placement *b, const struct load *loads, unsigned n)
{
	*b = (struct placement){ .loads = loads, .n = n };
	b->busy_ns = calloc(n, sizeof(*b->busy_ns));
	b->permille = calloc(n, sizeof(*b->permille));
	if (b->busy_ns == NULL || b->permille == NULL) {
		placement_deinit(b);
		return -ENOMEM;
	}
	return 0;
}

void placement_deinit(struct placement *b)
{
	free(b->busy_ns);
	free(b->permille);
	*b = PLACEMENT_NULL;
}

bool placement_look(struct placement *b, uint64_t mono_ns)
{
	uint64_t elapsed = mono_ns - b->looked_ns;

	if (elapsed < PLACEMENT_LOOK_NS)
		return false;
	for (unsigned i = 0; i < b->n; i++) {
		uint64_t busy = atomic_load_explicit(
			&b->loads[i].busy_ns, memory_order_relaxed);

		b->permille[i] =
			(unsigned)((busy - b->busy_ns[i]) * 1000 / elapsed);
		b->busy_ns[i] = busy;
	}
	b->looked_ns = mono_ns;
	return true;
}

unsigned placement_pick(const struct placement *b)
{
	unsigned best = 0, fewest = UINT32_MAX;

	for (unsigned i = 0; i < b->n; i++) {
		unsigned n = atomic_load_explicit(
			&b->loads[i].connections, memory_order_relaxed);

		if (n < fewest ||
			(n == fewest && b->permille[i] < b->permille[best])) {
			best = i;
			fewest = n;
		}
	}
	return best;
}

int placement_relief(struct placement *b, unsigned self)
{
	unsigned idlest = self;

	if (b->permille[self] < PLACEMENT_SATURATED)
		b->saturated = 0;
	else
		b->saturated++;
	if (b->settling > 0) {
		b->settling--;
		return -1;
	}
	if (b->saturated < PLACEMENT_SATURATED_LOOKS)
		return -1;
	for (unsigned i = 0; i < b->n; i++)
		if (b->permille[i] < b->permille[idlest])
			idlest = i;
	return b->permille[idlest] <= PLACEMENT_IDLE ? (int)idlest : -1;
}

void placement_moved(struct placement *b)
{
	b->saturated = 0;
	b->settling = PLACEMENT_SETTLE_LOOKS;
}
