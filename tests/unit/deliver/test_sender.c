/* The HEC output against scripted collectors, from ring to counters. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "lib/fake_collector.h"
#include "lib/output_rig.h"
#include "lib/suite.h"
#include "sync/rcu.h"

#define SCRIPT(...) ((const struct fake_reply[]){ __VA_ARGS__ })
#define START(c, ...)                                   \
	fake_collector_start(c, 0, SCRIPT(__VA_ARGS__), \
		sizeof(SCRIPT(__VA_ARGS__)) / sizeof(struct fake_reply))

static struct fake_collector one, two;
static struct output_rig rig;

/* Every event but `except` (-1: none) was taken exactly once. */
static void expect_each_once(int except)
{
	for (unsigned i = 0; i < rig.pushed; i++) {
		unsigned want = (int)i == except ? 0 : 1;

		ck_assert_msg(one.taken[i] + two.taken[i] == want,
			"event %u was taken %u and %u times", i, one.taken[i],
			two.taken[i]);
	}
}

static void expect_counts(uint64_t delivered, uint64_t refused,
	uint64_t too_large, uint64_t at_end)
{
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), delivered);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_REFUSED), refused);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_TOO_LARGE), too_large);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), at_end);
}

/* Ends everything; the counters stay readable until the next test. */
static void end(unsigned drain_ms)
{
	rig_end(&rig, drain_ms);
	fake_collector_stop(&one);
	if (two.port != 0)
		fake_collector_stop(&two);
}

static void setup(void)
{
	rig_init(&rig, OUTPUT_TYPE_HEC);
	one.port = two.port = 0;
}

static void run_until_settled(void)
{
	rig_settle(&rig);
	end(1000);
}

START_TEST(batches_go_out_compressed_over_one_connection)
{
	START(&one, FAKE_OK);
	rig_backend(&rig, one.url);
	rig.settings.remote.compression = COMPRESSION_GZIP;
	rig_start(&rig);
	for (int i = 0; i < 5; i++)
		rig_push(&rig, 100, 0);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(500, 0, 0, 0);
	ck_assert_uint_eq(one.connections, 1);
	ck_assert_uint_eq(one.n_requests, 5);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert(one.requests[i].gzip);
		ck_assert(one.requests[i].authorized);
		ck_assert_uint_eq(one.requests[i].events, 100);
	}
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REQUESTS), 5);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_RETRIES), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_BATCHES_DELIVERED), 5);
}
END_TEST

START_TEST(several_senders_deliver_each_event_once)
{
	START(&one, FAKE_OK);
	START(&two, FAKE_OK);
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
	rig.settings.remote.senders = 4;
	rig_start(&rig);
	for (int i = 0; i < 80; i++)
		rig_push(&rig, 50, 0);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(4000, 0, 0, 0);
	ck_assert_uint_eq(one.n_requests, 40); /* round robin */
	ck_assert_uint_eq(two.n_requests, 40);
}
END_TEST

START_TEST(a_connection_that_had_ended_is_no_failure_of_the_backend)
{
	START(&one, FAKE_OK, { .fault = FAKE_RESET }, FAKE_OK);
	rig_backend(&rig, one.url);
	/* a pause would show */
	rig.settings.remote.retry_initial_ns = 3600 * NS_PER_S;
	rig.settings.remote.retry_max_ns = 3600 * NS_PER_S;
	rig_start(&rig);
	for (int i = 0; i < 3; i++)
		rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(30, 0, 0, 0);
	/* it may have been taken, so it counts as another try */
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_RETRIES), 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REQUESTS), 4);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_RETRY), 0);
}
END_TEST

START_TEST(a_pool_that_is_used_up_loses_nothing_and_blames_nobody)
{
	START(&one, FAKE_OK);
	rig_backend(&rig, one.url);
	rig.settings.remote.senders = 4;
	rig.settings.remote.pool.max_active = 1;
	rig.settings.remote.pool.checkout_timeout_ns = NS_PER_MS;
	rig.settings.remote.retry_initial_ns = 3600 * NS_PER_S;
	rig.settings.remote.retry_max_ns = 3600 * NS_PER_S;
	rig_start(&rig);
	for (int i = 0; i < 100; i++)
		rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(1000, 0, 0, 0);
	ck_assert_uint_eq(one.connections, 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_RETRY), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_RETRIES), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REQUESTS), 100);
}
END_TEST

