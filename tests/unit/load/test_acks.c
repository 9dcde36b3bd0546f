/* The stand-in's acknowledgement: rules, ids, and that true is said once. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lib/suite.h"
#include "load/acks.h"

#define A "01234567-89ab-cdef-0123-456789abcdef"
#define B "01234567-89AB-CDEF-0123-456789ABCDEF"

static uint64_t in_events;
static struct acks acks;

static void on_in(void *arg, const struct delivery *d, uint64_t events)
{
	(void)arg;
	(void)d;
	in_events += events;
}

static void start(const char *spec)
{
	struct ack_rules rules;

	ck_assert_int_eq(ack_rules_parse(&rules, spec, 1), 0);
	acks_init(&acks, &rules, on_in, NULL);
	in_events = 0;
}

static uint64_t take(const char *channel, uint64_t now)
{
	struct delivery d = { 0 };
	uint64_t id;

	ck_assert_int_eq(acks_take(&acks, channel, &d, 10, now, &id), 0);
	return id;
}

static void expect(const char *channel, const char *question, uint64_t now,
	const char *answer)
{
	struct buf text = BUF_NULL;

	ck_assert_int_eq(acks_answer(&acks, channel, slice_from_str(question),
				 now, &text),
		0);
	ck_assert_str_eq(buf_str(&text), answer);
	buf_deinit(&text);
}

START_TEST(ids_count_from_0_in_each_channel)
{
	start("on");
	ck_assert_uint_eq(take(A, 0), 0);
	ck_assert_uint_eq(take(A, 0), 1);
	ck_assert_uint_eq(take(B, 0), 0);
	ck_assert_uint_eq(take(A, 0), 2);
	acks_deinit(&acks);
	ck_assert_uint_eq(in_events, 40);
}
END_TEST

START_TEST(true_is_said_once)
{
	start("on");
	take(A, 0);
	take(A, 0);
	expect(B, "{\"acks\":[0]}", 0, "{\"acks\":{\"0\":false}}");
	expect(A, "{\"acks\":[1,7]}", 0, "{\"acks\":{\"1\":true,\"7\":false}}");
	expect(A, "{\"acks\":[0,1]}", 0, "{\"acks\":{\"0\":true,\"1\":false}}");
	expect(A, "{\"acks\":[]}", 0, "{\"acks\":{}}");
	ck_assert_uint_eq(acks.told, 2);
	acks_deinit(&acks);
}
END_TEST

START_TEST(events_are_in_when_their_time_has_come)
{
	start("after:2s");
	take(A, 5 * NS_PER_S);
	acks_look(&acks, 7 * NS_PER_S - 1);
	ck_assert_uint_eq(in_events, 0);
	expect(A, "{\"acks\":[0]}", 7 * NS_PER_S - 1,
		"{\"acks\":{\"0\":false}}");
	acks_look(&acks, 7 * NS_PER_S);
	ck_assert_uint_eq(in_events, 10);
	expect(A, "{\"acks\":[0]}", 7 * NS_PER_S, "{\"acks\":{\"0\":true}}");
	take(A, 8 * NS_PER_S); /* an orderly end loses nothing */
	acks_deinit(&acks);
	ck_assert_uint_eq(in_events, 20);
}
END_TEST

START_TEST(never_is_in_but_not_acknowledged)
{
	start("never");
	take(A, 0);
	ck_assert_uint_eq(in_events, 10);
	expect(A, "{\"acks\":[0]}", UINT64_MAX, "{\"acks\":{\"0\":false}}");
	acks_deinit(&acks);
	ck_assert_uint_eq(in_events, 10);
}
END_TEST

START_TEST(what_is_lost_is_never_in)
{
	start("lose:1");
	take(A, 0);
	expect(A, "{\"acks\":[0]}", UINT64_MAX, "{\"acks\":{\"0\":false}}");
	acks_deinit(&acks);
	ck_assert_uint_eq(in_events, 0);
}
END_TEST

START_TEST(a_full_channel_takes_nothing_until_somebody_asks)
{
	struct delivery d = { 0 };
	uint64_t id;

	start("full:2");
	take(A, 0);
	take(A, 0);
	ck_assert_int_eq(acks_take(&acks, A, &d, 1, 0, &id), ACKS_E_FULL);
	take(B, 0);
	expect(A, "{\"acks\":[0]}", 0, "{\"acks\":{\"0\":true}}");
	ck_assert_uint_eq(take(A, 0), 2);
	acks_deinit(&acks);
}
END_TEST

