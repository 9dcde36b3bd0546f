/* The HEC output with acknowledgement, against scripted collectors. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "lib/fake_collector.h"
#include "lib/output_rig.h"
#include "lib/suite.h"

#define SCRIPT(...) ((const struct fake_reply[]){ __VA_ARGS__ })
#define START(c, ...)                                   \
	fake_collector_start(c, 0, SCRIPT(__VA_ARGS__), \
		sizeof(SCRIPT(__VA_ARGS__)) / sizeof(struct fake_reply))
#define ANSWERS(c, ...)                                          \
	((c)->answers = SCRIPT(__VA_ARGS__),                     \
		(c)->answers_len = sizeof(SCRIPT(__VA_ARGS__)) / \
				   sizeof(struct fake_reply))
#define ACK                       \
	{                         \
		.fault = FAKE_ACK \
	}
#define ACK_CODE(c)                             \
	{                                       \
		.fault = FAKE_ACK, .limit = (c) \
	}
#define CODE(status_, c)                                       \
	{                                                      \
		.status = status_, .body = "{\"code\":" #c "}" \
	}
#define NOT_YET                                        \
	{                                              \
		.status = 200, .body = "{\"acks\":{}}" \
	}

static struct fake_collector one, two;
static struct output_rig rig;

static void setup(void)
{
	struct remote_settings *s = &rig.settings.remote;

	rig_init(&rig, OUTPUT_TYPE_HEC);
	rig.settings.feed.pending_events = 20000;
	s->acknowledge = true;
	s->ack_interval_ns = 20 * NS_PER_MS;
	s->ack_timeout_ns = 60 * NS_PER_S;
	s->ack_unreached_ns = 60 * NS_PER_S;
	one.port = two.port = 0;
}

static void end(unsigned drain_ms)
{
	rig_end(&rig, drain_ms);
	fake_collector_stop(&one);
	if (two.port != 0)
		fake_collector_stop(&two);
}

static void run(unsigned batches, unsigned events)
{
	rig_start(&rig);
	for (unsigned i = 0; i < batches; i++)
		rig_push(&rig, events, 0);
	rig_settle(&rig);
	end(1000);
}

/* How often each event was taken, all together. */
static void expect_taken(unsigned least, unsigned most)
{
	for (unsigned i = 0; i < rig.pushed; i++) {
		unsigned n = one.taken[i] + two.taken[i];

		ck_assert_msg(n >= least && n <= most,
			"event %u was taken %u times", i, n);
	}
}

static void expect_delivered(uint64_t events)
{
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), events);
	ck_assert_uint_eq(rig.pushed, events);
}

START_TEST(events_are_delivered_when_that_is_true)
{
	START(&one, ACK);
	ANSWERS(&one, NOT_YET, NOT_YET, NOT_YET, CODE(503, 9),
		{ .status = 200,
			.body = "{\"acks\":{\"0\":true,\"1\":true,\"2\":true,"
				"\"3\":true,\"4\":true}}" });
	rig_backend(&rig, one.url);
	run(5, 100);
	expect_delivered(500);
	expect_taken(1, 1);
	ck_assert_uint_ge(one.n_questions, 5);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ACKED), 500);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ACK_AWAITED), 500);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ACK_LOST), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ACK_FAILURES), 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_BATCHES_DELIVERED), 5);
	ck_assert_uint_eq(one.n_requests, 5);
	ck_assert(one.question.authorized);
	ck_assert_uint_eq(strlen(one.requests[0].channel), 36);
	ck_assert_str_eq(one.requests[0].channel, one.question.channel);
}
END_TEST

START_TEST(the_sender_goes_on_while_a_batch_waits)
{
	START(&one, ACK);
	ANSWERS(&one, NOT_YET);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	for (int i = 0; i < 8; i++)
		rig_push(&rig, 100, 0);
	while (fake_collector_requests(&one) < 8)
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	end(200);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 800);
	expect_taken(1, 1);
}
END_TEST

