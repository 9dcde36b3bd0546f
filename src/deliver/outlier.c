#include "deliver/outlier.h"

#include <assert.h>

/* Kept in order while the others' values are collected. */
static void insert(uint64_t *values, size_t n, uint64_t value)
{
	for (; n > 0 && values[n - 1] > value; n--)
		values[n] = values[n - 1];
	values[n] = value;
}

static uint64_t permille_failed(const struct outlier_sample *o)
{
	return o->failures * 1000 / o->requests;
}

static bool counts(
	const struct outlier_sample *o, const struct outlier_settings *s)
{
	return o->usable && o->requests >= s->requests;
}

/*
 * The middle of the others; of an even number the better one, so that one bad
 * backend of three stands out from two.  Return: false: there are none.
 */
static bool others(const struct outlier_sample *of, size_t n, size_t but,
	const struct outlier_settings *s, uint64_t *permille, uint64_t *mean_ns)
{
	uint64_t failed[OUTLIER_MAX], mean[OUTLIER_MAX];
	size_t n_failed = 0, n_mean = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == but || !counts(&of[i], s))
			continue;
		insert(failed, n_failed++, permille_failed(&of[i]));
		if (of[i].mean_ns != 0)
			insert(mean, n_mean++, of[i].mean_ns);
	}
	if (n_failed == 0)
		return false;
	*permille = failed[(n_failed - 1) / 2];
	*mean_ns = n_mean != 0 ? mean[(n_mean - 1) / 2] : 0;
	return true;
}

/* Return: how far out, in 1/1000 of the threshold; below 1000: not. */
static uint64_t distance(const struct outlier_sample *of, size_t n, size_t i,
	const struct outlier_settings *s)
{
	uint64_t permille, mean_ns, by_errors = 0, by_time = 0, own;

	if (!others(of, n, i, s, &permille, &mean_ns))
		return 0;
	own = permille_failed(&of[i]);
	if (s->errors != 0 && own > permille)
		by_errors = (own - permille) * 100 / s->errors;
	own = of[i].mean_ns;
	if (s->latency_factor != 0 && mean_ns != 0 &&
		own > mean_ns + s->latency_floor_ns)
		by_time = own * 1000 / s->latency_factor / mean_ns;
	return by_errors > by_time ? by_errors : by_time;
}

size_t outlier_find(const struct outlier_sample *of, size_t n,
	const struct outlier_settings *s)
{
	uint64_t worst = 999;
	size_t found = n, usable = 0;

	assert(n <= OUTLIER_MAX);
	for (size_t i = 0; i < n; i++)
		usable += of[i].usable;
	/* half of them stay, one at least */
	if (usable < 2 || (n - usable + 1) * 2 > n)
		return n;
	for (size_t i = 0; i < n; i++) {
		uint64_t d = counts(&of[i], s) ? distance(of, n, i, s) : 0;

		if (d > worst) {
			worst = d;
			found = i;
		}
	}
	return found;
}

uint64_t outlier_time_ns(const struct outlier_settings *s, unsigned times)
{
	uint64_t most = s->max_time_ns / (s->time_ns != 0 ? s->time_ns : 1);

	return times < most ? s->time_ns * times : s->max_time_ns;
}