START_TEST(a_question_that_is_none_is_refused)
{
	static const char *const bad[] = { "", "{}", "[]", "{\"acks\":1}",
		"{\"acks\":[0]" };
	struct buf text = BUF_NULL;

	start("on");
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_int_eq(
			acks_answer(&acks, A, slice_from_str(bad[i]), 0, &text),
			ACKS_E_QUESTION);
	buf_deinit(&text);
	acks_deinit(&acks);
}
END_TEST

START_TEST(a_channel_is_a_guid)
{
	ck_assert_int_eq(acks_check(A), 0);
	ck_assert_int_eq(acks_check(B), 0);
	ck_assert_int_eq(acks_check(NULL), ACKS_E_MISSING);
	ck_assert_int_eq(acks_check(""), ACKS_E_INVALID);
	ck_assert_int_eq(acks_check(A "0"), ACKS_E_INVALID);
	ck_assert_int_eq(acks_check("0123456789ab-cdef-0123-456789abcdef00"),
		ACKS_E_INVALID);
	ck_assert_int_eq(acks_check("g1234567-89ab-cdef-0123-456789abcdef"),
		ACKS_E_INVALID);
}
END_TEST

static const struct {
	const char *spec;
	int error;
} specs[] = {
	{ "on", 0 },
	{ "after:2s", 0 },
	{ "after:2s,late:0.1:30s,lose:0.01,full:100", 0 },
	{ "never", 0 },
	{ "", ACK_RULES_E_WHAT },
	{ "on,", ACK_RULES_E_WHAT },
	{ "sometimes", ACK_RULES_E_WHAT },
	{ "after", ACK_RULES_E_WHAT },
	{ "after:", ACK_RULES_E_DURATION },
	{ "after:2", ACK_RULES_E_DURATION },
	{ "late:0.1", ACK_RULES_E_DURATION },
	{ "late:2:1s", ACK_RULES_E_PROBABILITY },
	{ "lose:", ACK_RULES_E_PROBABILITY },
	{ "lose:0.1x", ACK_RULES_E_PROBABILITY },
	{ "lose:-1", ACK_RULES_E_PROBABILITY },
	{ "full:0", ACK_RULES_E_NUMBER },
	{ "full:", ACK_RULES_E_NUMBER },
	{ "full:3x", ACK_RULES_E_NUMBER },
};

START_TEST(rules_are_parsed_strictly)
{
	struct ack_rules r;

	ck_assert_int_eq(
		ack_rules_parse(&r, specs[_i].spec, 1), specs[_i].error);
	ck_assert_str_ne(ack_rules_error_text(specs[_i].error), "");
}
END_TEST

START_TEST(chances_come_as_often_as_they_say)
{
	struct ack_rules r;
	unsigned late = 0, lost = 0;

	ck_assert_int_eq(
		ack_rules_parse(&r, "after:1s,late:0.25:1m,lose:0.5", 7), 0);
	for (uint64_t n = 1; n <= 10000; n++) {
		struct ack_fate f = ack_rules_pick(&r, n);

		ck_assert(f.in_ns == NS_PER_S || f.in_ns == 61 * NS_PER_S);
		late += f.in_ns != NS_PER_S;
		lost += f.lost;
		ck_assert_int_eq(f.told, !f.lost);
	}
	ck_assert(late > 2300 && late < 2700);
	ck_assert(lost > 4800 && lost < 5200);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("acks");

	tcase_add_test(t, ids_count_from_0_in_each_channel);
	tcase_add_test(t, true_is_said_once);
	tcase_add_test(t, events_are_in_when_their_time_has_come);
	tcase_add_test(t, never_is_in_but_not_acknowledged);
	tcase_add_test(t, what_is_lost_is_never_in);
	tcase_add_test(t, a_full_channel_takes_nothing_until_somebody_asks);
	tcase_add_test(t, a_question_that_is_none_is_refused);
	tcase_add_test(t, a_channel_is_a_guid);
	tcase_add_loop_test(t, rules_are_parsed_strictly, 0, COUNT(specs));
	tcase_add_test(t, chances_come_as_often_as_they_say);
	return suite_run("acks", t);
}