START_TEST(no_more_wait_than_may)
{
	START(&one, ACK);
	ANSWERS(&one, NOT_YET);
	rig.settings.feed.batch_events = 1000;
	rig.settings.feed.pending_events = 3000;
	rig_backend(&rig, one.url);
	rig_start(&rig);
	for (int i = 0; i < 12; i++)
		rig_push(&rig, 100, 0);
	while (fake_collector_requests(&one) < 3)
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	end(300);
	/* three that wait, and one more that is tried at the end */
	ck_assert_uint_eq(one.n_requests, 4);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 1200);
}
END_TEST

START_TEST(one_that_never_acknowledges_leaves_the_others_their_part)
{
	START(&one, ACK);
	ANSWERS(&one, NOT_YET);
	START(&two, ACK);
	rig.settings.feed.batch_events = 1000;
	rig.settings.feed.pending_events = 4000;
	rig.settings.remote.ack_timeout_ns = 3600 * NS_PER_S;
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
	rig_start(&rig);
	for (int i = 0; i < 20; i++)
		rig_push(&rig, 100, 0);
	while (fake_collector_requests(&two) < 18)
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	end(300);
	ck_assert_uint_eq(one.n_requests, 2);
	ck_assert_uint_eq(two.n_requests, 18);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 200);
}
END_TEST

START_TEST(what_is_not_acknowledged_goes_elsewhere)
{
	START(&one, ACK);
	ANSWERS(&one, NOT_YET);
	START(&two, ACK);
	rig.settings.remote.ack_timeout_ns = 200 * NS_PER_MS;
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
	run(6, 100);
	expect_delivered(600);
	for (unsigned i = 0; i < rig.pushed; i++)
		ck_assert_uint_eq(two.taken[i], 1);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_ACK_LOST), 0);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_RETRIES), 0);
}
END_TEST

/* 200 with something that is no answer, and errors: none is success. */
START_TEST(a_failing_endpoint_is_no_success)
{
	START(&one, ACK);
	ANSWERS(&one, CODE(503, 19),
		{ .status = 404, .body = "{\"code\":404}" },
		{ .status = 200, .body = "<html>log in</html>" },
		{ .status = 200, .body = "{\"code\":0}" },
		{ .fault = FAKE_CUT }, { .fault = FAKE_RESET }, CODE(400, 28),
		CODE(403, 4));
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 100, 0);
	for (;;) {
		pthread_mutex_lock(&one.lock);
		unsigned n = one.n_questions;

		pthread_mutex_unlock(&one.lock);
		if (n >= 8)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	}
	ck_assert_uint_eq(batch_pool_held(&rig.feed.pool), 100);
	end(100);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 100);
	ck_assert_uint_eq(one.n_requests, 1);
}
END_TEST

