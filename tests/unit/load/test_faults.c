/* Fault rules: read as written, and the same for the same seed. */
#include <check.h>

#include "lib/suite.h"
#include "load/faults.h"

static struct faults f;

START_TEST(a_rule_without_when_always_applies)
{
	ck_assert_int_eq(faults_parse(&f, "503", 1), 0);
	for (uint64_t n = 1; n < 10; n++) {
		struct fault got = faults_pick(&f, n);

		ck_assert_int_eq(got.what, FAULT_STATUS);
		ck_assert_uint_eq(got.status, 503);
		ck_assert_int_eq(got.code, -1);
	}
}
END_TEST

START_TEST(a_status_may_have_a_code)
{
	ck_assert_int_eq(faults_parse(&f, "429/26@first:1", 1), 0);
	ck_assert_int_eq(faults_pick(&f, 1).code, 26);
	ck_assert_int_eq(faults_pick(&f, 2).what, FAULT_NONE);
}
END_TEST

START_TEST(the_first_rule_that_applies_wins)
{
	ck_assert_int_eq(
		faults_parse(&f, "close@first:2,hang@every:3,slow:20ms", 1), 0);
	ck_assert_int_eq(faults_pick(&f, 1).what, FAULT_CLOSE);
	ck_assert_int_eq(faults_pick(&f, 2).what, FAULT_CLOSE);
	ck_assert_int_eq(faults_pick(&f, 3).what, FAULT_HANG);
	ck_assert_int_eq(faults_pick(&f, 4).what, FAULT_SLOW);
	ck_assert_uint_eq(faults_pick(&f, 4).delay_ns, 20000000);
	ck_assert_int_eq(faults_pick(&f, 6).what, FAULT_HANG);
}
END_TEST

START_TEST(a_probability_is_met_and_repeatable)
{
	struct faults again;
	unsigned hits = 0;

	ck_assert_int_eq(faults_parse(&f, "500@0.25", 7), 0);
	ck_assert_int_eq(faults_parse(&again, "500@0.25", 7), 0);
	for (uint64_t n = 1; n <= 10000; n++) {
		enum fault_what what = faults_pick(&f, n).what;

		hits += what == FAULT_STATUS;
		ck_assert_int_eq(faults_pick(&again, n).what, what);
	}
	ck_assert_uint_ge(hits, 2300);
	ck_assert_uint_le(hits, 2700);
}
END_TEST

START_TEST(zero_never_and_one_always)
{
	ck_assert_int_eq(faults_parse(&f, "500@0,503@1", 7), 0);
	for (uint64_t n = 1; n <= 1000; n++)
		ck_assert_uint_eq(faults_pick(&f, n).status, 503);
}
END_TEST

static const struct {
	const char *spec;
	int r;
} wrong[] = {
	{ "", FAULTS_E_WHAT },
	{ "503,", FAULTS_E_WHAT },
	{ "explode", FAULTS_E_WHAT },
	{ "503/x", FAULTS_E_WHAT },
	{ "99", FAULTS_E_STATUS },
	{ "600", FAULTS_E_STATUS },
	{ "slow", FAULTS_E_DELAY },
	{ "slow:5", FAULTS_E_DELAY },
	{ "503@", FAULTS_E_WHEN },
	{ "503@1.5", FAULTS_E_WHEN },
	{ "503@nan", FAULTS_E_WHEN },
	{ "503@-0.1", FAULTS_E_WHEN },
	{ "503@every:0", FAULTS_E_WHEN },
	{ "503@first:x", FAULTS_E_WHEN },
	{ "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", FAULTS_E_STATUS },
	{ "hang,hang,hang,hang,hang,hang,hang,hang,hang,hang,hang,hang,hang,"
	  "hang,hang,hang,hang",
		FAULTS_E_MANY },
	{ "5000000000000000000000000000000000000000000000000000000000000000000"
	  "0",
		FAULTS_E_WHAT },
};
enum { WRONG = COUNT(wrong) };

START_TEST(a_wrong_rule_is_refused_by_its_kind)
{
	ck_assert_int_eq(faults_parse(&f, wrong[_i].spec, 1), wrong[_i].r);
	ck_assert_str_ne(faults_error_text(wrong[_i].r), "");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("faults");

	tcase_add_test(tc, a_rule_without_when_always_applies);
	tcase_add_test(tc, a_status_may_have_a_code);
	tcase_add_test(tc, the_first_rule_that_applies_wins);
	tcase_add_test(tc, a_probability_is_met_and_repeatable);
	tcase_add_test(tc, zero_never_and_one_always);
	tcase_add_loop_test(tc, a_wrong_rule_is_refused_by_its_kind, 0, WRONG);
	return suite_run("faults", tc);
}
