#include "deliver/breaker.h"

#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "lib/suite.h"

static const struct breaker_settings settings = {
	.failures = 5,
	.window = 20,
	.ratio = 50,
	.time_ns = 30 * NS_PER_S,
	.max_time_ns = 100 * NS_PER_S,
};

static struct breaker b;
static uint64_t now;

static void setup(void)
{
	b = BREAKER_NULL;
	now = 1000 * NS_PER_S;
}

/* One request that passes and ends a millisecond later. */
static bool request(bool failed)
{
	uint64_t began = now;

	ck_assert(breaker_enter(&b, now));
	now += NS_PER_MS;
	return breaker_result(&b, &settings, failed, began, now);
}

static void open_by_failures(void)
{
	for (int i = 0; i < 4; i++)
		ck_assert(!request(true));
	ck_assert(request(true));
	ck_assert_int_eq(b.state, BREAKER_OPEN);
}

START_TEST(five_failures_in_a_row_open_it)
{
	for (int i = 0; i < 4; i++)
		ck_assert(!request(true));
	ck_assert(!request(false)); /* in a row */
	ck_assert_uint_eq(breaker_usable_ns(&b), 0);
	open_by_failures();
	ck_assert(!breaker_enter(&b, now));
	ck_assert_uint_eq(breaker_usable_ns(&b), now + 30 * NS_PER_S);
}
END_TEST

START_TEST(half_of_the_last_twenty_open_it)
{
	for (int i = 0; i < 9; i++) {
		ck_assert(!request(true));
		ck_assert(!request(false));
	}
	ck_assert(!request(true)); /* 10 of 19 */
	ck_assert(!request(false));
	ck_assert(request(true)); /* 10 of the last 20 */
	ck_assert_int_eq(b.state, BREAKER_OPEN);
}
END_TEST

START_TEST(old_failures_are_forgotten)
{
	for (int i = 0; i < 1000; i++) {
		ck_assert(!request(i % 20 < 9 && i % 2 == 0));
		ck_assert_int_eq(b.state, BREAKER_CLOSED);
	}
}
END_TEST

START_TEST(half_open_lets_one_through_and_its_success_closes)
{
	uint64_t began;

	open_by_failures();
	now += 30 * NS_PER_S - 1;
	ck_assert(!breaker_enter(&b, now));
	began = now += 1;
	ck_assert(breaker_enter(&b, now));
	for (int i = 0; i < 10; i++)
		ck_assert(!breaker_enter(&b, now + i * NS_PER_S));
	ck_assert_uint_eq(breaker_usable_ns(&b), UINT64_MAX);
	now += NS_PER_S;
	ck_assert(!breaker_result(&b, &settings, false, began, now));
	ck_assert_int_eq(b.state, BREAKER_CLOSED);
	for (int i = 0; i < 4; i++) /* and everything is forgotten */
		ck_assert(!request(true));
}
END_TEST

START_TEST(each_failed_probe_doubles_the_time)
{
	static const unsigned seconds[] = { 30, 60, 100, 100 };

	open_by_failures();
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(
			breaker_usable_ns(&b), now + seconds[i] * NS_PER_S);
		now += seconds[i] * NS_PER_S;
		ck_assert(request(true));
	}
	now += 100 * NS_PER_S;
	ck_assert(!request(false));
	open_by_failures(); /* a success begins from the start */
	ck_assert_uint_eq(breaker_usable_ns(&b), now + 30 * NS_PER_S);
}
END_TEST

START_TEST(what_began_before_it_opened_says_nothing)
{
	uint64_t began = now;

	ck_assert(breaker_enter(&b, began));
	ck_assert(breaker_enter(&b, began));
	open_by_failures();
	now += NS_PER_S;
	ck_assert(!breaker_result(&b, &settings, false, began, now));
	ck_assert_int_eq(b.state, BREAKER_OPEN);
	now += 30 * NS_PER_S;
	ck_assert(breaker_enter(&b, now));
	ck_assert(!breaker_result(&b, &settings, true, began, now + 1));
	ck_assert_int_eq(b.state, BREAKER_HALF_OPEN);
	ck_assert(!breaker_enter(&b, now + 2));
}
END_TEST

START_TEST(a_request_forced_through_that_succeeds_closes_it)
{
	open_by_failures();
	now += NS_PER_S;
	ck_assert(!breaker_result(&b, &settings, true, now, now + 1));
	ck_assert(!breaker_result(&b, &settings, false, now + 2, now + 3));
	ck_assert_int_eq(b.state, BREAKER_CLOSED);
}
END_TEST

START_TEST(a_probe_that_says_nothing_makes_room_for_the_next)
{
	open_by_failures();
	now += 30 * NS_PER_S;
	ck_assert(breaker_enter(&b, now));
	breaker_leave(&b, now - 1); /* another request's */
	ck_assert(!breaker_enter(&b, now + 1));
	breaker_leave(&b, now);
	ck_assert(breaker_enter(&b, now + 1));
}
END_TEST

START_TEST(health_trips_it_and_ends_its_time_early)
{
	ck_assert(breaker_trip(&b, &settings, now));
	ck_assert(!breaker_trip(&b, &settings, now + 1));
	ck_assert(!breaker_enter(&b, now + NS_PER_S));
	now += NS_PER_S;
	breaker_try(&b, now);
	ck_assert(breaker_enter(&b, now));
	ck_assert(!breaker_enter(&b, now));
}
END_TEST

START_TEST(zero_means_never)
{
	static const struct breaker_settings never = { 0 };

	for (int i = 0; i < 1000; i++)
		ck_assert(!breaker_result(&b, &never, true, now, now));
	ck_assert_int_eq(b.state, BREAKER_CLOSED);
}
END_TEST

START_TEST(the_largest_window_is_counted_whole)
{
	struct breaker_settings s = { .window = BREAKER_WINDOW_MAX,
		.ratio = 100 };

	for (int i = 0; i < BREAKER_WINDOW_MAX - 1; i++)
		ck_assert(!breaker_result(&b, &s, true, now, now));
	ck_assert(breaker_result(&b, &s, true, now, now));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("breaker");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, five_failures_in_a_row_open_it);
	tcase_add_test(t, half_of_the_last_twenty_open_it);
	tcase_add_test(t, old_failures_are_forgotten);
	tcase_add_test(t, half_open_lets_one_through_and_its_success_closes);
	tcase_add_test(t, each_failed_probe_doubles_the_time);
	tcase_add_test(t, what_began_before_it_opened_says_nothing);
	tcase_add_test(t, a_request_forced_through_that_succeeds_closes_it);
	tcase_add_test(t, a_probe_that_says_nothing_makes_room_for_the_next);
	tcase_add_test(t, health_trips_it_and_ends_its_time_early);
	tcase_add_test(t, zero_means_never);
	tcase_add_test(t, the_largest_window_is_counted_whole);
	return suite_run("breaker", t);
}
