#include "base/histogram.h"

#include "base/clock.h"
#include "lib/suite.h"
#include "sync/thread.h"

static struct histogram h;
static struct histogram_reading r;

START_TEST(a_bound_belongs_to_the_bucket_below_it)
{
	histogram_init(&h, &histogram_count);
	histogram_add(&h, 0);
	histogram_add(&h, 1);
	histogram_add(&h, 3);
	histogram_add(&h, 5);
	histogram_add(&h, 6);
	histogram_read(&h, &r);
	ck_assert_uint_eq(r.bucket[0], 2); /* up to 1 */
	ck_assert_uint_eq(r.bucket[1], 0); /* up to 2 */
	ck_assert_uint_eq(r.bucket[2], 2); /* up to 5 */
	ck_assert_uint_eq(r.bucket[3], 1); /* up to 10 */
	ck_assert_uint_eq(r.count, 5);
	ck_assert_uint_eq(r.sum, 15);
}
END_TEST

START_TEST(what_is_above_every_bound_has_a_bucket)
{
	histogram_init(&h, &histogram_time);
	histogram_add(&h, 3600 * NS_PER_S);
	histogram_read(&h, &r);
	ck_assert_uint_eq(r.bucket[histogram_time.n], 1);
	ck_assert_uint_eq(histogram_quantile(&r, 0.5), 60 * NS_PER_S);
	ck_assert_uint_eq(histogram_limit(&r), 60 * NS_PER_S);
}
END_TEST

START_TEST(the_delays_of_an_outage_are_told_apart)
{
	histogram_init(&h, &histogram_delay);
	histogram_add_n(&h, 76 * NS_PER_S, 99);
	histogram_add_n(&h, 86400 * NS_PER_S, 900);
	histogram_add(&h, 86401 * NS_PER_S);
	histogram_read(&h, &r);
	ck_assert_uint_gt(histogram_quantile(&r, 0.05), 60 * NS_PER_S);
	ck_assert_uint_lt(histogram_quantile(&r, 0.05), 300 * NS_PER_S);
	ck_assert_uint_gt(histogram_quantile(&r, 0.5), 21600 * NS_PER_S);
	ck_assert_uint_lt(histogram_quantile(&r, 0.99), histogram_limit(&r));
	ck_assert_uint_eq(histogram_quantile(&r, 1), histogram_limit(&r));
	ck_assert_uint_eq(histogram_limit(&r), 86400 * NS_PER_S);
}
END_TEST

START_TEST(bounds_ascend)
{
	static const struct histogram_scale *const all[] = { &histogram_time,
		&histogram_delay, &histogram_age, &histogram_count };
	const struct histogram_scale *s = all[_i];

	ck_assert_uint_gt(s->n, 0);
	ck_assert_uint_le(s->n, HISTOGRAM_BOUNDS_MAX);
	for (unsigned i = 1; i < s->n; i++)
		ck_assert_uint_gt(s->bound[i], s->bound[i - 1]);
	for (unsigned i = s->n; i < HISTOGRAM_BOUNDS_MAX; i++)
		ck_assert_uint_eq(s->bound[i], 0);
}
END_TEST

START_TEST(a_quantile_lies_in_its_bucket)
{
	histogram_init(&h, &histogram_time);
	histogram_read(&h, &r);
	ck_assert_uint_eq(histogram_quantile(&r, 0.99), 0);
	histogram_add_n(&h, 80 * NS_PER_US, 90); /* bucket (50, 100] */
	histogram_add_n(&h, 8 * NS_PER_MS, 10);  /* bucket (5, 10] */
	histogram_read(&h, &r);
	ck_assert_uint_eq(histogram_quantile(&r, 0.45), 75 * NS_PER_US);
	ck_assert_uint_eq(histogram_quantile(&r, 0.9), 100 * NS_PER_US);
	ck_assert_uint_eq(histogram_quantile(&r, 0.95), 7500 * NS_PER_US);
	ck_assert_uint_eq(histogram_quantile(&r, 1), 10 * NS_PER_MS);
}
END_TEST

START_TEST(readings_are_subtracted)
{
	struct histogram_reading before;

	histogram_init(&h, &histogram_count);
	histogram_add_n(&h, 1, 100);
	histogram_read(&h, &before);
	histogram_add_n(&h, 7, 3);
	histogram_read(&h, &r);
	histogram_since(&r, &before);
	ck_assert_uint_eq(r.count, 3);
	ck_assert_uint_eq(r.sum, 21);
	ck_assert_uint_eq(r.bucket[0], 0);
	ck_assert_uint_eq(r.bucket[3], 3);
}
END_TEST

static void add_many(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < 100000; i++)
		histogram_add(&h, i % 10);
}

START_TEST(threads_lose_no_value)
{
	struct thread t[4];

	histogram_init(&h, &histogram_count);
	for (unsigned i = 0; i < COUNT(t); i++)
		ck_assert_int_eq(thread_start(&t[i], "add", add_many, NULL), 0);
	for (unsigned i = 0; i < COUNT(t); i++)
		thread_join(&t[i]);
	histogram_read(&h, &r);
	ck_assert_uint_eq(r.count, 400000);
	ck_assert_uint_eq(r.sum, 4 * 10000 * 45);
	ck_assert_uint_eq(r.bucket[0], 80000);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("histogram");

	tcase_add_test(t, a_bound_belongs_to_the_bucket_below_it);
	tcase_add_test(t, what_is_above_every_bound_has_a_bucket);
	tcase_add_test(t, the_delays_of_an_outage_are_told_apart);
	tcase_add_loop_test(t, bounds_ascend, 0, 4);
	tcase_add_test(t, a_quantile_lies_in_its_bucket);
	tcase_add_test(t, readings_are_subtracted);
	tcase_add_test(t, threads_lose_no_value);
	return suite_run("histogram", t);
}
