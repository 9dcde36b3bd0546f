#include "intake/frame_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static size_t counted(size_t bytes)
{
	return bytes > FRAME_MEMORY_FREE ? bytes : 0;
}

static bool charge(struct frame_memory *m, size_t more)
{
	size_t used = atomic_load_explicit(&m->in_use, memory_order_relaxed);

	do {
		size_t size =
			atomic_load_explicit(&m->size, memory_order_relaxed);

		if (used > size || more > size - used)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&m->in_use, &used,
		used + more, memory_order_relaxed, memory_order_relaxed));
	return true;
}

static void discharge(struct frame_memory *m, size_t less)
{
	if (less != 0)
		atomic_fetch_sub_explicit(
			&m->in_use, less, memory_order_relaxed);
}

int frame_memory_grow(
	struct frame_memory *m, uint8_t **piece, size_t from, size_t to)
{
	size_t more = counted(to) - counted(from);
	uint8_t *grown;

	if (more != 0 && !charge(m, more))
		return FRAME_MEMORY_E_FULL;
	grown = realloc(*piece, to);
	if (grown == NULL) {
		discharge(m, more);
		return -ENOMEM;
	}
	*piece = grown;
	if (more != 0)
		atomic_fetch_add_explicit(
			&m->allocations, 1, memory_order_relaxed);
	return 0;
}

void frame_memory_put(struct frame_memory *m, uint8_t **piece, size_t size)
{
	free(*piece);
	*piece = NULL;
	discharge(m, counted(size));
}

struct frame_memory_use frame_memory_look(const struct frame_memory *m)
{
	return (struct frame_memory_use){
		.size = m->size,
		.in_use =
			atomic_load_explicit(&m->in_use, memory_order_relaxed),
		.allocations = atomic_load_explicit(
			&m->allocations, memory_order_relaxed),
	};
}
