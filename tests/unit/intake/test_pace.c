#include "intake/pace.h"

#include "base/clock.h"
#include "lib/suite.h"

/* How many in pace fit into so many milliseconds, from now on. */
static unsigned fill(struct pace *p, uint64_t now_ns, unsigned ms)
{
	uint64_t end_ns = now_ns + ms * NS_PER_MS;
	unsigned n = 0;

	while ((now_ns += pace_wait_ns(p, now_ns)) <= end_ns) {
		pace_count(p, now_ns);
		n++;
	}
	return n;
}

START_TEST(a_tenth_of_a_second_may_come_at_once)
{
	struct pace p;

	pace_init(&p, 100);
	for (unsigned i = 0; i < 11; i++) {
		ck_assert_uint_eq(pace_wait_ns(&p, NS_PER_S), 0);
		pace_count(&p, NS_PER_S);
	}
	ck_assert_uint_eq(pace_wait_ns(&p, NS_PER_S), 10 * NS_PER_MS);
	ck_assert_uint_eq(
		pace_wait_ns(&p, NS_PER_S + 4 * NS_PER_MS), 6 * NS_PER_MS);
	ck_assert_uint_eq(pace_wait_ns(&p, NS_PER_S + 10 * NS_PER_MS), 0);
}
END_TEST

START_TEST(in_the_long_run_it_is_so_many_a_second)
{
	static const unsigned rates[] = { 1, 7, 100, 1000, 1000000 };
	unsigned rate = rates[_i], n;
	struct pace p;

	pace_init(&p, rate);
	n = fill(&p, NS_PER_S, 10 * 1000);
	ck_assert_uint_ge(n, 10 * rate);
	ck_assert_uint_le(n, 10 * rate + rate / 10 + 3);
	/* a quiet time is not saved up */
	n = fill(&p, 100 * NS_PER_S, 1000);
	ck_assert_uint_le(n, rate + rate / 10 + 3);
}
END_TEST

START_TEST(no_pace_never_waits)
{
	struct pace p;

	pace_init(&p, 0);
	for (unsigned i = 0; i < 100000; i++)
		pace_count(&p, NS_PER_S);
	ck_assert_uint_eq(pace_wait_ns(&p, NS_PER_S), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("pace");

	tcase_add_test(t, a_tenth_of_a_second_may_come_at_once);
	tcase_add_loop_test(t, in_the_long_run_it_is_so_many_a_second, 0, 5);
	tcase_add_test(t, no_pace_never_waits);
	return suite_run("pace", t);
}
