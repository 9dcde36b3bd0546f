/* The keeper between a worker's filler and senders that the test plays. */
#include "spool/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/filler.h"
#include "lib/disk_fault.h"
#include "lib/suite.h"

enum { BATCH = 10, QUEUE = 4, MANY = 2000, BASE_S = 1700000000 };

static char folder[32], spool_path[64], letters_path[64], error[256];
static struct keeper_settings settings;
static struct feed_settings feed_settings;
static struct feed feed;
static struct filler filler;
static struct keeper *keeper;
static unsigned added;            /* events so far, each with its own time */
static unsigned delivered[MANY];  /* how often each was */
static uint64_t recovered_before; /* of earlier runs in this test */

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/keeper.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(spool_path, sizeof(spool_path), "%s/s", folder);
	snprintf(letters_path, sizeof(letters_path), "%s/dead", folder);
	settings = (struct keeper_settings){
		.spool = { .path = spool_path, .max_size = 1024 * 1024 },
		.dead_letters = { .path = letters_path,
			.max_size = 1000000,
			.keep = 3 },
	};
	feed_settings = (struct feed_settings){
		.name = "test",
		.batch_events = BATCH,
		.batch_bytes = 65536,
		.buffer_events = BATCH * QUEUE,
		.linger_ns = NS_PER_S,
		.spool = true,
	};
}

static void start(void)
{
	feed_settings.spool = settings.spool.path != NULL;
	feed_settings.spool_always = settings.spool.mode == SPOOL_ALWAYS;
	ck_assert_int_eq(feed_init(&feed, &feed_settings, 1, 2), 0);
	ck_assert_int_eq(filler_init(&filler, &feed, 0), 0);
	int r = keeper_start(&keeper, &settings, "test native ndjson", &feed,
		error, sizeof(error));
	ck_assert_msg(r == 0, "%s", error);
}

static uint64_t stat_of(enum output_stat id)
{
	return stat_sum(&feed.stats, id);
}

struct errand_of_test {
	struct keeper_chore head;
	void (*fn)(struct keeper *k, void *arg);
	void *arg;
};

static void act(struct keeper *k, struct keeper_chore *head)
{
	struct errand_of_test *e = (struct errand_of_test *)head;

	e->fn(k, e->arg);
}

static void free_errand(struct keeper_chore *head)
{
	free(head);
}

static int call_for(
	uint64_t ns, void (*fn)(struct keeper *k, void *arg), void *arg)
{
	struct errand_of_test *e = calloc(1, sizeof(*e));
	int r;

	keeper_chore_init(&e->head, act, free_errand);
	e->fn = fn;
	e->arg = arg;
	r = keeper_call(keeper, &e->head, clock_mono_ns(&clock_system) + ns);
	keeper_chore_put(&e->head);
	return r;
}

static void call(void (*fn)(struct keeper *k, void *arg), void *arg)
{
	ck_assert_int_eq(call_for(20 * NS_PER_S, fn, arg), 0);
}

static uint64_t in_spool(void)
{
	return atomic_load(&feed.disk.usage.events);
}

static uint64_t files(void)
{
	return atomic_load(&feed.disk.usage.files);
}

static void expect_ledger(void)
{
	ck_assert_uint_eq(stat_of(OUTPUT_TAKEN) + stat_of(OUTPUT_RECOVERED),
		stat_of(OUTPUT_DELIVERED) + stat_of(OUTPUT_DEAD_LETTERED) +
			stat_of(OUTPUT_DROPPED_REFUSED) +
			stat_of(OUTPUT_DROPPED_QUEUE_FULL) +
			stat_of(OUTPUT_DROPPED_SPOOL_FULL) +
			stat_of(OUTPUT_DROPPED_SPOOL_SLOW) +
			stat_of(OUTPUT_DROPPED_SPOOL_EXPIRED) +
			stat_of(OUTPUT_DROPPED_SPOOL_DAMAGED) +
			stat_of(OUTPUT_DROPPED_SPOOL_DISCARDED) +
			stat_of(OUTPUT_DROPPED_SHUTDOWN) + in_spool() +
			batch_pool_held(&feed.pool) +
			atomic_load(&feed.disk.letters));
}

/* The senders have left, the keeper writes the rest and ends. */
static void finish(void)
{
	filler_flush(&filler);
	filler_deinit(&filler);
	feed_close(&feed);
	keeper = keeper_free(keeper);
	ck_assert_uint_eq(batch_pool_held(&feed.pool), 0);
	expect_ledger();
}

