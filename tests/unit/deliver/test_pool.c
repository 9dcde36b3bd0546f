#include "deliver/pool.h"

#include <errno.h>
#include <string.h>

#include "lib/fake_clock.h"
#include "lib/suite.h"
#include "sync/thread.h"

/* A connection is one of these; which one it is says its place. */
static struct connection {
	bool open, broken;
} connections[64];

static struct fake {
	unsigned opened, looked_at, closed;
	int fails; /* open() answers so */
} fake;

static struct fake_clock fake_time;
static struct pool_settings set;
static struct pool *pool;
static struct pool_stats stats;
static struct pool_lease lease[8];
static const struct pool_holder me = { "test", 7 };
static const struct pool_use fresh = { .connects = 1, .connect_ns = 3000 };
static const struct pool_use again = { 0 };
static const struct pool_use failed = { .closed = true };

static int fake_open(
	void *context, void *agent, struct pool_use *use, void **conn)
{
	ck_assert_ptr_eq(context, &fake);
	if (fake.fails != 0)
		return fake.fails;
	if (agent != NULL)
		*use = fresh;
	connections[fake.opened].open = true;
	*conn = &connections[fake.opened++];
	return 0;
}

static bool fake_validate(void *context, void *conn)
{
	ck_assert_ptr_eq(context, &fake);
	fake.looked_at++;
	return !((struct connection *)conn)->broken;
}

static void fake_close(void *context, void *conn)
{
	struct connection *c = conn;

	ck_assert_ptr_eq(context, &fake);
	ck_assert(c->open);
	c->open = false;
	fake.closed++;
}

static const struct pool_kind kind = { fake_open, fake_validate, fake_close };

static void setup(void)
{
	set = (struct pool_settings){
		.enabled = true,
		.max_active = 8,
		.max_idle = 4,
		.idle_timeout_ns = 300 * NS_PER_S,
		.max_lifetime_ns = 3600 * NS_PER_S,
		.validate_after_ns = 2 * NS_PER_S,
		.leak_after_ns = 60 * NS_PER_S,
		.retry_interval_ns = 5 * NS_PER_S,
		.max_retries = 3,
	};
	fake_clock_init(&fake_time);
}

static void start(void)
{
	ck_assert_int_eq(pool_new(&pool, &set, &kind, &fake, &fake_time.clock,
				 "output=test"),
		0);
}

static void teardown(void)
{
	pool = pool_free(pool);
	ck_assert_uint_eq(fake.opened, fake.closed);
}

static void take(unsigned i)
{
	ck_assert_int_eq(pool_lease(pool, me, NULL, &lease[i]), 0);
	ck_assert(((struct connection *)lease[i].conn)->open);
}

static void give(unsigned i, const struct pool_use *use)
{
	pool_release(pool, &lease[i], use);
	ck_assert_ptr_null(lease[i].conn);
}

/* n idle connections, given back in order: n - 1 is the newest. */
static void fill(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		take(i);
	for (unsigned i = 0; i < n; i++)
		give(i, &fresh);
}

static uint64_t count(enum pool_stat id)
{
	pool_stats_read(pool, &stats);
	return stats.count[id];
}

static void pass(unsigned seconds)
{
	fake_clock_advance(&fake_time, seconds * NS_PER_S);
}

START_TEST(what_was_given_back_last_is_lent_first)
{
	start();
	fill(3);
	take(0);
	ck_assert_ptr_eq(lease[0].conn, &connections[2]);
	take(1);
	ck_assert_ptr_eq(lease[1].conn, &connections[1]);
	give(0, &again);
	take(2);
	ck_assert_ptr_eq(lease[2].conn, &connections[2]);
	give(1, &again);
	give(2, &again);
	ck_assert_uint_eq(count(POOL_CREATED), 3);
	ck_assert_uint_eq(count(POOL_REUSED), 3);
	ck_assert(pool_reuse_rate(&stats) == 0.5);
	ck_assert_uint_eq(stats.connecting.count, 3);
	ck_assert_uint_eq(stats.connecting.sum, 9000);
	ck_assert_uint_eq(stats.idle, 3);
	ck_assert_uint_eq(stats.active, 0);
}
END_TEST