#define PARTIAL(k)                                                     \
	{                                                              \
		.status = 400, .takes = k,                             \
		.body = "{\"code\":6,\"invalid-event-number\":" #k "}" \
	}

START_TEST(a_partial_reply_resends_only_the_rest)
{
	START(&one, PARTIAL(3), FAKE_OK);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(3);
	expect_counts(9, 1, 0, 0);
	ck_assert_uint_eq(one.n_requests, 2);
	ck_assert_uint_eq(one.requests[1].first, 4);
	ck_assert_uint_eq(one.requests[1].events, 6);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_RETRIES), 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_REFUSED), 1);
}
END_TEST

START_TEST(a_refused_first_event_costs_itself_only)
{
	START(&one, PARTIAL(0), FAKE_OK);
	rig_backend(&rig, one.url);
	rig.settings.remote.compression = COMPRESSION_GZIP;
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(0);
	expect_counts(9, 1, 0, 0);
	ck_assert_uint_eq(one.requests[1].first, 1);
	ck_assert_uint_eq(one.requests[1].events, 9);
}
END_TEST

START_TEST(a_refused_last_event_leaves_nothing_to_resend)
{
	START(&one, PARTIAL(9), FAKE_OK);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(9);
	expect_counts(9, 1, 0, 0);
	ck_assert_uint_eq(one.n_requests, 1);
}
END_TEST

START_TEST(an_event_refused_without_its_number_is_found_by_halves)
{
	START(&one, { .status = 400,
			    .body = "{\"code\":6}",
			    .fault = FAKE_POISON,
			    .limit = 700 });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 1000, 0);
	run_until_settled();
	expect_each_once(700);
	expect_counts(999, 1, 0, 0);
	ck_assert_uint_le(one.n_requests, 40);
}
END_TEST

START_TEST(a_batch_without_data_is_refused_whole)
{
	START(&one, { .status = 400, .body = "{\"code\":5}" });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_counts(0, 10, 0, 0);
	ck_assert_uint_eq(one.n_requests, 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_BATCHES_DELIVERED), 0);
}
END_TEST

START_TEST(what_is_too_large_is_halved)
{
	START(&one, { .fault = FAKE_LIMIT, .limit = 3000 });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 100, 80); /* about 10,000 octets */
	run_until_settled();
	expect_each_once(-1);
	expect_counts(100, 0, 0, 0);
	ck_assert_uint_le(one.n_requests, 2 + 5);
}
END_TEST

START_TEST(one_event_too_large_is_dropped_alone)
{
	START(&one, { .fault = FAKE_LIMIT, .limit = 30 });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 1, 100);
	rig_push(&rig, 1, 0);
	run_until_settled();
	expect_each_once(0);
	expect_counts(1, 0, 1, 0);
}
END_TEST

START_TEST(a_busy_backend_is_tried_again)
{
	START(&one, { .status = 503, .body = "{\"code\":9}" },
		{ .status = 503, .body = "{\"code\":9}" }, FAKE_OK);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(10, 0, 0, 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_RETRIES), 2);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_RETRY), 2);
}
END_TEST

static const struct {
	int status;
	const char *body;
} waits[] = {
	{ 503, "" },
	{ 413, "" },
	{ 429, "{\"code\":27}" }, /* another channel, but not yet */
	{ 415, "" },
	{ 400, "{\"code\":6,\"invalid-event-number\":0}" },
};

START_TEST(retry_after_is_waited_for_whatever_it_comes_with)
{
	uint64_t start = clock_mono_ns(&clock_system);

	START(&one,
		{ .status = waits[_i].status,
			.body = waits[_i].body,
			.headers = "retry-after: 1\r\n" },
		FAKE_OK);
	rig_backend(&rig, one.url);
	rig.settings.remote.compression = COMPRESSION_GZIP;
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	run_until_settled();
	ck_assert_uint_ge(clock_mono_ns(&clock_system) - start, NS_PER_S);
	expect_each_once(waits[_i].status == 400 ? 0 : -1);
}
END_TEST