static void teardown(void)
{
	char command[64];

	disk_fault_at(0, DISK_FAIL, 0, false);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void restart(void)
{
	recovered_before += stat_of(OUTPUT_RECOVERED);
	feed_deinit(&feed);
	start();
}

static uint64_t received_ns; /* monotonic; 0: not told */

/* n more events, each a second later than the one before. */
static void add(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct event e = {
			.tap = { .has = DNSTAP_HAS_TYPE | DNSTAP_HAS_MESSAGE |
					DNSTAP_HAS_OPERATION,
				.type = 1,
				.operation = DNSTAP_CLIENT_QUERY },
			.receipt_ns = (BASE_S + (uint64_t)added) * NS_PER_S,
		};

		filler_add(&filler, &e, received_ns);
		added++;
	}
}

static void note_delivered(const struct batch *b, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++) {
		const char *text = (const char *)b->data + batch_start(b, i);
		struct tm tm = { 0 };
		time_t at;

		ck_assert_ptr_nonnull(strptime(
			text, "{\"@timestamp\":\"%Y-%m-%dT%H:%M:%S", &tm));
		at = timegm(&tm) - BASE_S;
		ck_assert_int_ge(at, 0);
		ck_assert_int_lt(at, MANY);
		delivered[at]++;
	}
}

/* A sender's: the first n events of b are delivered. */
static void deliver(struct batch *b, uint32_t n)
{
	note_delivered(b, b->first, n);
	stat_add(feed_sender_stats(&feed, 0), OUTPUT_DELIVERED, n);
	batch_settle(b, n);
}

/* As output_done(). */
static void give_back(struct batch *b)
{
	if (b->file != NULL || batch_left(b) > 0)
		feed_to_keeper(&feed, &b);
	else
		batch_pool_put(&feed.pool, &b);
}

/* The next batch for a sender, within ms; NULL: none. */
static struct batch *next(unsigned ms)
{
	void *item;

	return ring_pop(&feed.sealed,
		       clock_mono_ns(&clock_system) + ms * NS_PER_MS,
		       &item) == 0
		       ? item
		       : NULL;
}

/* Until so many events are delivered in all. */
static void deliver_until(uint64_t events)
{
	while (stat_of(OUTPUT_DELIVERED) < events) {
		struct batch *b = next(20000);

		ck_assert_ptr_nonnull(b);
		deliver(b, batch_left(b));
		give_back(b);
	}
}

static void expect_each_once(void)
{
	for (unsigned i = 0; i < added; i++)
		ck_assert_msg(delivered[i] == 1,
			"event %u was delivered %u times", i, delivered[i]);
}

/* Waits until the condition holds. */
#define WAIT_FOR(condition)                                                 \
	do {                                                                \
		for (unsigned ms_ = 0; !(condition); ms_++) {               \
			ck_assert_msg(ms_ < 20000, "never: " #condition);   \
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, \
				NULL);                                      \
		}                                                           \
	} while (0)

START_TEST(what_memory_has_no_room_for_goes_to_disk_and_comes_back)
{
	start();
	add(BATCH * QUEUE);
	ck_assert_uint_eq(ring_len(&feed.sealed), QUEUE);
	ck_assert_uint_eq(files(), 0);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t was = stat_of(OUTPUT_SPOOL_WRITTEN);

		add(BATCH);
		WAIT_FOR(stat_of(OUTPUT_SPOOL_WRITTEN) == was + 1);
	}
	WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
	expect_ledger();
	ck_assert_uint_eq(stat_of(OUTPUT_SPOOLED), 20 * BATCH);
	/* some are read back already, to be the next */
	ck_assert_uint_ge(in_spool(), (20 - feed_replays(&feed)) * BATCH);
	deliver_until(added);
	WAIT_FOR(files() == 0);
	ck_assert_uint_eq(in_spool(), 0);
	expect_each_once();
	finish();
	ck_assert_uint_eq(stat_of(OUTPUT_DELIVERED), added);
	feed_deinit(&feed);
}
END_TEST

