#include "sync/stop.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "lib/suite.h"
#include "sync/rcu.h"
#include "sync/thread.h"

static uint64_t in_ms(uint64_t ms)
{
	return clock_mono_ns(&clock_system) + ms * NS_PER_MS;
}

START_TEST(a_pause_without_a_stop_lasts_its_time)
{
	uint64_t until = in_ms(30);
	struct stop s;

	ck_assert_int_eq(stop_init(&s), 0);
	ck_assert(!stop_pause(&s, stop_is_draining(&s), until));
	ck_assert_uint_ge(clock_mono_ns(&clock_system), until);
	stop_deinit(&s);
}
END_TEST

struct pauser {
	struct stop *stop;
	struct thread thread;
	bool over;
	uint64_t ended_ns;
};

static void pause_long(void *arg)
{
	struct pauser *p = arg;

	p->over = stop_pause(p->stop, false, in_ms(60000));
	p->ended_ns = clock_mono_ns(&clock_system);
}

START_TEST(draining_ends_a_pause_but_is_not_the_end)
{
	const struct timespec a_moment = { .tv_nsec = 20000000 };
	struct stop s;

	ck_assert_int_eq(stop_init(&s), 0);
	struct pauser p = { .stop = &s };
	ck_assert_int_eq(thread_start(&p.thread, "pause", pause_long, &p), 0);
	nanosleep(&a_moment, NULL);
	stop_drain(&s, in_ms(30000));
	thread_join(&p.thread);
	ck_assert(!p.over);
	ck_assert(stop_is_draining(&s));
	ck_assert(!stop_is_over(&s));
	stop_deinit(&s);
}
END_TEST

START_TEST(a_pause_while_draining_lasts_to_the_deadline_at_most)
{
	struct stop s;

	ck_assert_int_eq(stop_init(&s), 0);
	stop_drain(&s, in_ms(1000));
	ck_assert(!stop_pause(&s, stop_is_draining(&s), in_ms(5)));
	ck_assert(stop_pause(&s, stop_is_draining(&s), in_ms(60000)));
	stop_deinit(&s);
}
END_TEST

START_TEST(a_drain_just_before_the_pause_is_not_slept_through)
{
	uint64_t begun = clock_mono_ns(&clock_system);
	struct stop s;

	ck_assert_int_eq(stop_init(&s), 0);
	bool draining = stop_is_draining(&s);

	stop_drain(&s, begun + 60 * NS_PER_S);
	ck_assert(!stop_pause(&s, draining, begun + 60 * NS_PER_S));
	ck_assert(!stop_is_over(&s));
	stop_deinit(&s);
}
END_TEST

START_TEST(now_ends_every_pause)
{
	struct stop s;

	ck_assert_int_eq(stop_init(&s), 0);
	stop_now(&s);
	ck_assert(stop_pause(&s, stop_is_draining(&s), in_ms(60000)));
	ck_assert(stop_is_over(&s));
	stop_deinit(&s);
}
END_TEST

static void tell_name(void *arg)
{
	pthread_getname_np(pthread_self(), arg, 16);
}

START_TEST(a_thread_has_its_name_and_is_joined_once)
{
	struct thread t = THREAD_NULL;
	char name[16] = "";

	thread_join(&t); /* never started: nothing to wait for */
	ck_assert_int_eq(
		thread_start(&t, "a-name-much-too-long", tell_name, name), 0);
	thread_join(&t);
	thread_join(&t);
	ck_assert_str_eq(name, "a-name-much-too");
}
END_TEST

struct shared {
	int value;
	struct rcu_head rcu;
};

static struct shared *shared;
static _Atomic bool reading_done;

static void read_shared(void *arg)
{
	(void)arg;
	while (!atomic_load(&reading_done)) {
		rcu_reading_start();
		rcu_assert_reading();
		struct shared *s = rcu_get(shared);
		ck_assert_int_eq(s->value, 42);
		rcu_reading_end();
	}
}

static void free_shared(struct rcu_head *head)
{
	struct shared *s = caa_container_of(head, struct shared, rcu);

	rcu_grace_passed();
	s->value = 0; /* a reader that still saw it would fail */
	free(s);
}

static struct shared *shared_new(void)
{
	struct shared *s = malloc(sizeof(*s));

	s->value = 42;
	return s;
}

START_TEST(a_reader_never_sees_what_was_freed)
{
	struct thread t[2];

	shared = shared_new();
	for (int i = 0; i < 2; i++)
		thread_start(&t[i], "reader", read_shared, NULL);
	for (int i = 0; i < 2000; i++) {
		struct shared *next = shared_new(), *old = shared;

		rcu_publish(shared, next);
		rcu_retire(&old->rcu, free_shared);
	}
	atomic_store(&reading_done, true);
	for (int i = 0; i < 2; i++)
		thread_join(&t[i]);
	rcu_barrier();
	free(shared);
}
END_TEST

static void nudge(void *arg)
{
	while (atomic_load(&((struct stop *)arg)->waiters) == 0)
		sched_yield();
	stop_nudge(arg);
}

START_TEST(a_nudge_ends_a_wait_that_awaits_one)
{
	struct thread t = THREAD_NULL;
	struct stop s;
	unsigned seen;

	ck_assert_int_eq(stop_init(&s), 0);
	stop_nudge(&s); /* nobody waits: nothing to do */
	ck_assert_uint_eq(s.nudges, 0);
	seen = atomic_load(&s.nudges);
	ck_assert_int_eq(thread_start(&t, "nudge", nudge, &s), 0);
	atomic_fetch_add(&s.waiters, 1);
	ck_assert(!stop_await(&s, false, seen, UINT64_MAX));
	thread_join(&t);
	/* one that came before the wait is not missed */
	ck_assert(!stop_await(&s, false, seen, UINT64_MAX));
	atomic_fetch_sub(&s.waiters, 1);
	stop_deinit(&s);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("stop");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_pause_without_a_stop_lasts_its_time);
	tcase_add_test(t, draining_ends_a_pause_but_is_not_the_end);
	tcase_add_test(t, a_pause_while_draining_lasts_to_the_deadline_at_most);
	tcase_add_test(t, a_drain_just_before_the_pause_is_not_slept_through);
	tcase_add_test(t, now_ends_every_pause);
	tcase_add_test(t, a_thread_has_its_name_and_is_joined_once);
	tcase_add_test(t, a_reader_never_sees_what_was_freed);
	tcase_add_test(t, a_nudge_ends_a_wait_that_awaits_one);
	return suite_run("stop", t);
}
