#include "deliver/balance.h"

balance_pick *balance_strategy_pick(enum balance_strategy s)
{
	static balance_pick *const picks[] = {
		[BALANCE_ROUND_ROBIN] = round_robin_pick,
		[BALANCE_LEAST_CONNECTIONS] = least_connections_pick,
		[BALANCE_RANDOM] = random_pick,
		[BALANCE_POWER_OF_TWO] = power_of_two_pick,
	};

	return picks[s];
}

/* Rounds that a backend may be behind or ahead. */
enum { CREDIT_ROUNDS = 16 };

static void add(const struct candidate *c, int64_t what, int64_t most)
{
	int64_t has = atomic_load_explicit(c->credit, memory_order_relaxed);

	if (has + what <= most && has + what >= -most)
		atomic_fetch_add_explicit(
			c->credit, what, memory_order_relaxed);
}

void balance_pay(const struct candidate *of, size_t n, size_t chosen)
{
	int64_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += of[i].weight;
	for (size_t i = 0; i < n; i++)
		add(&of[i], of[i].weight - (i == chosen ? total : 0),
			CREDIT_ROUNDS * total);
}

size_t balance_by_lot(
	const struct candidate *of, size_t n, uint64_t lot, size_t but)
{
	uint64_t total = 0, point;

	for (size_t i = 0; i < n; i++)
		total += i == but ? 0 : of[i].weight;
	point = lot * total >> 32; /* both below 2^32 */
	for (size_t i = 0; i < n; i++) {
		if (i == but)
			continue;
		if (point < of[i].weight)
			return i;
		point -= of[i].weight;
	}
	return n - 1; /* not reached: the point is below the total */
}