START_TEST(a_held_backend_keeps_the_data_until_it_is_mended)
{
	START(&one, { .status = 403, .body = "{\"code\":4}" },
		{ .status = 200, .body = "<html>log in</html>" }, FAKE_OK);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(20, 0, 0, 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_HOLD), 2);
}
END_TEST

START_TEST(a_connection_lost_in_a_request_or_reply_is_tried_again)
{
	START(&one, { .fault = FAKE_RESET },
		{ .status = 200, .body = "{\"code\":0}", .fault = FAKE_CUT },
		FAKE_OK);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(10, 0, 0, 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_RETRY), 2);
}
END_TEST

START_TEST(a_reply_that_never_comes_times_out)
{
	START(&one, { .fault = FAKE_STALL }, FAKE_OK);
	rig_backend(&rig, one.url);
	rig.settings.remote.request_timeout_ns = 200 * NS_PER_MS;
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(10, 0, 0, 0);
}
END_TEST

START_TEST(a_collector_that_starts_later_gets_everything)
{
	uint16_t port;

	START(&one, FAKE_OK);
	port = one.port;
	fake_collector_stop(&one);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	while (rig_stat(&rig, OUTPUT_REPLIES_RETRY) < 3)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	fake_collector_start(&one, port, SCRIPT(FAKE_OK), 1);
	run_until_settled();
	expect_each_once(-1);
	expect_counts(10, 0, 0, 0);
}
END_TEST

START_TEST(another_backend_is_tried_before_any_pause)
{
	uint64_t start = clock_mono_ns(&clock_system);

	START(&one, { .status = 500, .body = "{\"code\":8}" });
	START(&two, FAKE_OK);
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
	rig.settings.remote.retry_initial_ns = 60 * NS_PER_S;
	rig.settings.remote.retry_max_ns = 60 * NS_PER_S;
	rig_start(&rig);
	for (int i = 0; i < 20; i++)
		rig_push(&rig, 10, 0);
	rig_settle(&rig);
	ck_assert_uint_lt(clock_mono_ns(&clock_system) - start, 10 * NS_PER_S);
	end(1000);
	expect_each_once(-1);
	expect_counts(200, 0, 0, 0);
	ck_assert_uint_le(one.n_requests, 3);
	ck_assert_uint_eq(two.n_requests, 20);
}
END_TEST

START_TEST(a_backend_that_takes_no_gzip_gets_none_from_then_on)
{
	START(&one, { .status = 415, .body = "<html>" }, FAKE_OK);
	rig_backend(&rig, one.url);
	rig.settings.remote.compression = COMPRESSION_GZIP;
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	rig_push(&rig, 10, 0);
	run_until_settled();
	expect_each_once(-1);
	ck_assert_uint_eq(one.n_requests, 3);
	ck_assert(one.requests[0].gzip);
	ck_assert(!one.requests[1].gzip);
	ck_assert(!one.requests[2].gzip);
}
END_TEST

START_TEST(a_drain_does_not_wait_for_a_backoff)
{
	START(&one, { .status = 503, .headers = "Retry-After: 600\r\n" },
		FAKE_OK);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	rig_push(&rig, 10, 0);
	while (rig_stat(&rig, OUTPUT_REPLIES_RETRY) < 1)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	end(20000);
	ck_assert_double_lt(rig.took, 10);
	expect_each_once(-1);
	expect_counts(20, 0, 0, 0);
}
END_TEST

START_TEST(a_drain_does_not_wait_for_a_breaker)
{
	START(&one, { .status = 500 }, { .status = 500 }, { .status = 500 },
		FAKE_OK);
	rig_backend(&rig, one.url);
	rig.settings.remote.breaker = (struct breaker_settings){ .failures = 2,
		.time_ns = 3600 * NS_PER_S,
		.max_time_ns = 3600 * NS_PER_S };
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	while (rig_stat(&rig, OUTPUT_REPLIES_RETRY) < 2)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	end(50000); /* the first try of the end fails, the next one not */
	expect_each_once(-1);
	expect_counts(10, 0, 0, 0);
}
END_TEST

