/* A keeper whose k-th allocation fails, for each k, at the start and at work:
 * an error or a counted loss, nothing leaks (under AddressSanitizer). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/fault.h"
#include "lib/suite.h"
#include "spool/keeper.h"

enum { BATCHES = 6, EVENTS = 5 };

static char folder[32], spool[64], letters[64], error[256];
static struct keeper_settings settings;
static struct feed feed;

static const struct feed_settings feed_settings = {
	.name = "test",
	.batch_events = EVENTS,
	.batch_bytes = 4096,
	.buffer_events = 1, /* one batch: the others go to disk */
	.spool = true,
};

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/oom.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(spool, sizeof(spool), "%s/s", folder);
	snprintf(letters, sizeof(letters), "%s/dead", folder);
	settings = (struct keeper_settings){
		.spool = { .path = spool,
			.max_size = 1000000,
			.gzip_level = 1,
			.no_sync = true },
		.dead_letters = { .path = letters,
			.max_size = 10000,
			.keep = 2 },
	};
	ck_assert_int_eq(feed_init(&feed, &feed_settings, 1, 1), 0);
}

static void teardown(void)
{
	char command[64];

	feed_deinit(&feed);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* Return: NULL: it was this allocation that failed. */
static struct batch *make(void)
{
	struct batch *b = batch_pool_get(&feed.pool);

	if (b == NULL)
		return NULL;
	for (unsigned i = 0; i < EVENTS; i++) {
		b->len += (size_t)sprintf(
			(char *)b->data + b->len, "{\"n\":%u}\n", i);
		b->ends[b->events++] = (uint32_t)b->len;
	}
	atomic_store(&b->held, b->events);
	return b;
}

START_TEST(a_start_without_memory_is_an_error)
{
	struct keeper *k;
	unsigned at = 0;
	int r;

	do {
		fault_alloc_at(++at);
		r = keeper_start(&k, &settings, "test native ndjson", &feed,
			error, sizeof(error));
		fault_alloc_at(0);
		if (r != 0)
			ck_assert_int_eq(r, -ENOMEM);
	} while (r != 0);
	ck_assert_uint_gt(at, 4);
	keeper_free(k);
}
END_TEST

static uint64_t counted(enum output_stat id)
{
	return stat_sum(&feed.stats, id);
}

/*
 * Batches come and nobody sends them.  What cannot be written stays in memory,
 * and at the end every one is on disk or counted.
 */
START_TEST(work_without_memory_loses_nothing_uncounted)
{
	bool happened = true;
	uint64_t given = 0;

	for (unsigned at = 1; happened; at++) {
		struct keeper *k;

		ck_assert_uint_lt(at, 100);
		feed_deinit(&feed);
		ck_assert_int_eq(feed_init(&feed, &feed_settings, 1, 1), 0);
		ck_assert_int_eq(
			keeper_start(&k, &settings, "test native ndjson", &feed,
				error, sizeof(error)),
			0);
		uint64_t before = counted(OUTPUT_RECOVERED);

		given = 0;
		fault_alloc_at(at);
		for (unsigned i = 0; i < BATCHES; i++) {
			struct batch *b = make();

			if (b == NULL)
				continue;
			feed_to_keeper(&feed, &b);
			given += EVENTS;
		}
		while (atomic_load(&feed.disk.waiting) > 0)
			nanosleep(
				&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		keeper_free(k);
		happened = fault_happened();
		fault_alloc_at(0);
		ck_assert_uint_eq(before + given,
			atomic_load(&feed.disk.usage.events) +
				counted(OUTPUT_DROPPED_SPOOL_FULL) +
				counted(OUTPUT_DROPPED_SPOOL_DAMAGED) +
				counted(OUTPUT_DROPPED_SHUTDOWN));
		ck_assert_uint_eq(batch_pool_held(&feed.pool), 0);
	}
	ck_assert_uint_gt(given, 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("out_of_memory");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_start_without_memory_is_an_error);
	tcase_add_test(t, work_without_memory_loses_nothing_uncounted);
	return suite_run("out_of_memory", t);
}
