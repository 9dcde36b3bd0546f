/* Quantiles, against sorted values. */
#include <check.h>
#include <stdlib.h>

#include "lib/suite.h"
#include "load/rng.h"
#include "load/spread.h"

enum { VALUES = 20000 };

static struct spread spread;
static uint64_t values[VALUES];

static void setup(void)
{
	spread = (struct spread){ 0 };
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

START_TEST(nothing_has_no_quantile)
{
	ck_assert_uint_eq(spread_quantile(&spread, 0.5), 0);
}
END_TEST

START_TEST(small_values_are_exact)
{
	for (uint64_t i = 1; i <= 100; i++)
		spread_add(&spread, i);
	ck_assert_uint_eq(spread_quantile(&spread, 0), 1);
	ck_assert_uint_eq(spread_quantile(&spread, 0.5), 50);
	ck_assert_uint_eq(spread_quantile(&spread, 0.99), 99);
	ck_assert_uint_eq(spread_quantile(&spread, 1), 100);
}
END_TEST

START_TEST(large_ones_are_within_two_per_cent)
{
	struct rng rng = RNG_SEED(7);

	for (size_t i = 0; i < VALUES; i++) {
		values[i] = rng_next(&rng) >> rng_below(&rng, 64);
		spread_add(&spread, values[i]);
	}
	qsort(values, VALUES, sizeof(values[0]), compare);
	for (unsigned k = 1; k <= 1000; k++) {
		uint64_t exact = values[VALUES / 1000 * k - 1];
		uint64_t got = spread_quantile(&spread, k / 1000.0);

		ensure(got <= exact && exact - got <= exact / 50);
	}
	ck_assert_uint_eq(spread.max, values[VALUES - 1]);
}
END_TEST

START_TEST(the_largest_number_has_a_bucket)
{
	spread_add(&spread, UINT64_MAX);
	ck_assert_uint_ge(spread_quantile(&spread, 1), UINT64_MAX / 100 * 98);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("spread");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, nothing_has_no_quantile);
	tcase_add_test(tc, small_values_are_exact);
	tcase_add_test(tc, large_ones_are_within_two_per_cent);
	tcase_add_test(tc, the_largest_number_has_a_bucket);
	return suite_run("spread", tc);
}