START_TEST(what_was_on_disk_knows_when_it_came_in)
{
	uint64_t now = clock_mono_ns(&clock_system), age = now - now / 2;

	start();
	received_ns = now / 2;
	add(BATCH * (QUEUE + 3));
	WAIT_FOR(stat_of(OUTPUT_SPOOL_WRITTEN) == 3);
	deliver_until(BATCH * QUEUE);
	for (unsigned i = 0; i < 3; i++) {
		struct batch *b = next(20000);
		uint64_t is;

		ck_assert_ptr_nonnull(b);
		is = clock_mono_ns(&clock_system) - b->opened_ns;
		/* by two clocks */
		ck_assert_uint_gt(is, age - age / 10);
		ck_assert_uint_lt(is, age + age / 10 + 60 * NS_PER_S);
		deliver(b, batch_left(b));
		give_back(b);
	}
	finish();
	feed_deinit(&feed);
}
END_TEST

START_TEST(old_and_new_ones_both_get_on)
{
	unsigned was_new = 0, was_old = 0;

	start();
	for (unsigned i = 0; i < 40; i++) {
		uint64_t was = stat_of(OUTPUT_SPOOL_WRITTEN);

		add(BATCH);
		if (i >= QUEUE)
			WAIT_FOR(stat_of(OUTPUT_SPOOL_WRITTEN) == was + 1);
	}
	/* each time one is delivered another one comes */
	for (unsigned i = 0; i < 60; i++) {
		struct batch *b = next(20000);

		ck_assert_ptr_nonnull(b);
		was_old += b->file != NULL;
		was_new += b->file == NULL;
		deliver(b, batch_left(b));
		give_back(b);
		WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
		add(BATCH);
		WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
	}
	ck_assert_uint_gt(was_old, 10);
	ck_assert_uint_gt(was_new, 10);
	deliver_until(added);
	expect_each_once();
	finish();
	feed_deinit(&feed);
}
END_TEST

START_TEST(always_means_on_disk_before_the_first_attempt)
{
	settings.spool.mode = SPOOL_ALWAYS;
	start();
	add(3 * BATCH);
	for (unsigned i = 0; i < 3; i++) {
		struct batch *b = next(20000);
		char name[128];

		ck_assert_ptr_nonnull(b);
		ck_assert_ptr_nonnull(b->file);
		snprintf(name, sizeof(name), "%s/%016llx.batch", spool_path,
			(unsigned long long)b->file->number);
		ck_assert_int_eq(access(name, F_OK), 0);
		ck_assert_uint_eq(in_spool(), 0); /* counted in memory */
		deliver(b, batch_left(b));
		give_back(b);
		WAIT_FOR(access(name, F_OK) != 0);
	}
	expect_each_once();
	WAIT_FOR(files() == 0);
	/* what nobody takes any more stays there */
	add(BATCH * QUEUE * 3);
	WAIT_FOR(files() == QUEUE * 3);
	finish();
	ck_assert_uint_eq(in_spool(), BATCH * QUEUE * 3);
	restart();
	ck_assert_uint_eq(stat_of(OUTPUT_RECOVERED), BATCH * QUEUE * 3);
	deliver_until(BATCH * QUEUE * 3);
	expect_each_once();
	finish();
	ck_assert_uint_eq(in_spool(), 0);
	feed_deinit(&feed);
}
END_TEST

START_TEST(while_no_backend_can_be_used_memory_is_emptied)
{
	start();
	add(2 * BATCH);
	ck_assert_uint_eq(ring_len(&feed.sealed), 2);
	feed_stall(&feed, 1); /* a long time ago */
	add(BATCH);
	WAIT_FOR(ring_len(&feed.sealed) <= 1 && files() == 3);
	/* one is in memory for the next try */
	WAIT_FOR(in_spool() == 2 * BATCH);
	expect_ledger();
	feed_resume(&feed);
	deliver_until(added);
	expect_each_once();
	finish();
	feed_deinit(&feed);
}
END_TEST