START_TEST(the_parts_of_a_split_batch_are_settled_apart)
{
	/* all together is too large; of the halves one is acknowledged, of the
	 * quarters of the other all are */
	START(&one, { .status = 413, .body = "" }, ACK, ACK);
	ANSWERS(&one, { .status = 200, .body = "{\"acks\":{\"0\":true}}" },
		NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET,
		NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET,
		{ .status = 200,
			/* however often a slow machine has to send them */
			.body = "{\"acks\":{"
				"\"0\":true,\"1\":true,\"2\":true,\"3\":true,"
				"\"4\":true,\"5\":true,\"6\":true,\"7\":true,"
				"\"8\":true,\"9\":true,\"10\":true,\"11\":true,"
				"\"12\":true,\"13\":true,\"14\":true,\"15\":"
				"true,"
				"\"16\":true,\"17\":true,\"18\":true,\"19\":"
				"true,"
				"\"20\":true,\"21\":true,\"22\":true,\"23\":"
				"true,"
				"\"24\":true,\"25\":true,\"26\":true,\"27\":"
				"true,"
				"\"28\":true,\"29\":true,\"30\":true,\"31\":"
				"true,"
				"\"32\":true,\"33\":true,\"34\":true,\"35\":"
				"true,"
				"\"36\":true,\"37\":true,\"38\":true,\"39\":"
				"true,"
				"\"40\":true,\"41\":true,\"42\":true,\"43\":"
				"true,"
				"\"44\":true,\"45\":true,\"46\":true,\"47\":"
				"true,"
				"\"48\":true,\"49\":true,\"50\":true,\"51\":"
				"true,"
				"\"52\":true,\"53\":true,\"54\":true,\"55\":"
				"true,"
				"\"56\":true,\"57\":true,\"58\":true,\"59\":"
				"true,"
				"\"60\":true,\"61\":true,\"62\":true,\"63\":"
				"true}}" });
	rig.settings.remote.ack_timeout_ns = 150 * NS_PER_MS;
	rig_backend(&rig, one.url);
	run(1, 100);
	expect_delivered(100);
	expect_taken(1, 63);
	ck_assert_uint_eq(one.taken[0], 1); /* its part was acknowledged */
	ck_assert_uint_ge(one.taken[99], 2);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_BATCHES_DELIVERED), 1);
}
END_TEST

START_TEST(a_refused_event_between_awaited_ones_costs_itself_only)
{
	START(&one,
		{ .status = 400,
			.takes = 3,
			.body = "{\"code\":6,\"invalid-event-number\":3}" },
		ACK);
	rig_backend(&rig, one.url);
	run(1, 10);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 9);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_REFUSED), 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ACKED), 6);
}
END_TEST

START_TEST(code_10_adds_a_channel_without_acknowledge_too)
{
	START(&one, CODE(400, 10), ACK);
	rig.settings.remote.acknowledge = false;
	rig.settings.feed.pending_events = 0;
	rig_backend(&rig, one.url);
	run(3, 100);
	expect_delivered(300);
	expect_taken(1, 1);
	ck_assert_str_eq(one.requests[0].channel, "");
	for (unsigned i = 1; i < 4; i++)
		ck_assert_uint_eq(strlen(one.requests[i].channel), 36);
	ck_assert_uint_eq(one.n_requests, 4);
	ck_assert_uint_eq(one.n_questions, 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_HOLD), 0);
}
END_TEST

START_TEST(code_10_for_a_channel_that_was_named_holds)
{
	START(&one, CODE(400, 10), ACK);
	rig_backend(&rig, one.url);
	run(1, 100);
	expect_delivered(100);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_HOLD), 1);
}
END_TEST

static const struct {
	int code, status;
	enum output_stat twice; /* counts a second one */
} replaced[] = {
	{ 11, 400, OUTPUT_REPLIES_HOLD },
	{ 27, 429, OUTPUT_REPLIES_RETRY },
	{ 28, 400, OUTPUT_REPLIES_HOLD },
};

START_TEST(a_channel_that_is_refused_is_replaced_once)
{
	char body[32];
	struct fake_reply refusal = { .status = replaced[_i].status,
		.body = body,
		.headers = "Set-Cookie: AWSALB=x; Path=/\r\n" };

	snprintf(body, sizeof(body), "{\"code\":%d}", replaced[_i].code);
	START(&one, ACK, refusal, refusal, ACK);
	rig_backend(&rig, one.url);
	run(2, 100);
	expect_delivered(200);
	ck_assert_uint_eq(one.n_requests, 4);
	ck_assert_str_eq(one.requests[0].channel, one.requests[1].channel);
	ck_assert_str_ne(one.requests[1].channel, one.requests[2].channel);
	ck_assert_uint_ge(rig_stat(&rig, replaced[_i].twice), 1);
	/* sticky: whatever comes next shows the cookie, questions too */
	ck_assert_str_eq(one.requests[2].cookie, "AWSALB=x");
	ck_assert_str_eq(one.question.cookie, "AWSALB=x");
}
END_TEST