START_TEST(what_is_left_at_the_deadline_is_dropped_and_counted)
{
	START(&one, PARTIAL(4), { .status = 503, .body = "" });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	for (int i = 0; i < 3; i++)
		rig_push(&rig, 10, 0);
	while (rig_stat(&rig, OUTPUT_REPLIES_RETRY) < 1)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	end(200);
	ck_assert_double_lt(rig.took, 5);
	expect_counts(4, 1, 0, 25);
}
END_TEST

START_TEST(a_cut_ends_a_request_under_way)
{
	START(&one, { .fault = FAKE_STALL });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	while (fake_collector_requests(&one) == 0)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	output_cut(rig.output);
	end(20000);
	ck_assert_double_lt(rig.took, 5);
	expect_counts(0, 0, 0, 10);
}
END_TEST

START_TEST(an_output_that_cannot_start_says_why)
{
	char error[256] = "";

	rig_backend(&rig, "http://127.0.0.1:9");
	ck_assert_int_eq(feed_init(&rig.feed, &rig.settings.feed, 1, 1), 0);
	rig.settings.remote.access.tls_ca = "/nowhere/ca.pem";
	ck_assert_int_lt(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		0);
	ck_assert_ptr_nonnull(strstr(error, "/nowhere/ca.pem"));
	rig.settings.remote.access.tls_ca = NULL;
	rig.settings.remote.access.token = "two\r\nlines: x";
	ck_assert_int_lt(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		0);
	ck_assert_ptr_nonnull(strstr(error, "token"));
	ck_assert_ptr_null(strstr(error, "two"));
	rcu_barrier();
}
END_TEST

static void teardown(void)
{
	rig_deinit(&rig);
}

int main(void)
{
	TCase *t = tcase_create("sender");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, batches_go_out_compressed_over_one_connection);
	tcase_add_test(t, several_senders_deliver_each_event_once);
	tcase_add_test(
		t, a_connection_that_had_ended_is_no_failure_of_the_backend);
	tcase_add_test(
		t, a_pool_that_is_used_up_loses_nothing_and_blames_nobody);
	tcase_add_test(t, a_partial_reply_resends_only_the_rest);
	tcase_add_test(t, a_refused_first_event_costs_itself_only);
	tcase_add_test(t, a_refused_last_event_leaves_nothing_to_resend);
	tcase_add_test(
		t, an_event_refused_without_its_number_is_found_by_halves);
	tcase_add_test(t, a_batch_without_data_is_refused_whole);
	tcase_add_test(t, what_is_too_large_is_halved);
	tcase_add_test(t, one_event_too_large_is_dropped_alone);
	tcase_add_test(t, a_busy_backend_is_tried_again);
	tcase_add_loop_test(t, retry_after_is_waited_for_whatever_it_comes_with,
		0, COUNT(waits));
	tcase_add_test(t, a_held_backend_keeps_the_data_until_it_is_mended);
	tcase_add_test(
		t, a_connection_lost_in_a_request_or_reply_is_tried_again);
	tcase_add_test(t, a_reply_that_never_comes_times_out);
	tcase_add_test(t, a_collector_that_starts_later_gets_everything);
	tcase_add_test(t, another_backend_is_tried_before_any_pause);
	tcase_add_test(t, a_backend_that_takes_no_gzip_gets_none_from_then_on);
	tcase_add_test(t, a_drain_does_not_wait_for_a_backoff);
	tcase_add_test(t, a_drain_does_not_wait_for_a_breaker);
	tcase_add_test(t, what_is_left_at_the_deadline_is_dropped_and_counted);
	tcase_add_test(t, a_cut_ends_a_request_under_way);
	tcase_add_test(t, an_output_that_cannot_start_says_why);
	return suite_run("sender", t);
}