START_TEST(the_end_writes_what_is_left_and_the_next_run_has_it)
{
	struct batch *part, *untouched, *loaded;

	start();
	add(BATCH * QUEUE);
	add(5 * BATCH);
	WAIT_FOR(atomic_load(&feed.disk.waiting) == 0 && files() == 5);
	part = next(20000);
	untouched = next(20000);
	deliver(part, 3);
	do { /* one that was read back, delivered in part */
		loaded = next(20000);
		ck_assert_ptr_nonnull(loaded);
		if (loaded->file == NULL) {
			deliver(loaded, batch_left(loaded));
			give_back(loaded);
			loaded = NULL;
		}
	} while (loaded == NULL);
	/* the second half is acknowledged, the first is not */
	note_delivered(loaded, 5, 5);
	stat_add(feed_sender_stats(&feed, 0), OUTPUT_DELIVERED, 5);
	batch_keep(loaded, &(struct batch_span){ .first = 0, .n = 5 }, 1);
	batch_settle_passed(loaded, 5);
	add(3); /* never sealed by a worker */
	give_back(part);
	give_back(untouched);
	give_back(loaded);
	finish();
	ck_assert_uint_eq(stat_of(OUTPUT_DROPPED_SHUTDOWN), 0);
	ck_assert_uint_eq(in_spool(), added - stat_of(OUTPUT_DELIVERED));
	uint64_t left = in_spool();

	restart();
	ck_assert_uint_eq(stat_of(OUTPUT_RECOVERED), left);
	deliver_until(left);
	expect_each_once();
	finish();
	ck_assert_uint_eq(files(), 0);
	feed_deinit(&feed);
}
END_TEST

/* One that was read back, no others. */
static struct batch *next_replayed(void)
{
	for (;;) {
		struct batch *b = next(20000);

		ck_assert_ptr_nonnull(b);
		if (b->file != NULL)
			return b;
		deliver(b, batch_left(b));
		give_back(b);
	}
}

START_TEST(the_ledger_closes_when_a_rest_finds_no_room_on_the_disk)
{
	struct batch *start_of, *midst_of;

	start();
	add(BATCH * QUEUE);
	add(5 * BATCH);
	WAIT_FOR(atomic_load(&feed.disk.waiting) == 0 && files() == 5);
	start_of = next_replayed();
	midst_of = next_replayed();
	disk_fault_at(1, DISK_FAIL, ENOSPC, true);
	deliver(start_of, 3);
	give_back(start_of);
	/* the second half is acknowledged, the first is not */
	stat_add(feed_sender_stats(&feed, 0), OUTPUT_DELIVERED, 5);
	batch_keep(midst_of, &(struct batch_span){ .first = 0, .n = 5 }, 1);
	batch_settle_passed(midst_of, 5);
	give_back(midst_of);
	WAIT_FOR(disk_fault_happened() && atomic_load(&feed.disk.waiting) == 0);
	disk_fault_at(0, DISK_FAIL, 0, false);
	deliver_until(added + stat_of(OUTPUT_RECOVERED));
	WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
	deliver_until(added + stat_of(OUTPUT_RECOVERED));
	expect_ledger();
	ck_assert_uint_eq(stat_of(OUTPUT_RECOVERED), 5);
	expect_each_once(); /* those five were not noted the first time */
	finish();
	feed_deinit(&feed);
}
END_TEST

START_TEST(cut_short_the_files_stay_and_the_rest_is_counted)
{
	struct batch *loaded;

	start();
	add(BATCH * QUEUE);
	add(5 * BATCH);
	WAIT_FOR(atomic_load(&feed.disk.waiting) == 0 && files() == 5);
	for (unsigned i = 0; i < QUEUE; i++) {
		struct batch *b = next(20000);

		if (b->file == NULL)
			deliver(b, 1);
		give_back(b);
	}
	loaded = next(20000);
	ck_assert_ptr_nonnull(loaded);
	keeper_cut(keeper);
	give_back(loaded);
	finish();
	ck_assert_uint_ge(in_spool(), 4 * BATCH);
	feed_deinit(&feed);
}
END_TEST

static void retry_now(struct keeper *k, void *arg)
{
	(void)arg;
	keeper_retry(k);
}

START_TEST(a_full_disk_leaves_memory_then_drops)
{
	start();
	disk_fault_at(1, DISK_FAIL, ENOSPC, true);
	for (unsigned i = 0; i < 30; i++) {
		add(BATCH);
		WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
	}
	ck_assert_uint_eq(ring_len(&feed.sealed), QUEUE);
	ck_assert_uint_eq(
		stat_of(OUTPUT_DROPPED_SPOOL_FULL), (30 - QUEUE) * BATCH);
	ck_assert_uint_ge(stat_of(OUTPUT_SPOOL_ERRORS), 1);
	ck_assert(atomic_load(&feed.disk.refuses));
	expect_ledger();
	/* there is room again, and it is noticed */
	disk_fault_at(0, DISK_FAIL, 0, false);
	call(retry_now, NULL);
	WAIT_FOR(!atomic_load(&feed.disk.refuses));
	add(BATCH);
	WAIT_FOR(stat_of(OUTPUT_SPOOL_WRITTEN) == 1);
	deliver_until((QUEUE + 1) * BATCH);
	finish();
	feed_deinit(&feed);
}
END_TEST

