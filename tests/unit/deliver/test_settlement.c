/* An output with a spool and dead letters against scripted collectors. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/fake_collector.h"
#include "lib/output_rig.h"
#include "lib/suite.h"

#define SCRIPT(...) ((const struct fake_reply[]){ __VA_ARGS__ })
#define START(...)                                         \
	fake_collector_start(&one, 0, SCRIPT(__VA_ARGS__), \
		sizeof(SCRIPT(__VA_ARGS__)) / sizeof(struct fake_reply))

static char folder[32], spool[64], letters[64], error[256];
static struct fake_collector one;
static struct output_rig rig;

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/settle.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(spool, sizeof(spool), "%s/spool", folder);
	snprintf(letters, sizeof(letters), "%s/dead", folder);
	rig_init(&rig, OUTPUT_TYPE_HEC);
	rig.settings.keeper.dead_letters = (struct dead_letter_settings){
		.path = letters, .max_size = 1000000, .keep = 2
	};
}

static void with_spool(void)
{
	rig.settings.feed.spool = true;
	rig.settings.keeper.spool = (struct spool_settings){
		.path = spool, .max_size = 100000000, .gzip_level = 1
	};
}

static void teardown(void)
{
	char command[64];

	rig_deinit(&rig);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void end(unsigned drain_ms)
{
	rig_end(&rig, drain_ms);
	fake_collector_stop(&one);
}

static void expect_taken(unsigned from, unsigned to, unsigned times)
{
	for (unsigned i = from; i < to; i++)
		ck_assert_msg(one.taken[i] == times,
			"event %u was taken %u times", i, one.taken[i]);
}

/* The dead letters must be about these events, each line with `text`. */
static void expect_letters(unsigned first, unsigned n, const char *text)
{
	char line[4096], event[32];
	FILE *f = fopen(letters, "r");

	ck_assert_ptr_nonnull(f);
	for (unsigned i = first; i < first + n; i++) {
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
		snprintf(event, sizeof(event), "\"event\":{\"n\":%u,", i);
		ck_assert_ptr_nonnull(strstr(line, event));
		ck_assert_msg(strstr(line, text) != NULL, "%s", line);
	}
	ck_assert_ptr_null(fgets(line, sizeof(line), f));
	fclose(f);
}

START_TEST(one_refused_event_is_kept_with_the_reply)
{
	START({ .status = 400,
		      .takes = 4,
		      .body = "{\"code\":6,\"invalid-event-number\":4}" },
		FAKE_OK);
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	rig_settle(&rig);
	end(1000);
	expect_taken(0, 4, 1);
	expect_taken(4, 5, 0);
	expect_taken(5, 10, 1);
	expect_letters(4, 1,
		"\"output\":\"rig\",\"reason\":\"refused\",\"status\":400,"
		"\"code\":6,");
	expect_letters(4, 1,
		"\"reply\":\"{\\\"code\\\":6,"
		"\\\"invalid-event-number\\\":4}\"");
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DEAD_LETTERED), 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_REFUSED), 0);
}
END_TEST

START_TEST(a_batch_refused_whole_is_kept_whole)
{
	START({ .status = 400, .body = "{\"code\":5}" });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 300, 0);
	rig_settle(&rig);
	end(1000);
	expect_letters(0, 300, "\"code\":5");
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DEAD_LETTERED), 300);
}
END_TEST

START_TEST(one_event_too_large_is_kept_with_that_reason)
{
	START({ .status = 413, .fault = FAKE_LIMIT, .limit = 200 });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 4, 0);
	rig_push(&rig, 1, 500);
	rig_push(&rig, 4, 0);
	rig_settle(&rig);
	end(1000);
	expect_letters(4, 1, "\"reason\":\"too_large\",\"status\":413");
	expect_taken(0, 4, 1);
	expect_taken(5, 9, 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DEAD_LETTERED), 1);
}
END_TEST

START_TEST(letters_at_the_very_end_are_written_too)
{
	START({ .status = 400, .body = "{\"code\":5}" });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	for (unsigned i = 0; i < 20; i++)
		rig_push(&rig, 10, 0);
	end(10000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DEAD_LETTERED), 200);
	expect_letters(0, 200, "\"code\":5");
}
END_TEST

/* Waits until the rig's output has ended, joins it; the feed stays. */
static void halt(void)
{
	output_halt(rig.output, 0);
	while (!output_ended(rig.output))
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	rig.output = output_free(rig.output);
}

START_TEST(a_slow_disk_is_waited_for)
{
	const uint64_t far_behind = 1000000;

	START({ .status = 400, .body = "{\"code\":5}" });
	rig_backend(&rig, one.url);
	rig.settings.remote.senders = 4;
	rig_start(&rig);
	atomic_fetch_add(&rig.feed.disk.letters, far_behind);
	for (unsigned i = 0; i < 8; i++)
		rig_push(&rig, 10, 0);
	/* time enough to be refused; a reload finds nothing done */
	nanosleep(&(struct timespec){ .tv_nsec = 100 * NS_PER_MS }, NULL);
	halt();
	ck_assert_uint_eq(ring_len(&rig.feed.sealed), 8);
	ck_assert_uint_eq(fake_collector_requests(&one), 0);
	ck_assert_int_eq(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		0);
	atomic_fetch_sub(&rig.feed.disk.letters, far_behind);
	rig_settle(&rig);
	end(1000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DEAD_LETTERED), 80);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_REFUSED), 0);
}
END_TEST

START_TEST(the_end_does_not_wait_for_a_disk_that_hangs)
{
	START({ .status = 400, .body = "{\"code\":5}" });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	atomic_fetch_add(&rig.feed.disk.letters, 1000000);
	rig_push(&rig, 10, 0);
	end(100);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 10);
}
END_TEST

