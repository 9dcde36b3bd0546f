/*
 * Past: an output's counters over reloads, by sums that are known.
 */
#include "event/past.h"

#include "base/clock.h"
#include "deliver/ledger.h"
#include "event/feed.h"
#include "lib/suite.h"

static struct stat_set intake;
static struct feed feeds[4];
static struct feed *now[1];

/* feeds[0] is the first, each has come in the place of the one before */
static void setup(void)
{
	const struct feed_settings settings = {
		.name = "out",
		.encoder = { .envelope = ENVELOPE_HEC },
		.batch_events = 10,
		.batch_bytes = 64 * 1024,
		.buffer_events = 100,
	};

	ck_assert_int_eq(stat_set_init(&intake, 1), 0);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_int_eq(feed_init(&feeds[i], &settings, 1, 1), 0);
		now[0] = &feeds[i];
		if (i > 0)
			past_follow(now, 1, &feeds[i - 1]);
	}
}

static void teardown(void)
{
	for (unsigned i = 0; i < 4; i++)
		feed_deinit(&feeds[i]);
	stat_set_deinit(&intake);
}

static void count(unsigned feed, unsigned id, uint64_t n)
{
	stat_add(&feeds[feed].stats.shards[0], id, n);
}

START_TEST(sums_go_on_whoever_leaves_first)
{
	struct histogram_reading delay;

	for (unsigned i = 0; i < 4; i++) {
		count(i, OUTPUT_DELIVERED, 1u << i);
		histogram_add_n(&feeds[i].delay, NS_PER_S, 2);
	}
	ck_assert_uint_eq(past_stat(now[0], OUTPUT_DELIVERED), 15);
	past_keep(now, 1, &feeds[1], &intake);
	ck_assert_uint_eq(past_stat(now[0], OUTPUT_DELIVERED), 15);
	ck_assert(past_has(now[0], &feeds[0]));
	ck_assert(!past_has(now[0], &feeds[1]));
	past_keep(now, 1, &feeds[2], &intake);
	past_keep(now, 1, &feeds[0], &intake);
	ck_assert_ptr_null(now[0]->former);
	count(3, OUTPUT_DELIVERED, 100);
	ck_assert_uint_eq(past_stat(now[0], OUTPUT_DELIVERED), 115);
	past_delay(now[0], &delay);
	ck_assert_uint_eq(delay.count, 8);
	ck_assert_uint_eq(delay.sum, 8 * NS_PER_S);
}
END_TEST

/* What a former feed leaves in the spool is in_spool until the next one finds
 * it there, and recovered never: it came in in this run. */
START_TEST(spool_is_handed_on)
{
	struct ledger l;

	atomic_store(&feeds[0].offset[INTAKE_RECEIVED], 100);
	count(0, OUTPUT_RECOVERED, 7); /* of an earlier run */
	count(0, OUTPUT_DELIVERED, 60);
	atomic_store(&feeds[0].disk.usage.events, 47);
	ledger_read_all(&l, &intake, now[0]);
	ck_assert(ledger_closed(&l));
	ck_assert_uint_eq(l.in_spool, 47);
	past_keep(now, 1, &feeds[0], &intake);
	for (unsigned i = 1; i < 4; i++) {
		ledger_read_all(&l, &intake, now[0]);
		ck_assert(ledger_closed(&l));
		ck_assert_uint_eq(l.received, 100);
		ck_assert_uint_eq(l.in_spool, 47);
		ck_assert_uint_eq(l.recovered, 7);
		count(i, OUTPUT_RECOVERED, 47);
		atomic_store(&feeds[i].disk.usage.events, 47);
		ledger_read_all(&l, &intake, now[0]);
		ck_assert(ledger_closed(&l));
		ck_assert_uint_eq(l.in_spool, 47);
		ck_assert_uint_eq(l.recovered, 7);
		if (i < 3)
			past_keep(now, 1, &feeds[i], &intake);
	}
	count(3, OUTPUT_DELIVERED, 47);
	atomic_store(&feeds[3].disk.usage.events, 0);
	ledger_read_all(&l, &intake, now[0]);
	ck_assert(ledger_closed(&l));
	ck_assert_uint_eq(l.delivered, 107);
}
END_TEST

START_TEST(another_name_has_no_past)
{
	feeds[3].settings.name = "other";
	past_follow(now, 1, &feeds[2]);
	ck_assert_ptr_null(feeds[2].former);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("past");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sums_go_on_whoever_leaves_first);
	tcase_add_test(t, spool_is_handed_on);
	tcase_add_test(t, another_name_has_no_past);
	return suite_run("past", t);
}