/* As a worker does under block: waits, without filling more. */
static void add_blocking(unsigned n)
{
	while (n > 0 || filler_blocked(&filler)) {
		struct batch *b;

		if (!filler_blocked(&filler)) {
			add(1);
			n--;
		} else if ((b = next(10)) != NULL) {
			deliver(b, batch_left(b));
			give_back(b);
		}
	}
}

START_TEST(a_full_disk_under_block_loses_nothing)
{
	static const enum spool_mode modes[] = { SPOOL_OVERFLOW, SPOOL_ALWAYS };

	settings.spool.mode = modes[_i];
	feed_settings.overflow = OVERFLOW_BLOCK;
	start();
	disk_fault_at(1, DISK_FAIL, EIO, true);
	add_blocking(50 * BATCH);
	ck_assert_uint_eq(stat_of(OUTPUT_DROPPED_SPOOL_FULL), 0);
	disk_fault_at(0, DISK_FAIL, 0, false);
	deliver_until(added);
	expect_each_once();
	finish();
	ck_assert_uint_eq(stat_of(OUTPUT_DELIVERED), added);
	feed_deinit(&feed);
}
END_TEST

START_TEST(always_with_a_broken_disk_still_delivers)
{
	settings.spool.mode = SPOOL_ALWAYS;
	start();
	disk_fault_at(1, DISK_FAIL, EROFS, true);
	for (unsigned i = 0; i < 20; i++) {
		add(BATCH);
		deliver_until(added);
	}
	ck_assert_uint_eq(stat_of(OUTPUT_DROPPED_SPOOL_FULL), 0);
	expect_each_once();
	disk_fault_at(0, DISK_FAIL, 0, false);
	finish();
	feed_deinit(&feed);
}
END_TEST

static void count_call(struct keeper *k, void *arg)
{
	(void)k;
	*(unsigned *)arg += 1;
}

/* A disk that does not answer: workers and senders go on without it. */
START_TEST(a_disk_that_hangs_holds_nobody_up)
{
	static const enum spool_mode modes[] = { SPOOL_OVERFLOW, SPOOL_ALWAYS };

	unsigned calls = 0;

	settings.spool.mode = modes[_i];
	start();
	disk_fault_at(1, DISK_HANG, 0, false);
	add(100 * BATCH);
	/* there is room, it is only not written */
	ck_assert_uint_gt(stat_of(OUTPUT_DROPPED_SPOOL_SLOW), 0);
	ck_assert_uint_eq(stat_of(OUTPUT_DROPPED_SPOOL_FULL), 0);
	expect_ledger();
	if (modes[_i] == SPOOL_OVERFLOW) /* memory is delivered meanwhile */
		deliver_until(QUEUE * BATCH);
	WAIT_FOR(disk_fault_happened());
	/* nor an operator; what was not begun will not be done behind him */
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(
			call_for(NS_PER_MS, count_call, &calls), KEEPER_E_BUSY);
	disk_fault_at(0, DISK_FAIL, 0, false);
	call(count_call, &calls);
	ck_assert_uint_eq(calls, 1);
	deliver_until(added - stat_of(OUTPUT_DROPPED_SPOOL_SLOW));
	finish();
	ck_assert_uint_eq(in_spool(), 0);
	feed_deinit(&feed);
}
END_TEST

START_TEST(max_size_holds_and_replay_makes_room)
{
	settings.spool.max_size = 12000; /* about six batches */
	start();
	for (unsigned i = 0; i < 40; i++) {
		add(BATCH);
		WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
		ck_assert_uint_le(atomic_load(&feed.disk.usage.bytes), 12000);
	}
	ck_assert_uint_gt(stat_of(OUTPUT_DROPPED_SPOOL_FULL), 0);
	ck_assert_uint_eq(stat_of(OUTPUT_SPOOL_ERRORS), 0);
	uint64_t written = stat_of(OUTPUT_SPOOL_WRITTEN);

	deliver_until(added - stat_of(OUTPUT_DROPPED_SPOOL_FULL));
	WAIT_FOR(files() == 0);
	call(retry_now, NULL);
	WAIT_FOR(!atomic_load(&feed.disk.refuses));
	add(BATCH * (QUEUE + 1));
	WAIT_FOR(stat_of(OUTPUT_SPOOL_WRITTEN) > written);
	finish();
	feed_deinit(&feed);
}
END_TEST

