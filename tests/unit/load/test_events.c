/* Bodies: the quick count of JSON is the slow one, wherever it is cut. */
#include <check.h>

#include "lib/suite.h"
#include "load/events.h"

static const struct {
	const char *text;
	uint64_t events;
	bool whole;
	uint64_t good;
} bodies[] = {
	{ "", 0, true, 0 },
	{ "\n \r\n\t", 0, true, 0 },
	{ "{}", 1, true, 1 },
	{ "{}\n", 1, true, 1 },
	{ "{\"event\":1}\n{\"event\":2}\n", 2, true, 2 },
	{ "{\"event\":1}\n{\"event\":2}", 2, true, 2 },
	{ "{\"event\":1}{\"event\":2}\n{\"event\":3}\n", 3, true, 3 },
	{ "{\"event\":1} {\"event\":2}\r\n{\"event\":3}\r\n", 3, true, 3 },
	{ "{\"a\":{\"b\":{}}}{\"a\":{\"b\":{}}}\n", 2, true, 2 },
	{ "{\n\"event\":\n{\"a\":1}\n}\n{\"event\":2}\n", 2, true, 2 },
	{ "{\"event\":\n{\"a\":1}}\n{\"event\":2}\n", 2, true, 2 },
	{ "{\"a\":\"}{\"}\n{\"a\":\"} {\"}\n", 2, true, 2 },
	{ "{\"a\":\"\\\"}{\"}{\"a\":\"\\\\\"}\n", 2, true, 2 },
	{ "{\"a\":\"{{{\"}\n{\"a\":\"}}}\"}\n", 2, true, 2 },
	{ "{\"a\":[{},{}]}\n{\"a\":[[{}]]}", 2, true, 2 },
	{ "{ \"a\" : { \"b\" : 1 } }\n", 1, true, 1 },
	{ "{\"a\":1}\n{\"b\":", 1, false, 1 },
	{ "{\"a\":1}\n{\"b\":\"", 1, false, 1 },
	{ "{\"a\":1}x{\"b\":1}\n", 2, false, 1 },
	{ "{\"a\":1},{\"b\":1}\n", 2, false, 1 },
	{ "[{\"a\":1},{\"b\":1}]\n", 0, false, 0 },
	{ "{\"a\":1}}\n{\"b\":1}\n", 2, false, 1 },
	{ "\"text\"", 0, false, 0 },
	{ "{\"0123456789abcdef\":\"0123456789abcdef\"}{\"b\":1}\n", 2, true,
		2 },
	{ "{\"0123456789abcdef\":\"0123456789abcd\"}\n"
	  "{\"0123456789abcdef\":{\"0123456789abcdef\":1}}\n",
		2, true, 2 },
};
enum { BODIES = COUNT(bodies) };

START_TEST(known_bodies_count_as_known)
{
	struct events_scan s = EVENTS_SCAN_INIT;

	events_count_slowly(&s, slice_from_str(bodies[_i].text));
	ck_assert_uint_eq(s.events, bodies[_i].events);
	ck_assert_int_eq(events_is_whole(&s), bodies[_i].whole);
	ck_assert_uint_eq(events_good(&s), bodies[_i].good);
}
END_TEST

START_TEST(the_quick_count_is_the_slow_one_at_every_cut)
{
	struct slice body = slice_from_str(bodies[_i].text);
	struct events_scan slow = EVENTS_SCAN_INIT;

	events_count_slowly(&slow, body);
	if (!events_is_whole(&slow))
		return; /* not JSON: see events_count() */
	for (size_t a = 0; a <= body.len; a++) {
		for (size_t b = a; b <= body.len; b++) {
			struct events_scan s = EVENTS_SCAN_INIT;

			events_count(&s, slice_from(body.data, a));
			events_count(&s, slice_from(body.data + a, b - a));
			events_count(
				&s, slice_from(body.data + b, body.len - b));
			ck_assert_uint_eq(s.events, slow.events);
			ck_assert_uint_eq(events_good(&s), events_good(&slow));
			ck_assert_int_eq(
				events_is_whole(&s), events_is_whole(&slow));
		}
	}
}
END_TEST

START_TEST(what_stands_between_two_objects_is_found_quickly_too)
{
	struct events_scan s = EVENTS_SCAN_INIT;

	events_count(&s, slice_from_str("{\"a\":1}x{\"b\":1}\n{\"c\":1}\n"));
	ck_assert(!events_is_whole(&s));
	ck_assert_uint_eq(events_good(&s), 1);
}
END_TEST

START_TEST(cutting_finds_the_good_events_of_a_whole_body)
{
	struct slice rest = slice_from_str(bodies[_i].text);
	struct slice event;
	uint64_t n = 0;

	while (events_next(&rest, &event)) {
		ck_assert_int_eq(event.data[0], '{');
		ck_assert_int_eq(event.data[event.len - 1], '}');
		n++;
	}
	ck_assert_uint_eq(n, bodies[_i].good);
	ck_assert_int_eq(rest.len == 0, bodies[_i].whole);
}
END_TEST

static const struct {
	const char *text;
	int r;
} checks[] = {
	{ "{\"time\":1.5,\"host\":\"h\",\"event\":{\"a\":[1,\"\\u0000\"]}}",
		0 },
	{ "{\"event\":0}", 0 },
	{ "{\"event\":1,}", EVENTS_E_SYNTAX },
	{ "{\"event\":\"\x80\"}", EVENTS_E_SYNTAX },
	{ "{\"event\":1,\"event\":2}", EVENTS_E_SYNTAX },
	{ "{\"event\":\"a\nb\"}", EVENTS_E_SYNTAX },
	{ "[1]", EVENTS_E_SYNTAX },
	{ "{\"event\":1,\"evnt\":2}", EVENTS_E_KEY },
	{ "{\"time\":\"1\",\"event\":2}", EVENTS_E_TIME },
	{ "{\"time\":1}", EVENTS_E_MISSING },
	{ "{\"event\":null}", EVENTS_E_BLANK },
	{ "{\"event\":\"\"}", EVENTS_E_BLANK },
};
enum { CHECKS = COUNT(checks) };

START_TEST(a_strict_check_finds_what_hec_would_not_take)
{
	ck_assert_int_eq(
		events_check(slice_from_str(checks[_i].text)), checks[_i].r);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("events");

	tcase_add_loop_test(tc, known_bodies_count_as_known, 0, BODIES);
	tcase_add_loop_test(
		tc, the_quick_count_is_the_slow_one_at_every_cut, 0, BODIES);
	tcase_add_test(
		tc, what_stands_between_two_objects_is_found_quickly_too);
	tcase_add_loop_test(
		tc, cutting_finds_the_good_events_of_a_whole_body, 0, BODIES);
	tcase_add_loop_test(
		tc, a_strict_check_finds_what_hec_would_not_take, 0, CHECKS);
	return suite_run("events", tc);
}
