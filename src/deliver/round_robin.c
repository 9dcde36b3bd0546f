#include "deliver/round_robin.h"

struct backend *round_robin_pick(struct backend *const *backends, size_t n,
	size_t turn, const struct backend *avoid, uint64_t mono_ns,
	uint64_t *until_ns)
{
	struct backend *second = NULL;

	*until_ns = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		struct backend *b = backends[(turn + i) % n];
		uint64_t at = atomic_load(&b->next_try_ns);

		if (at > mono_ns) {
			if (at < *until_ns)
				*until_ns = at;
		} else if (b == avoid) {
			second = b;
		} else {
			return b;
		}
	}
	return second;
}
