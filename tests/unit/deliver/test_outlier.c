#include "deliver/outlier.h"

#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "lib/suite.h"

static const struct outlier_settings settings = {
	.requests = 10,
	.errors = 30,
	.latency_factor = 5,
	.latency_floor_ns = 100 * NS_PER_MS,
	.time_ns = 30 * NS_PER_S,
	.max_time_ns = 100 * NS_PER_S,
};

enum { N = 4 };
static struct outlier_sample of[N];

static void setup(void)
{
	for (int i = 0; i < N; i++)
		of[i] = (struct outlier_sample){ .requests = 100,
			.failures = 2,
			.mean_ns = 20 * NS_PER_MS,
			.usable = true };
}

START_TEST(equal_ones_stay)
{
	ck_assert_uint_eq(outlier_find(of, N, &settings), N);
	for (int i = 0; i < N; i++) /* all bad: nobody stands out */
		of[i].failures = 90;
	ck_assert_uint_eq(outlier_find(of, N, &settings), N);
}
END_TEST

START_TEST(the_one_that_fails_most_goes)
{
	of[1].failures = 40;
	of[2].failures = 50;
	ck_assert_uint_eq(outlier_find(of, N, &settings), 2);
	of[2].failures = 31;
	of[1].failures = 31; /* 29 points above the others */
	ck_assert_uint_eq(outlier_find(of, N, &settings), N);
}
END_TEST

START_TEST(the_one_that_is_far_slower_goes)
{
	of[3].mean_ns = 130 * NS_PER_MS;
	ck_assert_uint_eq(outlier_find(of, N, &settings), 3);
	of[3].mean_ns = 119 * NS_PER_MS; /* below the floor */
	ck_assert_uint_eq(outlier_find(of, N, &settings), N);
	for (int i = 0; i < 3; i++) /* not five times as slow */
		of[i].mean_ns = 100 * NS_PER_MS;
	of[3].mean_ns = 480 * NS_PER_MS;
	ck_assert_uint_eq(outlier_find(of, N, &settings), N);
}
END_TEST

START_TEST(few_requests_say_nothing)
{
	of[0].requests = 9;
	of[0].failures = 9;
	ck_assert_uint_eq(outlier_find(of, N, &settings), N);
}
END_TEST

START_TEST(of_two_the_bad_one_goes)
{
	of[0].failures = 60;
	ck_assert_uint_eq(outlier_find(of, 2, &settings), 0);
}
END_TEST

START_TEST(the_last_usable_one_never_goes)
{
	of[0].failures = 100;
	of[1].usable = false;
	ck_assert_uint_eq(outlier_find(of, 2, &settings), 2);
	ck_assert_uint_eq(outlier_find(of, 1, &settings), 1);
}
END_TEST

START_TEST(at_most_half_of_them_go)
{
	of[0].usable = of[1].usable = false;
	of[2].failures = 100;
	ck_assert_uint_eq(outlier_find(of, N, &settings), N);
	of[1].usable = true;
	ck_assert_uint_eq(outlier_find(of, N, &settings), 2);
}
END_TEST

START_TEST(the_time_grows_up_to_its_end)
{
	ck_assert_uint_eq(outlier_time_ns(&settings, 1), 30 * NS_PER_S);
	ck_assert_uint_eq(outlier_time_ns(&settings, 2), 60 * NS_PER_S);
	ck_assert_uint_eq(outlier_time_ns(&settings, 4), 100 * NS_PER_S);
	ck_assert_uint_eq(outlier_time_ns(&settings, 4000), 100 * NS_PER_S);
}
END_TEST

START_TEST(zeros_look_at_nothing)
{
	struct outlier_settings s = { .requests = 1 };

	of[0].failures = 100;
	of[0].mean_ns = 100 * NS_PER_S;
	ck_assert_uint_eq(outlier_find(of, N, &s), N);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("outlier");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, equal_ones_stay);
	tcase_add_test(t, the_one_that_fails_most_goes);
	tcase_add_test(t, the_one_that_is_far_slower_goes);
	tcase_add_test(t, few_requests_say_nothing);
	tcase_add_test(t, of_two_the_bad_one_goes);
	tcase_add_test(t, the_last_usable_one_never_goes);
	tcase_add_test(t, at_most_half_of_them_go);
	tcase_add_test(t, the_time_grows_up_to_its_end);
	tcase_add_test(t, zeros_look_at_nothing);
	return suite_run("outlier", t);
}
