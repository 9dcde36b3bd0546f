#include "sync/pulse.h"

#include "lib/suite.h"

START_TEST(asleep_is_well_however_long)
{
	struct pulse p = PULSE_INIT;

	ck_assert(!pulse_is_stuck(&p)); /* not started */
	ck_assert(!pulse_is_stuck(&p));
	pulse_wake(&p);
	pulse_sleep(&p);
	for (int i = 0; i < 3; i++)
		ck_assert(!pulse_is_stuck(&p));
}
END_TEST

START_TEST(awake_in_one_turn_at_two_looks_is_stuck_until_it_moves)
{
	struct pulse p = PULSE_INIT;

	pulse_wake(&p);
	ck_assert(!pulse_is_stuck(&p));
	ck_assert(pulse_is_stuck(&p));
	ck_assert(pulse_is_stuck(&p));
	pulse_sleep(&p);
	ck_assert(!pulse_is_stuck(&p));
}
END_TEST

START_TEST(awake_at_every_look_but_in_another_turn_is_well)
{
	struct pulse p = PULSE_INIT;

	for (int i = 0; i < 3; i++) {
		pulse_wake(&p);
		ck_assert(!pulse_is_stuck(&p));
		pulse_sleep(&p);
	}
}
END_TEST

START_TEST(the_same_word_twice_does_no_harm)
{
	struct pulse p = PULSE_INIT;

	pulse_wake(&p);
	ck_assert(!pulse_is_stuck(&p));
	pulse_wake(&p);
	ck_assert(!pulse_is_stuck(&p));
	ck_assert(pulse_is_stuck(&p));
	pulse_sleep(&p);
	pulse_sleep(&p);
	ck_assert(!pulse_is_stuck(&p));
	ck_assert(!pulse_is_stuck(&p));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("pulse");

	tcase_add_test(t, asleep_is_well_however_long);
	tcase_add_test(
		t, awake_in_one_turn_at_two_looks_is_stuck_until_it_moves);
	tcase_add_test(t, awake_at_every_look_but_in_another_turn_is_well);
	tcase_add_test(t, the_same_word_twice_does_no_harm);
	return suite_run("pulse", t);
}
