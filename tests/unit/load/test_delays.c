/* Delays, from bodies as tapferryd sends them. */
#include <check.h>

#include "base/clock.h"
#include "lib/suite.h"
#include "load/delays.h"

#define NOW (UINT64_C(1700000010) * NS_PER_S)

static struct delays delays;

static void add(const char *body)
{
	delays_add(&delays, slice_from_str(body), NOW);
}

static void setup(void)
{
	delays = (struct delays){ .text = "\"identity\":\"slow\"" };
}

START_TEST(only_events_with_the_text_count)
{
	add("{\"time\":1700000008.5,\"event\":{\"identity\":\"slow\"}}\n"
	    "{\"time\":1700000001.5,\"event\":{\"identity\":\"fast\"}}\n"
	    "{\"time\":1700000009.25,\"event\":{\"identity\":\"slow\"}}\n");
	ck_assert_uint_eq(delays.ns.count, 2);
	ck_assert_uint_eq(delays.ns.max, 1500 * NS_PER_MS);
	ck_assert_uint_le(spread_quantile(&delays.ns, 0.5), 750 * NS_PER_MS);
	ck_assert_uint_ge(spread_quantile(&delays.ns, 0.5), 735 * NS_PER_MS);
}
END_TEST

START_TEST(no_text_is_every_event)
{
	delays.text = "";
	add("{\"time\":1700000010}\n{\"time\":1700000009.123456789}\n"
	    "{\"time\":1700000009.9999999999999}");
	ck_assert_uint_eq(delays.ns.count, 3);
	ck_assert_uint_eq(delays.ns.max, 876543211);
	ck_assert_uint_eq(spread_quantile(&delays.ns, 0), 0);
}
END_TEST

START_TEST(a_time_to_come_is_no_delay)
{
	delays.text = "";
	add("{\"time\":1700000011.5}\n");
	ck_assert_uint_eq(delays.ns.count, 1);
	ck_assert_uint_eq(delays.ns.max, 0);
}
END_TEST

START_TEST(what_has_no_time_is_left_out)
{
	delays.text = "";
	add("");
	add("\n\n{\"event\":1}\n{\"time\":\"x\"}\n{\"time\":\n{\"time\":}\n");
	ck_assert_uint_eq(delays.ns.count, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("delays");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, only_events_with_the_text_count);
	tcase_add_test(tc, no_text_is_every_event);
	tcase_add_test(tc, a_time_to_come_is_no_delay);
	tcase_add_test(tc, what_has_no_time_is_left_out);
	return suite_run("delays", tc);
}