START_TEST(no_more_are_open_than_max_active)
{
	set.max_active = 2;
	set.max_idle = 2;
	start();
	take(0);
	take(1);
	ck_assert_int_eq(
		pool_lease(pool, me, NULL, &lease[2]), POOL_E_EXHAUSTED);
	ck_assert_uint_eq(count(POOL_EXHAUSTED), 1);
	ck_assert_uint_eq(stats.count[POOL_WAITS], 1);
	ck_assert_uint_eq(stats.waits.count, 1);
	ck_assert_uint_eq(stats.active, 2);
	give(0, &fresh);
	take(2);
	ck_assert_ptr_eq(lease[2].conn, &connections[0]);
	give(1, &failed);
	take(1);
	give(1, &fresh);
	give(2, &again);
	ck_assert_uint_eq(fake.opened, 3);
}
END_TEST

static void give_later(void *arg)
{
	(void)arg;
	while (count(POOL_WAITS) == 0)
		;
	give(0, &fresh);
}

START_TEST(who_waits_gets_what_is_given_back)
{
	struct thread t;

	set.max_active = 1;
	set.checkout_timeout_ns = 5 * NS_PER_S; /* of a clock that stands */
	start();
	take(0);
	ck_assert_int_eq(thread_start(&t, "give", give_later, NULL), 0);
	take(1);
	thread_join(&t);
	ck_assert_ptr_eq(lease[1].conn, &connections[0]);
	give(1, &again);
	ck_assert_uint_eq(count(POOL_EXHAUSTED), 0);
	ck_assert_uint_eq(stats.waits.count, 1);
}
END_TEST

/* 0: now, 1: as before a reload or at the end */
START_TEST(a_stop_ends_the_wait)
{
	struct stop stop;

	set.max_active = 1;
	set.checkout_timeout_ns = 5 * NS_PER_S;
	start();
	ck_assert_int_eq(stop_init(&stop), 0);
	take(0);
	if (_i == 0)
		stop_now(&stop);
	else
		stop_drain(&stop, UINT64_MAX);
	ck_assert_int_eq(
		pool_lease(pool, me, &stop, &lease[1]), POOL_E_STOPPED);
	ck_assert_uint_eq(count(POOL_EXHAUSTED), 0);
	give(0, &fresh);
	stop_deinit(&stop);
}
END_TEST

START_TEST(more_than_max_idle_are_closed)
{
	set.max_idle = 2;
	start();
	fill(5);
	ck_assert_uint_eq(count(POOL_CLOSED_SURPLUS), 3);
	ck_assert_uint_eq(stats.idle, 2);
	ck_assert_uint_eq(fake.closed, 3);
}
END_TEST

START_TEST(without_a_pool_each_use_has_its_own)
{
	set.enabled = false;
	set.min_idle = 1;
	start();
	for (unsigned i = 0; i < 3; i++) {
		take(0);
		give(0, &fresh);
		ck_assert_uint_eq(fake.closed, i + 1);
	}
	pool_tend(pool);
	pool_warm(pool, &fake);
	ck_assert_uint_eq(count(POOL_CLOSED_UNPOOLED), 3);
	ck_assert_uint_eq(stats.count[POOL_CREATED], 3);
	ck_assert(pool_reuse_rate(&stats) == 0);
}
END_TEST

START_TEST(what_was_idle_for_a_while_is_looked_at_first)
{
	start();
	fill(2);
	pass(1);
	take(0);
	ck_assert_uint_eq(fake.looked_at, 0);
	give(0, &again);
	pass(2);
	take(0);
	ck_assert_uint_eq(fake.looked_at, 1);
	give(0, &again);
	connections[0].broken = true;
	connections[1].broken = true;
	pass(2);
	take(0);
	ck_assert_ptr_eq(lease[0].conn, &connections[2]);
	give(0, &fresh);
	ck_assert_uint_eq(count(POOL_CLOSED_INVALID), 2);
	ck_assert_uint_eq(stats.ages.count, 2);
}
END_TEST

