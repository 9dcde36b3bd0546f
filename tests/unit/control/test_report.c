#include "control/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/ledger.h"
#include "lib/suite.h"

static struct stat_set intake;
static struct feed feed, *feeds[] = { &feed };

static void setup(void)
{
	const struct feed_settings settings = {
		.name = "splunk",
		.batch_events = 10,
		.batch_bytes = 4096,
		.buffer_events = 40,
	};

	ck_assert_int_eq(stat_set_init(&intake, 2), 0);
	ck_assert_int_eq(feed_init(&feed, &settings, 1, 1), 0);
}

static void teardown(void)
{
	feed_deinit(&feed);
	stat_set_deinit(&intake);
}

/* 100 received: 2 no dnstap, 1 oversized, 60 delivered, 30 dropped, 7 held */
static void fill(void)
{
	struct batch *b = batch_pool_get(&feed.pool);

	stat_add(&intake.shards[0], INTAKE_RECEIVED, 40);
	stat_add(&intake.shards[1], INTAKE_RECEIVED, 60);
	stat_add(&intake.shards[1], INTAKE_DROPPED_NOT_DNSTAP, 2);
	stat_add(&intake.shards[1], INTAKE_DROPPED_FRAME_TOO_LARGE, 1);
	stat_add(&feed.stats.shards[0], OUTPUT_DROPPED_QUEUE_FULL, 25);
	stat_add(&feed.stats.shards[1], OUTPUT_DROPPED_REFUSED, 5);
	stat_add(&feed.stats.shards[1], OUTPUT_DELIVERED, 60);
	atomic_store(&b->held, 7);
}

START_TEST(every_reason_is_part_of_the_sum)
{
	struct ledger l;

	fill();
	ledger_read(&l, &intake, &feed);
	ck_assert_uint_eq(l.received, 100);
	ck_assert_uint_eq(l.delivered, 60);
	ck_assert_uint_eq(l.dropped, 33);
	ck_assert_uint_eq(l.in_memory, 7);
	ck_assert(ledger_closed(&l));
}
END_TEST

START_TEST(one_event_astray_leaves_the_ledger_open)
{
	struct ledger l;

	fill();
	stat_inc(&intake.shards[0], INTAKE_RECEIVED);
	ledger_read(&l, &intake, &feed);
	ck_assert(!ledger_closed(&l));
	stat_add(&feed.stats.shards[1], OUTPUT_DELIVERED, 2);
	ledger_read(&l, &intake, &feed);
	ck_assert(!ledger_closed(&l));
}
END_TEST

/* What fn logs, from a stderr of its own. */
static const char *logged(void (*fn)(void))
{
	static char text[4096];
	int saved = dup(STDERR_FILENO);
	FILE *f = tmpfile();
	size_t n;

	dup2(fileno(f), STDERR_FILENO);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void log_ledger(void)
{
	report_ledger(&intake, feeds, 1);
}

static void log_stats(void)
{
	struct report r = { .last_received = 80, .last_allocations = 11 };
	const struct frame_memory_use memory = {
		.size = 1000,
		.in_use = 400,
		.allocations = 17,
	};

	report_stats(&r, &intake, feeds, 1, 3, &memory, 2 * NS_PER_S);
	ck_assert_uint_eq(r.last_received, 100);
}

START_TEST(the_ledger_line_names_the_reasons)
{
	fill();
	const char *line = logged(log_ledger);

	ck_assert_ptr_nonnull(strstr(line,
		" LEDGER where every event went: output=splunk received=100 "
		"recovered=0 delivered=60 filtered=0 dropped=33 "
		"dead_lettered=0 in_memory=7 in_spool=0 closed=yes "
		"dropped_not_dnstap=2 "
		"dropped_frame_too_large=1 dropped_queue_full=25 "
		"dropped_refused=5\n"));
}
END_TEST

START_TEST(a_loss_at_shutdown_or_an_open_ledger_is_an_error)
{
	stat_add(&intake.shards[0], INTAKE_RECEIVED, 3);
	ck_assert_ptr_nonnull(strstr(logged(log_ledger), " error LEDGER "));
	stat_add(&feed.stats.shards[1], OUTPUT_DELIVERED, 3);
	ck_assert_ptr_nonnull(strstr(logged(log_ledger), " info LEDGER "));
	stat_add(&intake.shards[0], INTAKE_RECEIVED, 1);
	stat_add(&feed.stats.shards[1], OUTPUT_DROPPED_SHUTDOWN, 1);
	ck_assert_ptr_nonnull(strstr(logged(log_ledger), " error LEDGER "));
}
END_TEST

START_TEST(the_statistics_line_has_rates_of_the_interval)
{
	fill();
	const char *line = logged(log_stats);

	ck_assert_ptr_nonnull(strstr(line, " STATS running: received=100 "
					   "events_per_s=10 "));
	ck_assert_ptr_nonnull(
		strstr(line, " connections=3 refused=0 frame_memory=400 "
			     "frame_memory_size=1000 frame_memory_percent=40 "
			     "frame_allocations=17 "
			     "frame_allocations_per_s=3 "));
	ck_assert_ptr_nonnull(strstr(line, " splunk.in_memory=7 "));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("report");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_reason_is_part_of_the_sum);
	tcase_add_test(t, one_event_astray_leaves_the_ledger_open);
	tcase_add_test(t, the_ledger_line_names_the_reasons);
	tcase_add_test(t, a_loss_at_shutdown_or_an_open_ledger_is_an_error);
	tcase_add_test(t, the_statistics_line_has_rates_of_the_interval);
	return suite_run("report", t);
}
