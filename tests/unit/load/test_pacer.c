/* Pacing, by a clock that moves only when told to. */
#include <check.h>

#include "lib/fake_clock.h"
#include "lib/suite.h"
#include "load/pacer.h"

static struct fake_clock fake;

static void setup(void)
{
	fake_clock_init(&fake);
}

static uint64_t now(void)
{
	return clock_mono_ns(&fake.clock);
}

START_TEST(a_rate_gives_that_many_a_second)
{
	struct pacer p = { .start_ns = now(), .rate = 50000 };

	ck_assert_uint_eq(pacer_due(&p, now()), 0);
	fake_clock_advance(&fake, NS_PER_S / 2);
	ck_assert_uint_eq(pacer_due(&p, now()), 25000);
	fake_clock_advance(&fake, 3600 * NS_PER_S);
	ck_assert_uint_eq(pacer_due(&p, now()), 25000 + 3600u * 50000);
}
END_TEST

START_TEST(without_a_rate_everything_is_due_at_once)
{
	struct pacer p = { .start_ns = now() };

	ck_assert_uint_eq(pacer_due(&p, now()), UINT64_MAX);
	ck_assert_uint_eq(pacer_wait_ns(&p, now(), 1000000), 0);
}
END_TEST

START_TEST(a_ramp_gives_half_and_then_the_rate)
{
	struct pacer p = {
		.start_ns = now(), .rate = 1000, .ramp_ns = 4 * NS_PER_S
	};

	fake_clock_advance(&fake, 2 * NS_PER_S);
	ck_assert_uint_eq(pacer_due(&p, now()), 500);
	fake_clock_advance(&fake, 2 * NS_PER_S);
	ck_assert_uint_eq(pacer_due(&p, now()), 2000);
	fake_clock_advance(&fake, NS_PER_S);
	ck_assert_uint_eq(pacer_due(&p, now()), 3000);
}
END_TEST

START_TEST(due_never_goes_back)
{
	struct pacer p = {
		.start_ns = now(), .rate = 777, .ramp_ns = NS_PER_S
	};
	uint64_t last = 0;

	for (int i = 0; i < 3000; i++) {
		uint64_t due;

		fake_clock_advance(&fake, NS_PER_MS);
		due = pacer_due(&p, now());
		ck_assert_uint_ge(due, last);
		ck_assert_uint_le(due - last, 2);
		last = due;
	}
}
END_TEST

START_TEST(sleeping_the_wait_makes_the_next_frame_due)
{
	struct pacer p = { .start_ns = now(), .rate = 3 };

	for (uint64_t n = 0; n < 100; n++) {
		uint64_t wait_ns = pacer_wait_ns(&p, now(), n);

		ck_assert_uint_ge(wait_ns, NS_PER_S / 3 - 1);
		fake_clock_advance(&fake, wait_ns + 1);
		ck_assert_uint_eq(pacer_due(&p, now()), n + 1);
	}
}
END_TEST

START_TEST(a_high_rate_waits_a_tick)
{
	struct pacer p = { .start_ns = now(), .rate = 1000000 };

	ck_assert_uint_eq(pacer_wait_ns(&p, now(), 0), PACER_TICK_NS);
	fake_clock_advance(&fake, PACER_TICK_NS);
	ck_assert_uint_eq(pacer_due(&p, now()), 1000);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("pacer");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_rate_gives_that_many_a_second);
	tcase_add_test(tc, without_a_rate_everything_is_due_at_once);
	tcase_add_test(tc, a_ramp_gives_half_and_then_the_rate);
	tcase_add_test(tc, due_never_goes_back);
	tcase_add_test(tc, sleeping_the_wait_makes_the_next_frame_due);
	tcase_add_test(tc, a_high_rate_waits_a_tick);
	return suite_run("pacer", tc);
}