START_TEST(limits_are_taken_up_as_it_runs)
{
	settings.spool.max_size = 12000;
	settings.spool.mode = SPOOL_ALWAYS;
	start();
	for (unsigned i = 0; !atomic_load(&feed.disk.refuses); i++) {
		ck_assert_uint_lt(i, 40);
		add(BATCH);
		WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
	}
	uint64_t written = stat_of(OUTPUT_SPOOL_WRITTEN);

	/* nothing is read back or removed meanwhile: nobody sends */
	keeper_set_limits(keeper, 1024 * 1024, 0);
	WAIT_FOR(!atomic_load(&feed.disk.refuses));
	add(5 * BATCH);
	WAIT_FOR(stat_of(OUTPUT_SPOOL_WRITTEN) > written);
	keeper_set_limits(keeper, 1024 * 1024, 1);
	WAIT_FOR(stat_of(OUTPUT_DROPPED_SPOOL_EXPIRED) > 0);
	finish();
	feed_deinit(&feed);
}
END_TEST

static void damage_all(void)
{
	DIR *d = opendir(spool_path);
	char name[320];

	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		FILE *f;

		if (strstr(e->d_name, ".batch") == NULL)
			continue;
		snprintf(name, sizeof(name), "%s/%s", spool_path, e->d_name);
		f = fopen(name, "r+");
		fseek(f, 200, SEEK_SET);
		fputc('?', f);
		fclose(f);
	}
	closedir(d);
}

START_TEST(damaged_files_block_nothing)
{
	settings.spool.mode = SPOOL_ALWAYS;
	start();
	add(3 * BATCH);
	WAIT_FOR(files() == 3);
	finish();
	damage_all();
	restart();
	ck_assert_uint_eq(stat_of(OUTPUT_RECOVERED), 3 * BATCH);
	WAIT_FOR(stat_of(OUTPUT_SPOOL_DAMAGED) == 3);
	ck_assert_uint_eq(stat_of(OUTPUT_DROPPED_SPOOL_DAMAGED), 3 * BATCH);
	add(BATCH);
	deliver_until(BATCH);
	finish();
	feed_deinit(&feed);
}
END_TEST

static char bad[2][128]; /* paths of files that cannot be read */

/* The keeper's: its two oldest become links, which it does not follow. */
static void make_unreadable(struct keeper *k, void *arg)
{
	struct spool_file *f = spool_oldest(keeper_spool(k));
	char aside[sizeof(bad) + 8];

	(void)arg;
	for (unsigned i = 0; i < 2; i++, f = spool_next(keeper_spool(k), f)) {
		snprintf(bad[i], sizeof(bad[i]), "%s/%016llx.batch", spool_path,
			(unsigned long long)f->number);
		snprintf(aside, sizeof(aside), "%s.old", bad[i]);
		ck_assert_int_eq(rename(bad[i], aside), 0);
		ck_assert_int_eq(symlink(aside, bad[i]), 0);
	}
}

static void mend(unsigned i)
{
	char aside[sizeof(bad) + 8];

	snprintf(aside, sizeof(aside), "%s.old", bad[i]);
	ck_assert_int_eq(rename(aside, bad[i]), 0);
}

START_TEST(files_that_cannot_be_read_hold_no_others_back)
{
	static char text[4096];
	FILE *log = tmpfile();
	int saved = dup(STDERR_FILENO);

	start();
	for (unsigned i = 0; i < 20; i++) {
		add(BATCH);
		WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
	}
	WAIT_FOR(atomic_load(&feed.disk.replays) == feed_replays(&feed));
	call(make_unreadable, NULL);
	ck_assert_ptr_nonnull(log);
	dup2(fileno(log), STDERR_FILENO);
	deliver_until(added - 2 * BATCH);
	WAIT_FOR(files() == 2);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ck_assert_int_gt(pread(fileno(log), text, sizeof(text) - 1, 0), 0);
	fclose(log);
	ck_assert_msg(strstr(text, bad[0]) && strstr(text, bad[1]), "%s", text);
	ck_assert_uint_ge(stat_of(OUTPUT_SPOOL_ERRORS), 2);
	ck_assert_uint_eq(in_spool(), 2 * BATCH);
	/* the first stays bad, and the second gets its turn */
	mend(1);
	deliver_until(added - BATCH);
	/* or an operator says that it is mended */
	mend(0);
	call(retry_now, NULL);
	deliver_until(added);
	expect_each_once();
	finish();
	ck_assert_uint_eq(files(), 0);
	feed_deinit(&feed);
}
END_TEST

