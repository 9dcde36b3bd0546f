#include "base/stat.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "lib/suite.h"
#include "sync/thread.h"

enum { THREADS = 4, ADDS = 100000 };

static void add_many(void *arg)
{
	for (int i = 0; i < ADDS; i++)
		stat_inc(arg, INTAKE_RECEIVED);
}

START_TEST(shards_add_up_whatever_threads_do)
{
	struct thread threads[THREADS];
	struct stat_set set;

	ck_assert_int_eq(stat_set_init(&set, THREADS), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(thread_start(&threads[i], "add", add_many,
					 &set.shards[i]),
			0);
	for (int i = 0; i < THREADS; i++)
		thread_join(&threads[i]);
	ck_assert_uint_eq(stat_sum(&set, INTAKE_RECEIVED), THREADS * ADDS);
	ck_assert_uint_eq(stat_sum(&set, INTAKE_RECEIVED_BYTES), 0);
	stat_set_deinit(&set);
}
END_TEST

static void share_many(void *arg)
{
	for (int i = 0; i < ADDS; i++)
		stat_share(arg, BACKEND_REQUESTS, 2);
}

START_TEST(shared_counters_add_up_too)
{
	static _Atomic uint64_t values[BACKEND_STAT_COUNT];
	struct thread threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(thread_start(&threads[i], "share", share_many,
					 (void *)values),
			0);
	for (int i = 0; i < THREADS; i++)
		thread_join(&threads[i]);
	ck_assert_uint_eq(values[BACKEND_REQUESTS], 2 * THREADS * ADDS);
	ck_assert_uint_eq(values[BACKEND_DELIVERED], 0);
}
END_TEST

START_TEST(shards_share_no_cache_line)
{
	struct stat_set set;

	ck_assert_int_eq(stat_set_init(&set, 3), 0);
	ck_assert_uint_eq((uintptr_t)&set.shards[1] % 128, 0);
	ck_assert_uint_eq(sizeof(struct stat_shard) % 128, 0);
	stat_set_deinit(&set);
}
END_TEST

START_TEST(every_counter_says_what_it_counts)
{
	for (int i = 0; i < INTAKE_STAT_COUNT; i++)
		ck_assert(strlen(intake_stat_desc[i].help) > 10 &&
			  isupper((unsigned char)intake_stat_desc[i].name[0]));
	for (int i = 0; i < OUTPUT_STAT_COUNT; i++)
		ck_assert(strlen(output_stat_desc[i].help) > 10 &&
			  strlen(output_stat_desc[i].unit) > 3);
	for (int i = 0; i < BACKEND_STAT_COUNT; i++)
		ck_assert(strlen(backend_stat_desc[i].help) > 10 &&
			  strlen(backend_stat_desc[i].unit) > 3);
	for (int i = 0; i < POOL_STAT_COUNT; i++)
		ck_assert(strlen(pool_stat_desc[i].help) > 10 &&
			  strlen(pool_stat_desc[i].unit) > 3);
}
END_TEST

START_TEST(the_machines_clock_moves_forward)
{
	uint64_t mono = clock_mono_ns(&clock_system);

	ck_assert_uint_ge(clock_mono_ns(&clock_system), mono);
	ck_assert_uint_gt(clock_real_ns(&clock_system), 1700000000 * NS_PER_S);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("stat");

	tcase_add_test(t, shards_add_up_whatever_threads_do);
	tcase_add_test(t, shared_counters_add_up_too);
	tcase_add_test(t, shards_share_no_cache_line);
	tcase_add_test(t, every_counter_says_what_it_counts);
	tcase_add_test(t, the_machines_clock_moves_forward);
	return suite_run("stat", t);
}