START_TEST(tending_closes_what_is_broken)
{
	start();
	fill(3);
	connections[1].broken = true;
	pool_tend(pool);
	ck_assert_uint_eq(count(POOL_CLOSED_INVALID), 1);
	ck_assert_uint_eq(stats.idle, 2);
	take(0);
	take(1);
	take(2); /* the place that came free */
	ck_assert_ptr_eq(lease[0].conn, &connections[2]);
	ck_assert_ptr_eq(lease[1].conn, &connections[0]);
	ck_assert_ptr_eq(lease[2].conn, &connections[3]);
	for (unsigned i = 0; i < 3; i++)
		give(i, &again);
}
END_TEST

START_TEST(the_idle_are_closed_in_time_down_to_min_idle)
{
	set.min_idle = 1;
	start();
	fill(4);
	pass(299);
	pool_tend(pool);
	ck_assert_uint_eq(count(POOL_CLOSED_IDLE), 0);
	take(0);
	give(0, &again);
	pass(1);
	pool_tend(pool);
	ck_assert_uint_eq(count(POOL_CLOSED_IDLE), 3);
	ck_assert_uint_eq(stats.idle, 1);
	ck_assert_uint_eq(stats.ages.count, 3);
	take(0); /* the one that was used is left */
	ck_assert_ptr_eq(lease[0].conn, &connections[3]);
	give(0, &again);
	pass(1000);
	pool_tend(pool);
	ck_assert_uint_eq(count(POOL_CLOSED_IDLE), 3);
}
END_TEST

START_TEST(no_connection_is_older_than_max_lifetime)
{
	unsigned closed = 0, ticks = 0;

	set.max_active = set.max_idle = 64;
	set.idle_timeout_ns = 0;
	start();
	for (unsigned i = 0; i < 32; i++) {
		struct pool_lease l[1];

		for (unsigned j = 0; j < i % 8; j++)
			take(j);
		ck_assert_int_eq(pool_lease(pool, me, NULL, l), 0);
		fake_clock_advance(&fake_time, 1000003);
		for (unsigned j = 0; j < i % 8; j++)
			give(j, &again);
		pool_release(pool, l, i < 8 ? &fresh : &again);
	}
	pass(3600 / 5 * 4 - 1);
	pool_tend(pool);
	ck_assert_uint_eq(fake.closed, 0);
	/* they do not end together, and all end in time */
	for (unsigned i = 0; i < 73; i++) {
		pass(10);
		pool_tend(pool);
		ticks += fake.closed != closed;
		closed = fake.closed;
	}
	ck_assert_uint_gt(ticks, 2);
	ck_assert_uint_eq(count(POOL_CLOSED_LIFETIME), closed);
	ck_assert_uint_eq(stats.idle, 0);
}
END_TEST

START_TEST(age_is_looked_at_when_leasing_and_when_given_back)
{
	start();
	fill(1);
	pass(3601);
	take(0);
	ck_assert_ptr_eq(lease[0].conn, &connections[1]);
	give(0, &fresh);
	take(0);
	pass(3601);
	give(0, &again);
	ck_assert_uint_eq(count(POOL_CLOSED_LIFETIME), 2);
	ck_assert_uint_eq(stats.idle, 0);
}
END_TEST

START_TEST(min_idle_are_opened_ahead_of_need)
{
	set.min_idle = 3;
	start();
	pool_tend(pool);
	ck_assert_uint_eq(fake.opened, 0);
	pool_tend(pool);
	pool_warm(pool, &fake);
	pool_tend(pool);
	pool_warm(pool, &fake);
	ck_assert_uint_eq(fake.opened, 3);
	ck_assert_uint_eq(count(POOL_CREATED), 3);
	take(0);
	give(0, &again);
	ck_assert_uint_eq(count(POOL_REUSED), 1);
}
END_TEST

START_TEST(opening_ahead_pauses_and_gives_up)
{
	set.min_idle = 1;
	start();
	fake.fails = -ECONNREFUSED;
	for (unsigned second = 0; second < 100; second++) {
		pool_tend(pool);
		pool_warm(pool, &fake);
		pass(1);
	}
	/* the first try and max_retries more, retry_interval apart */
	ck_assert_uint_eq(count(POOL_OPEN_FAILED), 4);
	fake.fails = 0;
	pool_tend(pool);
	pool_warm(pool, &fake);
	ck_assert_uint_eq(fake.opened, 0);
	/* somebody's lease finds out that it works again */
	take(0);
	take(1);
	give(0, &fresh);
	take(2);
	pool_tend(pool);
	pool_warm(pool, &fake);
	ck_assert_uint_eq(fake.opened, 3);
	give(1, &fresh);
	give(2, &again);
}
END_TEST