START_TEST(what_is_too_old_is_dropped_and_counted)
{
	settings.spool.mode = SPOOL_ALWAYS;
	start();
	add(3 * BATCH);
	WAIT_FOR(files() == 3);
	finish();
	settings.spool.max_age_ns = 1;
	restart();
	WAIT_FOR(stat_of(OUTPUT_DROPPED_SPOOL_EXPIRED) == 3 * BATCH);
	WAIT_FOR(files() == 0);
	finish();
	feed_deinit(&feed);
}
END_TEST

static void discard(struct keeper *k, void *arg)
{
	uint64_t *number = arg;

	if (*number == 1) /* the oldest that waits */
		*number = spool_oldest(keeper_spool(k))->number;
	*number = keeper_discard(k, *number);
}

static void count_files(struct keeper *k, void *arg)
{
	unsigned *n = arg;

	for (struct spool_file *f = spool_next(keeper_spool(k), NULL);
		f != NULL; f = spool_next(keeper_spool(k), f))
		*n += 1;
}

START_TEST(the_operator_lists_and_discards)
{
	uint64_t which = 1;
	unsigned n = 0;

	start();
	for (unsigned i = 0; i < 20; i++) {
		add(BATCH);
		WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
	}
	call(count_files, &n);
	ck_assert_uint_eq(n, files());
	ck_assert_uint_gt(n, feed_replays(&feed));
	call(discard, &which);
	ck_assert_uint_eq(which, BATCH);
	which = 0;
	call(discard, &which);
	ck_assert_uint_eq(
		which + BATCH, stat_of(OUTPUT_DROPPED_SPOOL_DISCARDED));
	ck_assert_uint_eq(in_spool(), 0);
	deliver_until(added - stat_of(OUTPUT_DROPPED_SPOOL_DISCARDED));
	finish();
	feed_deinit(&feed);
}
END_TEST

START_TEST(a_chore_that_hangs_is_done_without_the_one_who_asked)
{
	uint64_t number = 0;

	start();
	for (unsigned i = 0; i < 20; i++) {
		add(BATCH);
		WAIT_FOR(atomic_load(&feed.disk.waiting) == 0);
	}
	WAIT_FOR(atomic_load(&feed.disk.replays) == feed_replays(&feed));
	disk_fault_at(1, DISK_HANG, 0, false);
	ck_assert_int_eq(
		call_for(200 * NS_PER_MS, discard, &number), KEEPER_E_LATE);
	ck_assert_int_eq(call_for(NS_PER_MS, discard, &number), KEEPER_E_BUSY);
	disk_fault_at(0, DISK_FAIL, 0, false);
	WAIT_FOR(in_spool() == 0);
	ck_assert_uint_gt(stat_of(OUTPUT_DROPPED_SPOOL_DISCARDED), 0);
	deliver_until(added - stat_of(OUTPUT_DROPPED_SPOOL_DISCARDED));
	finish();
	feed_deinit(&feed);
}
END_TEST

/* A sender's: all of b is refused. */
static void refuse(struct batch *b)
{
	const struct letter_cause cause = {
		.reason = OUTPUT_DROPPED_REFUSED,
		.status = 400,
		.code = 6,
		.text = "invalid data format",
	};
	struct letter *l;
	uint32_t n = batch_left(b);

	ck_assert_int_eq(letter_new(&l, &cause, b, n), 0);
	atomic_fetch_add(&feed.disk.letters, n);
	ck_assert(feed_message(&feed, l));
	batch_settle(b, n);
	give_back(b);
}

static int count_line(void *arg, struct slice line)
{
	unsigned *n = arg;

	(void)line;
	*n += 1;
	return 0;
}

static void count_letters(struct keeper *k, void *arg)
{
	ck_assert_int_eq(
		dead_letters_each(keeper_dead_letters(k), count_line, arg), 0);
}

static void resend(struct keeper *k, void *arg)
{
	int *r = arg;

	*r = keeper_resend(k);
}

