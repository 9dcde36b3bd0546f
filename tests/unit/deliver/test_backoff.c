#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "deliver/backoff.h"
#include "lib/suite.h"

START_TEST(the_ceiling_doubles_up_to_the_maximum)
{
	ck_assert_uint_eq(backoff_ceiling_ns(100, 1000, 1), 100);
	ck_assert_uint_eq(backoff_ceiling_ns(100, 1000, 2), 200);
	ck_assert_uint_eq(backoff_ceiling_ns(100, 1000, 3), 400);
	ck_assert_uint_eq(backoff_ceiling_ns(100, 1000, 4), 800);
	ck_assert_uint_eq(backoff_ceiling_ns(100, 1000, 5), 1000);
	ck_assert_uint_eq(backoff_ceiling_ns(100, 1000, UINT32_MAX), 1000);
	ck_assert_uint_eq(backoff_ceiling_ns(100, 50, 1), 50);
	ck_assert_uint_eq(backoff_ceiling_ns(0, 1000, 7), 0);
	ck_assert_uint_eq(
		backoff_ceiling_ns(3, UINT64_MAX, UINT32_MAX), UINT64_MAX);
}
END_TEST

START_TEST(the_jitter_is_full_and_even)
{
	enum { DRAWS = 100000, BINS = 10 };
	struct backoff b = { .state = 42 };
	unsigned bins[BINS] = { 0 };

	for (int i = 0; i < DRAWS; i++) {
		uint64_t ns = backoff_jitter_ns(&b, NS_PER_S);

		ck_assert_uint_le(ns, NS_PER_S);
		bins[ns * BINS / (NS_PER_S + 1)]++;
	}
	for (int i = 0; i < BINS; i++) {
		ck_assert_uint_gt(bins[i], DRAWS / BINS * 95 / 100);
		ck_assert_uint_lt(bins[i], DRAWS / BINS * 105 / 100);
	}
	ck_assert_uint_eq(backoff_jitter_ns(&b, 0), 0);
}
END_TEST

START_TEST(two_threads_draw_different_numbers)
{
	struct backoff a, b;

	backoff_init(&a);
	backoff_init(&b);
	ck_assert_uint_ne(backoff_jitter_ns(&a, UINT64_MAX),
		backoff_jitter_ns(&b, UINT64_MAX));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("backoff");

	tcase_add_test(t, the_ceiling_doubles_up_to_the_maximum);
	tcase_add_test(t, the_jitter_is_full_and_even);
	tcase_add_test(t, two_threads_draw_different_numbers);
	return suite_run("backoff", t);
}
