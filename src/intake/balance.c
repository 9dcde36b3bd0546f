#include "intake/balance.h"

#include <errno.h>
#include <stdlib.h>

int balance_init(struct balance *b, const struct load *loads, unsigned n)
{
	*b = (struct balance){ .loads = loads, .n = n };
	b->busy_ns = calloc(n, sizeof(*b->busy_ns));
	b->permille = calloc(n, sizeof(*b->permille));
	if (b->busy_ns == NULL || b->permille == NULL) {
		balance_deinit(b);
		return -ENOMEM;
	}
	return 0;
}

void balance_deinit(struct balance *b)
{
	free(b->busy_ns);
	free(b->permille);
	*b = BALANCE_NULL;
}

bool balance_look(struct balance *b, uint64_t mono_ns)
{
	uint64_t elapsed = mono_ns - b->looked_ns;

	if (elapsed < BALANCE_LOOK_NS)
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

unsigned balance_pick(const struct balance *b)
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

int balance_relief(struct balance *b, unsigned self)
{
	unsigned idlest = self;

	if (b->permille[self] < BALANCE_SATURATED)
		b->saturated = 0;
	else
		b->saturated++;
	if (b->settling > 0) {
		b->settling--;
		return -1;
	}
	if (b->saturated < BALANCE_SATURATED_LOOKS)
		return -1;
	for (unsigned i = 0; i < b->n; i++)
		if (b->permille[i] < b->permille[idlest])
			idlest = i;
	return b->permille[idlest] <= BALANCE_IDLE ? (int)idlest : -1;
}

void balance_moved(struct balance *b)
{
	b->saturated = 0;
	b->settling = BALANCE_SETTLE_LOOKS;
}
