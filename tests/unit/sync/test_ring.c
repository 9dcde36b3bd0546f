#include "sync/ring.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "lib/suite.h"
#include "sync/thread.h"

enum { PRODUCERS = 2, CONSUMERS = 2, ITEMS = 20000 };

START_TEST(a_ring_holds_at_least_what_was_asked_for)
{
	struct ring r;
	int items[64];

	ck_assert_int_eq(ring_init(&r, (size_t)_i), 0);
	for (int i = 0; i < _i; i++)
		ck_assert(ring_push(&r, &items[i]));
	ck_assert_uint_eq(ring_len(&r), (size_t)_i);
	for (int i = 0; i < _i; i++)
		ck_assert_ptr_eq(ring_try_pop(&r), &items[i]);
	ck_assert_ptr_null(ring_try_pop(&r));
	ring_deinit(&r);
}
END_TEST

START_TEST(a_full_ring_leaves_the_item_with_the_caller)
{
	struct ring r;
	int items[8];
	int n = 0;

	ck_assert_int_eq(ring_init(&r, 3), 0);
	while (ring_push(&r, &items[n]))
		n++;
	ck_assert_int_eq(n, 3);
	ck_assert_ptr_eq(ring_try_pop(&r), &items[0]);
	ck_assert(ring_push(&r, &items[n]));
	ring_deinit(&r);
}
END_TEST

START_TEST(what_is_put_back_is_the_next_again)
{
	struct ring r;
	int items[4];
	void *item;

	ck_assert_int_eq(ring_init(&r, 4), 0);
	for (int i = 0; i < 4; i++)
		ck_assert(ring_push(&r, &items[i]));
	ck_assert_ptr_eq(ring_try_pop(&r), &items[0]);
	ck_assert_uint_eq(ring_len(&r), 3);
	ck_assert(ring_put_back(&r, &items[0]));
	ck_assert_uint_eq(ring_len(&r), 4);
	ck_assert_ptr_eq(ring_try_pop(&r), &items[0]);
	ck_assert_ptr_eq(ring_try_pop(&r), &items[1]);
	/* two consumers at once */
	ck_assert(ring_put_back(&r, &items[1]));
	ck_assert(ring_put_back(&r, &items[0]));
	ring_close(&r);
	for (int i = 1; i <= 4; i++) {
		ck_assert_uint_eq(ring_len(&r), 5 - (size_t)i);
		ck_assert_int_eq(ring_pop(&r, 0, &item), 0);
		ck_assert_ptr_eq(item, &items[i % 4]);
	}
	ck_assert_int_eq(ring_pop(&r, 0, &item), RING_E_CLOSED);
	ring_deinit(&r);
}
END_TEST

START_TEST(waiting_ends_at_the_deadline)
{
	uint64_t start = clock_mono_ns(&clock_system);
	struct ring r;
	void *item;

	ck_assert_int_eq(ring_init(&r, 1), 0);
	ck_assert_int_eq(ring_pop(&r, 0, &item), RING_E_EMPTY);
	ck_assert_int_eq(
		ring_pop(&r, start + 30 * NS_PER_MS, &item), RING_E_EMPTY);
	ck_assert_uint_ge(clock_mono_ns(&clock_system), start + 30 * NS_PER_MS);
	ring_deinit(&r);
}
END_TEST

struct consumer {
	struct ring *ring;
	struct thread thread;
	uint64_t sum;
	int result;
};

static void consume(void *arg)
{
	struct consumer *c = arg;
	void *item;

	while ((c->result = ring_pop(c->ring, UINT64_MAX, &item)) == 0)
		c->sum += *(uint32_t *)item;
}

START_TEST(closing_wakes_a_sleeper_after_the_last_item)
{
	const struct timespec a_moment = { .tv_nsec = 20000000 };
	uint32_t five = 5;
	struct ring r;

	ck_assert_int_eq(ring_init(&r, 4), 0);
	struct consumer c = { .ring = &r };
	ck_assert_int_eq(thread_start(&c.thread, "consume", consume, &c), 0);
	nanosleep(&a_moment, NULL);
	ck_assert(ring_push(&r, &five));
	ring_close(&r);
	thread_join(&c.thread);
	ck_assert_int_eq(c.result, RING_E_CLOSED);
	ck_assert_uint_eq(c.sum, 5);
	ring_deinit(&r);
}
END_TEST

struct producer {
	struct ring *ring;
	struct thread thread;
	uint32_t *items;
};

static void produce(void *arg)
{
	struct producer *p = arg;

	for (int i = 0; i < ITEMS; i++) {
		p->items[i] = (uint32_t)i; /* seen by whoever pops it */
		while (!ring_push(p->ring, &p->items[i]))
			sched_yield();
	}
}

START_TEST(many_producers_and_consumers_lose_and_double_nothing)
{
	static uint32_t items[PRODUCERS][ITEMS];
	struct producer p[PRODUCERS];
	struct consumer c[CONSUMERS];
	uint64_t sum = 0;
	struct ring r;

	ck_assert_int_eq(ring_init(&r, 15), 0);
	for (int i = 0; i < CONSUMERS; i++) {
		c[i] = (struct consumer){ .ring = &r };
		thread_start(&c[i].thread, "consume", consume, &c[i]);
	}
	for (int i = 0; i < PRODUCERS; i++) {
		p[i] = (struct producer){ .ring = &r, .items = items[i] };
		thread_start(&p[i].thread, "produce", produce, &p[i]);
	}
	for (int i = 0; i < PRODUCERS; i++)
		thread_join(&p[i].thread);
	ring_close(&r);
	for (int i = 0; i < CONSUMERS; i++) {
		thread_join(&c[i].thread);
		sum += c[i].sum;
	}
	ck_assert_uint_eq(sum, PRODUCERS * ((uint64_t)ITEMS * (ITEMS - 1) / 2));
	ring_deinit(&r);
}
END_TEST

static _Atomic bool looked;

/* There is never more than one item in it. */
static void push_and_pop(void *arg)
{
	struct ring *r = arg;
	int item;

	while (!atomic_load(&looked)) {
		ring_push(r, &item);
		ring_try_pop(r);
	}
}

START_TEST(the_length_is_never_more_than_there_was)
{
	uint64_t end = clock_mono_ns(&clock_system) + NS_PER_S;
	struct thread t;
	struct ring r;
	size_t most = 0;

	ck_assert_int_eq(ring_init(&r, 63), 0);
	ck_assert_int_eq(thread_start(&t, "push-pop", push_and_pop, &r), 0);
	/* it takes being interrupted between two reads: many tries */
	while (clock_mono_ns(&clock_system) < end)
		for (unsigned i = 0; i < 10000; i++)
			most = ring_len(&r) > 1 ? 2 : most;
	atomic_store(&looked, true);
	thread_join(&t);
	ck_assert_uint_le(most, 1);
	ring_deinit(&r);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ring");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_ring_holds_at_least_what_was_asked_for, 1, 64);
	tcase_add_test(t, a_full_ring_leaves_the_item_with_the_caller);
	tcase_add_test(t, what_is_put_back_is_the_next_again);
	tcase_add_test(t, waiting_ends_at_the_deadline);
	tcase_add_test(t, closing_wakes_a_sleeper_after_the_last_item);
	tcase_add_test(t, many_producers_and_consumers_lose_and_double_nothing);
	tcase_add_test(t, the_length_is_never_more_than_there_was);
	return suite_run("ring", t);
}