START_TEST(code_14_switches_acknowledgement_off)
{
	START(&one, CODE(400, 14),
		{ .status = 200, .body = "{\"code\":0}", .takes = FAKE_ALL });
	rig_backend(&rig, one.url);
	run(3, 100);
	expect_delivered(300);
	ck_assert_uint_eq(strlen(one.requests[0].channel), 36);
	for (unsigned i = 1; i < 4; i++)
		ck_assert_str_eq(one.requests[i].channel, "");
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ACK_AWAITED), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_HOLD), 0);
}
END_TEST

START_TEST(code_14_to_the_question_makes_200_delivered)
{
	START(&one, ACK);
	ANSWERS(&one, CODE(400, 14));
	rig_backend(&rig, one.url);
	run(1, 100);
	expect_delivered(100);
	expect_taken(1, 1);
}
END_TEST

START_TEST(success_without_an_id_is_delivered)
{
	START(&one, FAKE_OK);
	rig_backend(&rig, one.url);
	run(3, 100);
	expect_delivered(300);
	expect_taken(1, 1);
	ck_assert_uint_eq(one.n_questions, 0);
}
END_TEST

START_TEST(near_capacity_is_delivered_and_asked_about_at_once)
{
	START(&one, ACK_CODE(25));
	rig.settings.remote.ack_interval_ns = 600 * NS_PER_S;
	rig_backend(&rig, one.url);
	run(1, 100);
	expect_delivered(100);
	expect_taken(1, 1);
}
END_TEST

START_TEST(a_channel_the_backend_forgot_is_sent_again)
{
	START(&one, ACK);
	ANSWERS(&one, CODE(400, 11),
		{ .status = 200, .body = "{\"acks\":{\"1\":true}}" });
	rig_backend(&rig, one.url);
	run(1, 100);
	expect_delivered(100);
	expect_taken(2, 2);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ACK_LOST), 100);
	ck_assert_str_ne(one.requests[0].channel, one.requests[1].channel);
}
END_TEST

/* A load balancer without sticky sessions, for a while. */
START_TEST(ids_that_never_grow_hold_the_backend)
{
	const struct fake_reply zero = { .status = 200,
		.body = "{\"code\":0,\"ackId\":0}",
		.takes = FAKE_ALL };

	START(&one, zero, zero, zero, zero, zero, zero, ACK);
	rig.settings.remote.ack_interval_ns = 600 * NS_PER_S;
	rig_backend(&rig, one.url);
	rig_start(&rig);
	for (int i = 0; i < 6; i++)
		rig_push(&rig, 100, 0);
	while (fake_collector_requests(&one) < 12)
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	end(20000);
	expect_delivered(600);
	ck_assert_uint_ge(rig_stat(&rig, OUTPUT_ACK_LOST), 600);
	ck_assert_uint_ge(rig_stat(&rig, OUTPUT_REPLIES_HOLD), 1);
}
END_TEST

START_TEST(a_backend_that_is_gone_loses_what_it_has)
{
	START(&one, ACK);
	START(&two, ACK);
	ANSWERS(&one, { .fault = FAKE_RESET });
	rig.settings.remote.ack_unreached_ns = 100 * NS_PER_MS;
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
	run(4, 100);
	expect_delivered(400);
	for (unsigned i = 0; i < rig.pushed; i++)
		ck_assert_uint_eq(two.taken[i], 1);
}
END_TEST

START_TEST(the_end_waits_for_acknowledgements)
{
	START(&one, ACK);
	rig.settings.remote.ack_interval_ns = 600 * NS_PER_S;
	rig_backend(&rig, one.url);
	rig_start(&rig);
	for (int i = 0; i < 5; i++)
		rig_push(&rig, 100, 0);
	end(20000);
	expect_delivered(500);
	ck_assert(rig.took < 15);
}
END_TEST

