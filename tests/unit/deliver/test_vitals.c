#include "deliver/vitals.h"

#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "lib/suite.h"

static const struct vitals_settings settings = {
	.rise = 2,
	.fall = 3,
	.interval_ns = 30 * NS_PER_S,
	.down_interval_ns = NS_PER_S,
};

static struct vitals v;
static uint64_t now;

static void setup(void)
{
	v = VITALS_NULL;
	now = 1000 * NS_PER_S;
}

static int check(enum vitals_sign sign)
{
	return vitals_check(&v, &settings, sign, false, now);
}

START_TEST(three_failures_in_a_row_are_a_fall)
{
	ck_assert_int_eq(check(VITALS_BAD), 0);
	ck_assert_int_eq(check(VITALS_BAD), 0);
	ck_assert_int_eq(check(VITALS_GOOD), 0);
	ck_assert_int_eq(check(VITALS_BAD), 0);
	ck_assert_int_eq(check(VITALS_BAD), 0);
	ck_assert_int_eq(check(VITALS_BAD), VITALS_E_FELL);
	ck_assert_int_eq(check(VITALS_BAD), 0);
}
END_TEST

START_TEST(two_successes_in_a_row_are_a_recovery)
{
	ck_assert_int_eq(check(VITALS_GONE), VITALS_E_FELL);
	ck_assert_int_eq(check(VITALS_GOOD), 0);
	ck_assert_int_eq(check(VITALS_BAD), 0);
	ck_assert_int_eq(check(VITALS_GOOD), 0);
	ck_assert_int_eq(check(VITALS_GOOD), VITALS_E_ROSE);
	ck_assert_int_eq(check(VITALS_GOOD), 0);
}
END_TEST

START_TEST(who_fell_by_other_signs_recovers_by_checks)
{
	ck_assert_int_eq(
		vitals_check(&v, &settings, VITALS_GOOD, true, now), 0);
	ck_assert_int_eq(vitals_check(&v, &settings, VITALS_GOOD, true, now),
		VITALS_E_ROSE);
}
END_TEST

START_TEST(checks_come_faster_while_it_is_down_or_wavers)
{
	check(VITALS_GOOD);
	ck_assert_uint_eq(v.due_ns, now + 30 * NS_PER_S);
	check(VITALS_BAD);
	ck_assert_uint_eq(v.due_ns, now + NS_PER_S);
	check(VITALS_GOOD);
	ck_assert_uint_eq(v.due_ns, now + 30 * NS_PER_S);
	check(VITALS_GONE);
	check(VITALS_GOOD);
	ck_assert_uint_eq(v.due_ns, now + NS_PER_S);
	check(VITALS_GOOD);
	ck_assert_uint_eq(v.due_ns, now + 30 * NS_PER_S);
	vitals_hurry(&v, &settings, now);
	ck_assert_uint_eq(v.due_ns, now + NS_PER_S);
	vitals_hurry(&v, &settings, now + NS_PER_S / 2);
	ck_assert_uint_eq(v.due_ns, now + NS_PER_S);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("vitals");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, three_failures_in_a_row_are_a_fall);
	tcase_add_test(t, two_successes_in_a_row_are_a_recovery);
	tcase_add_test(t, who_fell_by_other_signs_recovers_by_checks);
	tcase_add_test(t, checks_come_faster_while_it_is_down_or_wavers);
	return suite_run("vitals", t);
}