START_TEST(without_a_file_they_are_dropped)
{
	rig.settings.keeper.dead_letters.path = NULL;
	START({ .status = 400, .body = "{\"code\":5}" });
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	rig_settle(&rig);
	end(1000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_REFUSED), 10);
	ck_assert_int_ne(access(letters, F_OK), 0);
}
END_TEST

/* Ends at once, however long the drain: the backends are down anyway. */
START_TEST(what_is_left_at_the_end_is_delivered_by_the_next_run)
{
	uint16_t port;

	with_spool();
	START({ .status = 400,
		      .takes = 4,
		      .body = "{\"code\":6,\"invalid-event-number\":4}" },
		{ .status = 503, .body = "" });
	port = one.port;
	rig_backend(&rig, one.url);
	rig_start(&rig);
	for (unsigned i = 0; i < 5; i++)
		rig_push(&rig, 10, 0);
	while (rig_stat(&rig, OUTPUT_REPLIES_RETRY) < 1)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	rig_end(&rig, 60000);
	ck_assert_double_lt(rig.took, 20);
	expect_letters(4, 1, "\"code\":6");
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 4);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 0);
	ck_assert_uint_eq(atomic_load(&rig.feed.disk.usage.events), 45);
	feed_deinit(&rig.feed);
	fake_collector_stop(&one);

	fake_collector_start(&one, port, SCRIPT(FAKE_OK), 1);
	rig.pushed = 0;
	rig_start(&rig);
	while (rig_stat(&rig, OUTPUT_DELIVERED) < 45)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	end(1000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_RECOVERED), 45);
	ck_assert_uint_eq(atomic_load(&rig.feed.disk.usage.files), 0);
	expect_taken(0, 5, 0);
	expect_taken(5, 50, 1);
}
END_TEST

START_TEST(a_batch_of_larger_settings_goes_out_in_pieces)
{
	uint16_t port;

	with_spool();
	START({ .status = 503, .body = "" });
	port = one.port;
	rig_backend(&rig, one.url);
	rig_start(&rig);
	rig_push(&rig, 1000, 70);
	while (rig_stat(&rig, OUTPUT_REPLIES_RETRY) < 1)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	rig_end(&rig, 60000);
	feed_deinit(&rig.feed);
	fake_collector_stop(&one);

	fake_collector_start(&one, port, SCRIPT(FAKE_OK), 1);
	rig.settings.feed.batch_events = 100;
	rig.settings.feed.batch_bytes = 10000;
	rig.pushed = 0;
	rig_start(&rig);
	while (rig_stat(&rig, OUTPUT_DELIVERED) < 1000)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	end(1000);
	expect_taken(0, 1000, 1);
	ck_assert_uint_ge(one.n_requests, 8);
}
END_TEST

START_TEST(a_spool_that_cannot_be_used_is_told_with_the_output)
{
	with_spool();
	rig.settings.keeper.spool.path = "/nowhere/at/all";
	rig_backend(&rig, "http://127.0.0.1:9");
	ck_assert_int_eq(feed_init(&rig.feed, &rig.settings.feed, 1, 1), 0);
	ck_assert_int_lt(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		0);
	ck_assert_ptr_nonnull(
		strstr(error, "output rig: spool /nowhere/at/all cannot"));
}
END_TEST

START_TEST(events_wait_while_an_output_cannot_start)
{
	START(FAKE_OK);
	with_spool();
	rig.settings.keeper.spool.path = "/nowhere/at/all";
	rig_backend(&rig, one.url);
	ck_assert_int_eq(feed_init(&rig.feed, &rig.settings.feed, 1, 1), 0);
	rig_push(&rig, 10, 0);
	ck_assert_int_lt(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		0);
	ck_assert_uint_eq(batch_pool_held(&rig.feed.pool), 10);
	rig.settings.keeper.spool.path = spool;
	ck_assert_int_eq(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		0);
	rig_settle(&rig);
	rig_push(&rig, 10, 0); /* and its feed was not closed */
	rig_settle(&rig);
	end(1000);
	expect_taken(0, 20, 1);
}
END_TEST

START_TEST(what_nobody_wrote_for_want_of_a_keeper_is_counted)
{
	struct batch *b;

	with_spool();
	ck_assert_int_eq(feed_init(&rig.feed, &rig.settings.feed, 1, 1), 0);
	rig_push(&rig, 10, 0);
	b = ring_try_pop(&rig.feed.sealed);
	feed_to_keeper(&rig.feed, &b);
	rig_push(&rig, 5, 0);
	output_end_feed(&rig.feed);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 15);
	ck_assert_uint_eq(batch_pool_held(&rig.feed.pool), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("settlement");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, one_refused_event_is_kept_with_the_reply);
	tcase_add_test(t, a_batch_refused_whole_is_kept_whole);
	tcase_add_test(t, one_event_too_large_is_kept_with_that_reason);
	tcase_add_test(t, letters_at_the_very_end_are_written_too);
	tcase_add_test(t, a_slow_disk_is_waited_for);
	tcase_add_test(t, the_end_does_not_wait_for_a_disk_that_hangs);
	tcase_add_test(t, without_a_file_they_are_dropped);
	tcase_add_test(t, what_is_left_at_the_end_is_delivered_by_the_next_run);
	tcase_add_test(t, a_batch_of_larger_settings_goes_out_in_pieces);
	tcase_add_test(t, a_spool_that_cannot_be_used_is_told_with_the_output);
	tcase_add_test(t, events_wait_while_an_output_cannot_start);
	tcase_add_test(t, what_nobody_wrote_for_want_of_a_keeper_is_counted);
	return suite_run("settlement", t);
}
