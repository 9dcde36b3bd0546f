#include "control/beat.h"

#include "lib/suite.h"

enum { NOW = 1000000 };

START_TEST(it_is_due_once_an_interval)
{
	struct beat b = beat_from(100, NOW);

	ck_assert(!beat_is_due(&b, NOW));
	ck_assert(!beat_is_due(&b, NOW + 99));
	ck_assert(beat_is_due(&b, NOW + 130));
	ck_assert(!beat_is_due(&b, NOW + 199)); /* no drift by the 30 */
	ck_assert(beat_is_due(&b, NOW + 200));
}
END_TEST

START_TEST(beats_slept_through_are_left_out)
{
	struct beat b = beat_from(100, NOW);

	ck_assert(beat_is_due(&b, NOW + 1000));
	ck_assert(!beat_is_due(&b, NOW + 1000));
	ck_assert(!beat_is_due(&b, NOW + 1099));
	ck_assert(beat_is_due(&b, NOW + 1100));
}
END_TEST

START_TEST(an_interval_of_nothing_is_never)
{
	struct beat b = beat_from(0, NOW);

	ck_assert(!beat_is_due(&b, NOW));
	ck_assert(!beat_is_due(&b, UINT64_MAX));
	ck_assert_int_eq(beat_wait_ms(&b, NOW), 3600 * 1000);
}
END_TEST

START_TEST(the_wait_ends_when_it_is_due_and_not_before)
{
	struct beat b = beat_from(5 * NS_PER_MS, NOW);

	ck_assert_int_eq(beat_wait_ms(&b, NOW), 5);
	ck_assert_int_eq(beat_wait_ms(&b, NOW + 1), 5);
	ck_assert_int_eq(beat_wait_ms(&b, NOW + 5 * NS_PER_MS - 1), 1);
	ck_assert_int_eq(beat_wait_ms(&b, NOW + 5 * NS_PER_MS), 0);
	ck_assert_int_eq(beat_wait_ms(&b, NOW + 6 * NS_PER_MS), 0);
	b = beat_from(24 * 3600 * NS_PER_S, NOW);
	ck_assert_int_eq(beat_wait_ms(&b, NOW), 3600 * 1000);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("beat");

	tcase_add_test(t, it_is_due_once_an_interval);
	tcase_add_test(t, beats_slept_through_are_left_out);
	tcase_add_test(t, an_interval_of_nothing_is_never);
	tcase_add_test(t, the_wait_ends_when_it_is_due_and_not_before);
	return suite_run("beat", t);
}