/* Five batches are sent, then the output is halted; `more` come after that. */
static void halt(unsigned more)
{
	rig_backend(&rig, one.url);
	rig_start(&rig);
	for (int i = 0; i < 5; i++)
		rig_push(&rig, 100, 0);
	while (rig_stat(&rig, OUTPUT_ACK_AWAITED) < 500)
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	output_halt(rig.output, clock_mono_ns(&clock_system) + 3600 * NS_PER_S);
	while (more-- > 0)
		rig_push(&rig, 1, 0);
	while (!output_ended(rig.output))
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	rig.output = output_free(rig.output);
}

/* What a reload has put in its place. */
static void go_on(unsigned drain_ms)
{
	char error[256];

	ck_assert_int_eq(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		0);
	end(drain_ms);
}

START_TEST(a_halt_waits_while_answers_come)
{
	START(&one, ACK);
	/* half a second each, and two are waited for in any case */
	ANSWERS(&one, NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET,
		{ .status = 200,
			.body = "{\"acks\":{\"0\":true,\"1\":true,\"2\":true,"
				"\"3\":true,\"4\":true}}" });
	rig.settings.remote.ack_interval_ns = 600 * NS_PER_S;
	halt(0);
	ck_assert_uint_eq(ring_len(&rig.feed.sealed), 0);
	go_on(1000);
	expect_delivered(500);
	expect_taken(1, 1);
}
END_TEST

START_TEST(a_halt_does_not_wait_for_who_says_nothing)
{
	START(&one, ACK);
	ANSWERS(&one, { .fault = FAKE_RESET });
	halt(0);
	ck_assert_uint_eq(ring_len(&rig.feed.sealed), 5);
	go_on(1);
}
END_TEST

START_TEST(a_halt_does_not_wait_until_memory_is_full)
{
	START(&one, ACK);
	ANSWERS(&one, NOT_YET);
	halt(60);
	ck_assert_uint_eq(ring_len(&rig.feed.sealed), 65);
	go_on(1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("sender_ack");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, events_are_delivered_when_that_is_true);
	tcase_add_test(t, the_sender_goes_on_while_a_batch_waits);
	tcase_add_test(t, no_more_wait_than_may);
	tcase_add_test(
		t, one_that_never_acknowledges_leaves_the_others_their_part);
	tcase_add_test(t, what_is_not_acknowledged_goes_elsewhere);
	tcase_add_test(t, a_failing_endpoint_is_no_success);
	tcase_add_test(t, the_parts_of_a_split_batch_are_settled_apart);
	tcase_add_test(
		t, a_refused_event_between_awaited_ones_costs_itself_only);
	tcase_add_test(t, code_10_adds_a_channel_without_acknowledge_too);
	tcase_add_test(t, code_10_for_a_channel_that_was_named_holds);
	tcase_add_loop_test(t, a_channel_that_is_refused_is_replaced_once, 0,
		COUNT(replaced));
	tcase_add_test(t, code_14_switches_acknowledgement_off);
	tcase_add_test(t, code_14_to_the_question_makes_200_delivered);
	tcase_add_test(t, success_without_an_id_is_delivered);
	tcase_add_test(t, near_capacity_is_delivered_and_asked_about_at_once);
	tcase_add_test(t, a_channel_the_backend_forgot_is_sent_again);
	tcase_add_test(t, ids_that_never_grow_hold_the_backend);
	tcase_add_test(t, a_backend_that_is_gone_loses_what_it_has);
	tcase_add_test(t, the_end_waits_for_acknowledgements);
	tcase_add_test(t, a_halt_waits_while_answers_come);
	tcase_add_test(t, a_halt_does_not_wait_for_who_says_nothing);
	tcase_add_test(t, a_halt_does_not_wait_until_memory_is_full);
	return suite_run("sender_ack", t);
}
