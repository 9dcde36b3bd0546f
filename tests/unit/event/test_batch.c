#include "event/batch.h"

#include "lib/suite.h"

START_TEST(a_pool_lends_each_batch_once)
{
	struct batch_pool p;
	struct batch *b[3], *none;

	ck_assert_int_eq(batch_pool_init(&p, 3, 1000, 10), 0);
	for (int i = 0; i < 3; i++) {
		b[i] = batch_pool_get(&p);
		ck_assert_ptr_nonnull(b[i]);
		for (int j = 0; j < i; j++)
			ck_assert_ptr_ne(b[i], b[j]);
	}
	none = batch_pool_get(&p);
	ck_assert_ptr_null(none);
	for (int i = 0; i < 3; i++) {
		batch_pool_put(&p, &b[i]);
		ck_assert_ptr_null(b[i]);
	}
	ck_assert_ptr_nonnull(batch_pool_get(&p));
	batch_pool_deinit(&p);
}
END_TEST

START_TEST(what_came_back_last_is_lent_first)
{
	struct batch_pool p;
	struct batch *first, *second, *third;

	ck_assert_int_eq(batch_pool_init(&p, 10, 1000, 10), 0);
	first = batch_pool_get(&p);
	second = batch_pool_get(&p);
	ck_assert_uint_eq(batch_pool_used(&p), 2);
	third = first;
	batch_pool_put(&p, &third);
	ck_assert_uint_eq(batch_pool_used(&p), 1);
	third = batch_pool_get(&p);
	ck_assert_ptr_eq(third, first);
	batch_pool_put(&p, &second);
	batch_pool_put(&p, &third);
	ck_assert_uint_eq(batch_pool_used(&p), 0);
	/* so those that were never needed have no memory */
	for (unsigned i = 2; i < 10; i++)
		ck_assert_ptr_null(p.batches[i].data);
	batch_pool_deinit(&p);
}
END_TEST

START_TEST(two_batches_share_no_cache_line)
{
	struct batch_pool p;

	ck_assert_int_eq(batch_pool_init(&p, 2, 1000, 10), 0);
	ck_assert_uint_eq((uintptr_t)&p.batches[0] % BATCH_ALIGN, 0);
	ck_assert_uint_eq((uintptr_t)&p.batches[1] % BATCH_ALIGN, 0);
	batch_pool_deinit(&p);
}
END_TEST

START_TEST(a_batch_comes_back_empty_with_its_buffers)
{
	struct batch_pool p;
	struct batch *b;

	ck_assert_int_eq(batch_pool_init(&p, 1, 1000, 10), 0);
	b = batch_pool_get(&p);
	uint8_t *data = b->data;

	b->len = 500;
	b->events = 5;
	b->first = 5;
	b->id = 9;
	batch_pool_put(&p, &b);
	b = batch_pool_get(&p);
	ck_assert_ptr_eq(b->data, data);
	ck_assert_uint_eq(b->len, 0);
	ck_assert_uint_eq(b->events, 0);
	ck_assert_uint_eq(b->first, 0);
	batch_pool_deinit(&p);
}
END_TEST

START_TEST(held_events_are_those_not_yet_settled)
{
	struct batch_pool p;
	struct batch *b, *c;

	ck_assert_int_eq(batch_pool_init(&p, 4, 1000, 10), 0);
	ck_assert_uint_eq(batch_pool_held(&p), 0);
	b = batch_pool_get(&p);
	c = batch_pool_get(&p);
	b->events = 7;
	atomic_store(&b->held, 7);
	c->events = 2;
	atomic_store(&c->held, 2);
	ck_assert_uint_eq(batch_pool_held(&p), 9);
	batch_settle(b, 3);
	ck_assert_uint_eq(batch_left(b), 4);
	ck_assert_uint_eq(batch_pool_held(&p), 6);
	batch_settle(b, 4);
	batch_settle(c, 2);
	ck_assert_uint_eq(batch_pool_held(&p), 0);
	batch_pool_deinit(&p);
}
END_TEST

START_TEST(an_event_starts_where_the_one_before_ends)
{
	uint32_t ends[] = { 10, 25, 31 };
	struct batch b = { .ends = ends, .events = 3 };

	ck_assert_uint_eq(batch_start(&b, 0), 0);
	ck_assert_uint_eq(batch_start(&b, 1), 10);
	ck_assert_uint_eq(batch_start(&b, 2), 25);
	ck_assert_uint_eq(batch_start(&b, 3), 31);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("batch");

	tcase_add_test(t, a_pool_lends_each_batch_once);
	tcase_add_test(t, a_batch_comes_back_empty_with_its_buffers);
	tcase_add_test(t, what_came_back_last_is_lent_first);
	tcase_add_test(t, two_batches_share_no_cache_line);
	tcase_add_test(t, a_batch_comes_back_empty_with_its_buffers);
	tcase_add_test(t, held_events_are_those_not_yet_settled);
	tcase_add_test(t, an_event_starts_where_the_one_before_ends);
	return suite_run("batch", t);
}