START_TEST(refused_events_are_kept_and_can_be_sent_again)
{
	unsigned n = 0;
	int r;

	if (_i == 1)
		settings.spool.path = NULL;
	start();
	call(resend, &r);
	ck_assert_int_eq(r, DEAD_LETTERS_E_NONE);
	add(3 * BATCH);
	for (unsigned i = 0; i < 3; i++)
		refuse(next(20000));
	WAIT_FOR(stat_of(OUTPUT_DEAD_LETTERED) == 3 * BATCH);
	call(count_letters, &n);
	ck_assert_uint_eq(n, 3 * BATCH);
	expect_ledger();
	call(resend, &r);
	ck_assert_int_eq(r, 0);
	deliver_until(2 * BATCH);
	struct batch *b = next(20000);

	ck_assert_ptr_nonnull(b);
	deliver(b, 4);
	give_back(b); /* a reload came in between */
	b = next(20000);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(batch_left(b), 6);
	ck_assert_uint_eq(stat_of(OUTPUT_DEAD_LETTERED), 3 * BATCH);
	give_back(b); /* the end did */
	finish();
	ck_assert_uint_eq(stat_of(OUTPUT_RECOVERED), 3 * BATCH);
	ck_assert_uint_eq(stat_of(OUTPUT_DEAD_LETTERED), 3 * BATCH + 6);
	restart();
	n = 0;
	call(count_letters, &n);
	ck_assert_uint_eq(n, 6);
	deliver_until(6); /* nobody asks once more */
	finish();
	expect_each_once();
	feed_deinit(&feed);
}
END_TEST

START_TEST(letters_that_cannot_be_written_are_dropped_with_their_reason)
{
	start();
	disk_fault_at(1, DISK_FAIL, ENOSPC, true);
	add(BATCH);
	refuse(next(20000));
	WAIT_FOR(stat_of(OUTPUT_DROPPED_REFUSED) == BATCH);
	ck_assert_uint_eq(stat_of(OUTPUT_DEAD_LETTER_ERRORS), 1);
	ck_assert_uint_eq(stat_of(OUTPUT_DEAD_LETTERED), 0);
	disk_fault_at(0, DISK_FAIL, 0, false);
	finish();
	feed_deinit(&feed);
}
END_TEST

START_TEST(a_start_that_fails_says_why)
{
	start();
	struct keeper *other;
	struct feed second;

	ck_assert_int_eq(feed_init(&second, &feed_settings, 1, 1), 0);
	ck_assert_int_eq(keeper_start(&other, &settings, "x", &second, error,
				 sizeof(error)),
		-EBUSY);
	ck_assert_ptr_nonnull(strstr(error, spool_path));
	feed_deinit(&second);
	finish();
	feed_deinit(&feed);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("keeper");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(
		t, what_memory_has_no_room_for_goes_to_disk_and_comes_back);
	tcase_add_test(t, what_was_on_disk_knows_when_it_came_in);
	tcase_add_test(t, old_and_new_ones_both_get_on);
	tcase_add_test(t, always_means_on_disk_before_the_first_attempt);
	tcase_add_test(t, while_no_backend_can_be_used_memory_is_emptied);
	tcase_add_test(t, the_end_writes_what_is_left_and_the_next_run_has_it);
	tcase_add_test(
		t, the_ledger_closes_when_a_rest_finds_no_room_on_the_disk);
	tcase_add_test(t, cut_short_the_files_stay_and_the_rest_is_counted);
	tcase_add_test(t, a_full_disk_leaves_memory_then_drops);
	tcase_add_loop_test(t, a_full_disk_under_block_loses_nothing, 0, 2);
	tcase_add_test(t, always_with_a_broken_disk_still_delivers);
	tcase_add_loop_test(t, a_disk_that_hangs_holds_nobody_up, 0, 2);
	tcase_add_test(t, max_size_holds_and_replay_makes_room);
	tcase_add_test(t, limits_are_taken_up_as_it_runs);
	tcase_add_test(t, damaged_files_block_nothing);
	tcase_add_test(t, files_that_cannot_be_read_hold_no_others_back);
	tcase_add_test(t, what_is_too_old_is_dropped_and_counted);
	tcase_add_test(t, the_operator_lists_and_discards);
	tcase_add_test(t, a_chore_that_hangs_is_done_without_the_one_who_asked);
	tcase_add_loop_test(
		t, refused_events_are_kept_and_can_be_sent_again, 0, 2);
	tcase_add_test(t,
		letters_that_cannot_be_written_are_dropped_with_their_reason);
	tcase_add_test(t, a_start_that_fails_says_why);
	return suite_run("keeper", t);
}
