/* Fault rules: read as written, and the same for the same seed. */
#include <check.h>

#include "lib/suite.h"
#include "load/faults.h"

static struct faults f;

static struct fault pick(const struct faults *rules, uint64_t n)
{
	return faults_pick(rules, &(struct fault_request){ .n = n });
}

START_TEST(a_rule_without_when_always_applies)
{
	ck_assert_int_eq(faults_parse(&f, "503", 1), 0);
	for (uint64_t n = 1; n < 10; n++) {
		struct fault got = pick(&f, n);

		ck_assert_int_eq(got.what, FAULT_STATUS);
		ck_assert_uint_eq(got.status, 503);
		ck_assert_int_eq(got.code, -1);
	}
}
END_TEST

START_TEST(a_status_may_have_a_code)
{
	ck_assert_int_eq(faults_parse(&f, "429/26@first:1", 1), 0);
	ck_assert_int_eq(pick(&f, 1).code, 26);
	ck_assert_int_eq(pick(&f, 2).what, FAULT_NONE);
}
END_TEST

START_TEST(the_first_rule_that_applies_wins)
{
	ck_assert_int_eq(
		faults_parse(&f, "close@first:2,hang@every:3,slow:20ms", 1), 0);
	ck_assert_int_eq(pick(&f, 1).what, FAULT_CLOSE);
	ck_assert_int_eq(pick(&f, 2).what, FAULT_CLOSE);
	ck_assert_int_eq(pick(&f, 3).what, FAULT_HANG);
	ck_assert_int_eq(pick(&f, 4).what, FAULT_SLOW);
	ck_assert_uint_eq(pick(&f, 4).delay_ns, 20000000);
	ck_assert_int_eq(pick(&f, 6).what, FAULT_HANG);
}
END_TEST

START_TEST(a_probability_is_met_and_repeatable)
{
	struct faults again;
	unsigned hits = 0;

	ck_assert_int_eq(faults_parse(&f, "500@0.25", 7), 0);
	ck_assert_int_eq(faults_parse(&again, "500@0.25", 7), 0);
	for (uint64_t n = 1; n <= 10000; n++) {
		enum fault_what what = pick(&f, n).what;

		hits += what == FAULT_STATUS;
		ck_assert_int_eq(pick(&again, n).what, what);
	}
	ck_assert_uint_ge(hits, 2300);
	ck_assert_uint_le(hits, 2700);
}
END_TEST

START_TEST(zero_never_and_one_always)
{
	ck_assert_int_eq(faults_parse(&f, "500@0,503@1", 7), 0);
	for (uint64_t n = 1; n <= 1000; n++)
		ck_assert_uint_eq(pick(&f, n).status, 503);
}
END_TEST

START_TEST(a_request_itself_may_be_the_condition)
{
	struct fault_request rq = { .n = 1, .len = 1000 };

	ck_assert_int_eq(
		faults_parse(&f,
			"413@above:1000B,415@gzip,400@zstd,503@at:3,500@from:5",
			1),
		0);
	ck_assert_int_eq(faults_pick(&f, &rq).what, FAULT_NONE);
	rq.len++;
	ck_assert_uint_eq(faults_pick(&f, &rq).status, 413);
	rq = (struct fault_request){ .n = 1, .coding = COMPRESSION_GZIP };
	ck_assert_uint_eq(faults_pick(&f, &rq).status, 415);
	rq.coding = COMPRESSION_ZSTD;
	ck_assert_uint_eq(faults_pick(&f, &rq).status, 400);
	ck_assert_int_eq(pick(&f, 2).what, FAULT_NONE);
	ck_assert_uint_eq(pick(&f, 3).status, 503);
	ck_assert_int_eq(pick(&f, 4).what, FAULT_NONE);
	ck_assert_uint_eq(pick(&f, 5).status, 500);
	ck_assert_uint_eq(pick(&f, 50).status, 500);
}
END_TEST

START_TEST(an_answer_is_dressed_as_told)
{
	struct fault got;

	ck_assert_int_eq(faults_parse(&f,
				 "503/9+taken+slow:1ms+chunked+last+big:2KiB+"
				 "retry:7@1,ok+date:8",
				 1),
		0);
	got = pick(&f, 1);
	ck_assert(got.taken && got.chunked && got.last && got.retry);
	ck_assert(!got.retry_date);
	ck_assert_uint_eq(got.delay_ns, 1000000);
	ck_assert_uint_eq(got.pad, 2048);
	ck_assert_uint_eq(got.retry_s, 7);
	got = f.rules[1].fault;
	ck_assert_int_eq(got.what, FAULT_NONE);
	ck_assert(got.retry && got.retry_date && !got.taken);
	ck_assert_uint_eq(got.retry_s, 8);
}
END_TEST

START_TEST(what_is_kept_follows_from_the_answer)
{
	static const struct {
		const char *spec;
		uint64_t keeps;
	} kept[] = {
		{ "ok", UINT64_MAX },
		{ "read:1s", UINT64_MAX },
		{ "slow:1s", UINT64_MAX },
		{ "503", 0 },
		{ "503+taken", UINT64_MAX },
		{ "400/6/3", 3 },
		{ "400/7/3", 2 },
		{ "400/7/0", 0 },
		{ "400/6", 0 },
		{ "html", 0 },
		{ "json+taken", UINT64_MAX },
		{ "close", 0 },
		{ "reset+taken", UINT64_MAX },
	};

	for (size_t i = 0; i < COUNT(kept); i++) {
		ck_assert_int_eq(faults_parse(&f, kept[i].spec, 1), 0);
		ck_assert_uint_eq(
			fault_keeps(&f.rules[0].fault), kept[i].keeps);
	}
}
END_TEST

START_TEST(none_is_no_rule)
{
	ck_assert_int_eq(faults_parse(&f, "none", 1), 0);
	ck_assert_uint_eq(f.n_rules, 0);
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
		FAULTS_E_STATUS },
	{ "503@every:0000000000000000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000000000000000000000000000000000000000"
	  "01",
		FAULTS_E_WHAT },
	{ "400/6/x", FAULTS_E_WHAT },
	{ "400/1000", FAULTS_E_WHAT },
	{ "reset:never", FAULTS_E_WHAT },
	{ "read", FAULTS_E_DELAY },
	{ "read:2", FAULTS_E_DELAY },
	{ "ok+slow:2", FAULTS_E_DELAY },
	{ "503+", FAULTS_E_HOW },
	{ "503+retry:soon", FAULTS_E_HOW },
	{ "503+date:-1", FAULTS_E_HOW },
	{ "503+big:1TB", FAULTS_E_HOW },
	{ "503+taken+nothing", FAULTS_E_HOW },
	{ "413@above:big", FAULTS_E_WHEN },
	{ "503@at:0", FAULTS_E_WHEN },
	{ "none,503", FAULTS_E_WHAT },
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
	tcase_add_test(tc, a_request_itself_may_be_the_condition);
	tcase_add_test(tc, an_answer_is_dressed_as_told);
	tcase_add_test(tc, what_is_kept_follows_from_the_answer);
	tcase_add_test(tc, none_is_no_rule);
	tcase_add_loop_test(tc, a_wrong_rule_is_refused_by_its_kind, 0, WRONG);
	return suite_run("faults", tc);
}
