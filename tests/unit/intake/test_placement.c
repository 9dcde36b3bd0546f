#include "intake/placement.h"

#include <string.h>

#include "base/clock.h"
#include "lib/suite.h"

enum { N = 3, LOOK_NS = 100 * 1000 * 1000 };

static struct load loads[N];
static struct placement placement;
static uint64_t now;

static void set_up(void)
{
	memset((void *)loads, 0, sizeof(loads));
	ck_assert_int_eq(placement_init(&placement, loads, N), 0);
	now = NS_PER_S;
	ck_assert(placement_look(&placement, now));
}

static void tear_down(void)
{
	placement_deinit(&placement);
}

/* Time goes by, of which each worker is busy for so many permille. */
static void pass(unsigned a, unsigned b, unsigned c)
{
	const unsigned permille[N] = { a, b, c };

	for (unsigned i = 0; i < N; i++)
		loads[i].busy_ns += (uint64_t)permille[i] * LOOK_NS / 1000;
	now += LOOK_NS;
	ck_assert(placement_look(&placement, now));
}

START_TEST(a_new_connection_goes_where_fewest_are)
{
	loads[0].connections = 2;
	loads[1].connections = 1;
	loads[2].connections = 2;
	pass(0, 1000, 0);
	ck_assert_uint_eq(placement_pick(&placement), 1);
}
END_TEST

START_TEST(among_equals_the_least_busy_gets_it)
{
	pass(700, 300, 500);
	ck_assert_uint_eq(placement_pick(&placement), 1);
}
END_TEST

START_TEST(a_look_too_early_changes_nothing)
{
	pass(700, 300, 500);
	loads[1].busy_ns += LOOK_NS;
	ck_assert(!placement_look(&placement, now + PLACEMENT_LOOK_NS - 1));
	ck_assert_uint_eq(placement_pick(&placement), 1);
}
END_TEST

START_TEST(relief_comes_after_three_saturated_looks_in_a_row)
{
	pass(1000, 100, 400);
	ck_assert_int_eq(placement_relief(&placement, 0), -1);
	pass(1000, 100, 400);
	ck_assert_int_eq(placement_relief(&placement, 0), -1);
	pass(900, 100, 400); /* not in a row */
	ck_assert_int_eq(placement_relief(&placement, 0), -1);
	for (unsigned i = 0; i < 2; i++) {
		pass(960, 100, 400);
		ck_assert_int_eq(placement_relief(&placement, 0), -1);
	}
	pass(960, 100, 400);
	ck_assert_int_eq(placement_relief(&placement, 0), 1);
}
END_TEST

START_TEST(there_is_no_relief_while_all_are_busy)
{
	for (unsigned i = 0; i < 20; i++) {
		pass(1000, 600, 700);
		ck_assert_int_eq(placement_relief(&placement, 0), -1);
	}
}
END_TEST

START_TEST(after_a_move_the_loads_settle_first)
{
	for (unsigned i = 0; i < PLACEMENT_SATURATED_LOOKS; i++) {
		pass(1000, 0, 0);
		placement_relief(&placement, 0);
	}
	placement_moved(&placement);
	for (unsigned i = 0; i < PLACEMENT_SETTLE_LOOKS; i++) {
		pass(1000, 0, 0);
		ck_assert_int_eq(placement_relief(&placement, 0), -1);
	}
	pass(1000, 0, 0);
	ck_assert_int_ge(placement_relief(&placement, 0), 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("placement");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_new_connection_goes_where_fewest_are);
	tcase_add_test(t, among_equals_the_least_busy_gets_it);
	tcase_add_test(t, a_look_too_early_changes_nothing);
	tcase_add_test(t, relief_comes_after_three_saturated_looks_in_a_row);
	tcase_add_test(t, there_is_no_relief_while_all_are_busy);
	tcase_add_test(t, after_a_move_the_loads_settle_first);
	return suite_run("placement", t);
}
