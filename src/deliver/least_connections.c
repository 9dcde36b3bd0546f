#include "deliver/balance.h"

size_t least_connections_pick(
	const struct candidate *of, size_t n, struct draw *d)
{
	size_t best = 0;

	(void)d;
	for (size_t i = 1; i < n; i++) {
		int order = candidate_compare(&of[i], &of[best]);

		if (order < 0 ||
			(order == 0 && balance_credit(&of[i]) >
					       balance_credit(&of[best])))
			best = i;
	}
	balance_pay(of, n, best);
	return best;
}
