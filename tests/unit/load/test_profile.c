/* How a rate changes: as text, and in time. */
#include <check.h>

#include "base/clock.h"
#include "lib/suite.h"
#include "load/profile.h"

static struct pacer p;

static uint64_t due_at(uint64_t ms)
{
	return pacer_due(&p, ms * NS_PER_MS);
}

START_TEST(a_ramp_leads_from_one_rate_to_the_other)
{
	ck_assert_int_eq(profile_parse(&p, "ramp:1000..3000/10s"), 0);
	ck_assert_uint_eq(due_at(0), 0);
	ck_assert_uint_eq(due_at(5000), 7500);
	ck_assert_uint_eq(due_at(10000), 20000);
	ck_assert_uint_eq(due_at(11000), 23000);
}
END_TEST

START_TEST(a_ramp_may_lead_down_to_nothing)
{
	ck_assert_int_eq(profile_parse(&p, "ramp:1000..0/10s"), 0);
	ck_assert_uint_eq(due_at(10000), 5000);
	ck_assert_uint_eq(due_at(3600 * 1000), 5000);
	ck_assert_uint_eq(
		pacer_wait_ns(&p, 11 * NS_PER_S, 5000), PACER_TICK_NS);
}
END_TEST

START_TEST(spikes_stand_at_the_end_of_each_period)
{
	ck_assert_int_eq(profile_parse(&p, "spike:1000..50000/2s@10s"), 0);
	ck_assert_uint_eq(due_at(8000), 8000);
	ck_assert_uint_eq(due_at(9000), 58000);
	ck_assert_uint_eq(due_at(10000), 108000);
	ck_assert_uint_eq(due_at(18000), 116000);
	ck_assert_uint_eq(due_at(20000), 216000);
}
END_TEST

START_TEST(between_spikes_there_may_be_silence)
{
	ck_assert_int_eq(profile_parse(&p, "spike:0..1000/500ms@1s"), 0);
	ck_assert_uint_eq(due_at(500), 0);
	ck_assert_uint_eq(due_at(1000), 500);
	ck_assert_uint_eq(due_at(1500), 500);
}
END_TEST

START_TEST(what_cannot_be_is_told)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "", PROFILE_E_SYNTAX },
		{ "ramp", PROFILE_E_SYNTAX },
		{ "ramp:1..2", PROFILE_E_SYNTAX },
		{ "ramp:1..2/", PROFILE_E_SYNTAX },
		{ "ramp:1..2/5", PROFILE_E_SYNTAX },
		{ "ramp:-1..2/5s", PROFILE_E_SYNTAX },
		{ "ramp:1.2/5s", PROFILE_E_SYNTAX },
		{ "ramp:1..2/5s@6s", PROFILE_E_SYNTAX },
		{ "ramp:1..2/0s", PROFILE_E_SYNTAX },
		{ "ramp:0..0/1s", PROFILE_E_NOTHING },
		{ "spike:1..2/1s", PROFILE_E_SYNTAX },
		{ "spike:1..2/1s@", PROFILE_E_SYNTAX },
		{ "spike:0..0/1s@2s", PROFILE_E_NOTHING },
		{ "spike:1..2/3s@2s", PROFILE_E_LENGTH },
		{ "saw:1..2/3s@2s", PROFILE_E_SYNTAX },
		{ "ramp:99999999999999999999..2/5s", PROFILE_E_SYNTAX },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(
			profile_parse(&p, cases[i].text), cases[i].error);
		ck_assert_ptr_nonnull(profile_error_text(cases[i].error));
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("profile");

	tcase_add_test(tc, a_ramp_leads_from_one_rate_to_the_other);
	tcase_add_test(tc, a_ramp_may_lead_down_to_nothing);
	tcase_add_test(tc, spikes_stand_at_the_end_of_each_period);
	tcase_add_test(tc, between_spikes_there_may_be_silence);
	tcase_add_test(tc, what_cannot_be_is_told);
	return suite_run("profile", tc);
}
