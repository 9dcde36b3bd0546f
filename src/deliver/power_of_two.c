#include "deliver/balance.h"

size_t power_of_two_pick(const struct candidate *of, size_t n, struct draw *d)
{
	size_t first = balance_by_lot(of, n, d->random(d->arg) >> 32, n);
	size_t second, best = first;
	int order;

	if (n == 1)
		return first;
	second = balance_by_lot(of, n, d->random(d->arg) >> 32, first);
	order = candidate_compare(&of[second], &of[first]);
	if (order < 0 || (order == 0 && balance_credit(&of[second]) >
						balance_credit(&of[first])))
		best = second;
	balance_pay(of, n, best);
	return best;
}
