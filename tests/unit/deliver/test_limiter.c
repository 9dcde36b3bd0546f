#include "deliver/limiter.h"

#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "lib/suite.h"

enum { MAX = 8 };

static const struct limiter_settings settings = {
	.enabled = true,
	.latency_factor = 4,
	.latency_floor_ns = 50 * NS_PER_MS,
};

static struct limiter l;
static uint64_t now;

static void setup(void)
{
	limiter_init(&l, MAX);
	now = 1000 * NS_PER_S;
}

static void replies(unsigned n, uint64_t took_ns)
{
	for (unsigned i = 0; i < n; i++) {
		now += took_ns;
		limiter_result(&l, &settings, LIMITER_GOOD, took_ns, now);
	}
}

static void too_much(void)
{
	now += NS_PER_MS;
	limiter_result(&l, &settings, LIMITER_TOO_MUCH, NS_PER_MS, now);
}

START_TEST(it_begins_at_the_most_and_stays_there)
{
	replies(1000, 10 * NS_PER_MS);
	ck_assert_uint_eq(limiter_requests(&l), MAX);
}
END_TEST

START_TEST(too_much_halves_it_down_to_one)
{
	static const uint32_t want[] = { 4, 2, 1, 1 };

	for (int i = 0; i < 4; i++) {
		too_much();
		ck_assert_uint_eq(limiter_requests(&l), want[i]);
	}
}
END_TEST

START_TEST(requests_that_suffer_together_count_once)
{
	too_much();
	for (int i = 0; i < 7; i++) /* all sent before that */
		limiter_result(&l, &settings, LIMITER_TOO_MUCH, NS_PER_S,
			now + NS_PER_MS);
	ck_assert_uint_eq(limiter_requests(&l), 4);
}
END_TEST

START_TEST(it_grows_by_one_a_round)
{
	too_much();
	too_much();
	too_much();
	replies(2, NS_PER_MS);
	ck_assert_uint_eq(limiter_requests(&l), 2);
	replies(8, NS_PER_MS);
	ck_assert_uint_ge(limiter_requests(&l), 4);
	ck_assert_uint_lt(limiter_requests(&l), MAX);
	replies(100, NS_PER_MS);
	ck_assert_uint_eq(limiter_requests(&l), MAX);
}
END_TEST

START_TEST(replies_much_slower_than_usual_lower_it)
{
	replies(200, 20 * NS_PER_MS);
	replies(4, 200 * NS_PER_MS);
	ck_assert_uint_le(limiter_requests(&l), MAX / 2);
}
END_TEST

START_TEST(slow_but_below_the_floor_is_quick_enough)
{
	replies(200, NS_PER_MS);
	replies(10, 49 * NS_PER_MS);
	ck_assert_uint_eq(limiter_requests(&l), MAX);
}
END_TEST

START_TEST(slowness_that_stays_becomes_usual)
{
	replies(200, 20 * NS_PER_MS);
	replies(500, 200 * NS_PER_MS);
	ck_assert_uint_eq(limiter_requests(&l), MAX);
}
END_TEST

START_TEST(switched_off_it_never_moves)
{
	static const struct limiter_settings off = { 0 };

	limiter_result(&l, &off, LIMITER_TOO_MUCH, 1, now);
	limiter_restart(&l, &off);
	ck_assert_uint_eq(limiter_requests(&l), MAX);
	limiter_restart(&l, &settings);
	ck_assert_uint_eq(limiter_requests(&l), 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("limiter");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, it_begins_at_the_most_and_stays_there);
	tcase_add_test(t, too_much_halves_it_down_to_one);
	tcase_add_test(t, requests_that_suffer_together_count_once);
	tcase_add_test(t, it_grows_by_one_a_round);
	tcase_add_test(t, replies_much_slower_than_usual_lower_it);
	tcase_add_test(t, slow_but_below_the_floor_is_quick_enough);
	tcase_add_test(t, slowness_that_stays_becomes_usual);
	tcase_add_test(t, switched_off_it_never_moves);
	return suite_run("limiter", t);
}