START_TEST(a_lease_that_cannot_be_opened_takes_no_place)
{
	set.max_active = 1;
	start();
	fake.fails = -ENOMEM;
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(
			pool_lease(pool, me, NULL, &lease[0]), -ENOMEM);
	fake.fails = 0;
	take(0);
	ck_assert_uint_eq(count(POOL_OPEN_FAILED), 3);
	/* nor one whose use could not connect */
	give(0, &failed);
	ck_assert_uint_eq(count(POOL_OPEN_FAILED), 4);
	ck_assert_uint_eq(stats.count[POOL_CLOSED_FAILED], 0);
	ck_assert_uint_eq(stats.count[POOL_CREATED], 0);
}
END_TEST

START_TEST(every_end_has_its_counter)
{
	const struct pool_use by_peer = { .closed = true, .by_peer = true };
	const struct pool_use anew = { .connects = 1, .connect_ns = 1 };

	start();
	fill(1);
	take(0);
	give(0, &failed);
	ck_assert_uint_eq(count(POOL_CLOSED_FAILED), 1);
	fill(1);
	take(0);
	give(0, &by_peer);
	ck_assert_uint_eq(count(POOL_CLOSED_PEER), 1);
	/* it was open, and had to be opened again */
	fill(1);
	take(0);
	give(0, &anew);
	ck_assert_uint_eq(count(POOL_CLOSED_PEER), 2);
	ck_assert_uint_eq(stats.count[POOL_CREATED], 4);
	ck_assert_uint_eq(stats.count[POOL_REUSED], 2);
	ck_assert_uint_eq(stats.ages.count, 3);
	ck_assert_uint_eq(stats.idle, 1);
}
END_TEST

START_TEST(a_lease_held_too_long_is_told_once)
{
	start();
	take(0);
	pass(59);
	pool_tend(pool);
	ck_assert_uint_eq(count(POOL_LEAKS), 0);
	pass(1);
	pool_tend(pool);
	pool_tend(pool);
	ck_assert_uint_eq(count(POOL_LEAKS), 1);
	give(0, &fresh);
	take(0);
	pass(60);
	pool_tend(pool);
	ck_assert_uint_eq(count(POOL_LEAKS), 2);
	give(0, &again);
	pass(61);
	pool_tend(pool);
	ck_assert_uint_eq(count(POOL_LEAKS), 2);
}
END_TEST

START_TEST(places_that_tending_freed_are_found_again)
{
	set.max_active = 4;
	set.min_idle = 2;
	start();
	for (unsigned round = 0; round < 5; round++) {
		fill(4);
		pass(3601); /* all are too old: gone, and two are new */
		pool_tend(pool);
		pool_warm(pool, &fake);
		pool_stats_read(pool, &stats);
		ck_assert_uint_eq(stats.idle, 2);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("pool");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_given_back_last_is_lent_first);
	tcase_add_test(t, no_more_are_open_than_max_active);
	tcase_add_test(t, who_waits_gets_what_is_given_back);
	tcase_add_loop_test(t, a_stop_ends_the_wait, 0, 2);
	tcase_add_test(t, more_than_max_idle_are_closed);
	tcase_add_test(t, without_a_pool_each_use_has_its_own);
	tcase_add_test(t, what_was_idle_for_a_while_is_looked_at_first);
	tcase_add_test(t, tending_closes_what_is_broken);
	tcase_add_test(t, the_idle_are_closed_in_time_down_to_min_idle);
	tcase_add_test(t, no_connection_is_older_than_max_lifetime);
	tcase_add_test(t, age_is_looked_at_when_leasing_and_when_given_back);
	tcase_add_test(t, min_idle_are_opened_ahead_of_need);
	tcase_add_test(t, opening_ahead_pauses_and_gives_up);
	tcase_add_test(t, a_lease_that_cannot_be_opened_takes_no_place);
	tcase_add_test(t, every_end_has_its_counter);
	tcase_add_test(t, a_lease_held_too_long_is_told_once);
	tcase_add_test(t, places_that_tending_freed_are_found_again);
	return suite_run("pool", t);
}
