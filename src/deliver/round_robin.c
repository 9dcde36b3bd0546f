#include "deliver/balance.h"

/* see credit_note in balance.h */
size_t round_robin_pick(const struct candidate *of, size_t n, struct draw *d)
{
	size_t best = 0;

	(void)d;
	for (size_t i = 1; i < n; i++)
		if (balance_credit(&of[i]) > balance_credit(&of[best]))
			best = i;
	balance_pay(of, n, best);
	return best;
}
