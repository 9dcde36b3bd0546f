#include "deliver/backend.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deliver/backend_list.h"
#include "deliver/backoff.h"
#include "lib/suite.h"

enum { N = 3, SENDERS = 4 };

static const struct remote_settings settings = {
	.breaker = { .failures = 3,
		.window = 20,
		.ratio = 50,
		.time_ns = 30 * NS_PER_S,
		.max_time_ns = 300 * NS_PER_S },
	.limiter = { .enabled = true },
};

static struct backend_list *list;
static struct backend *of[N];
static struct backoff rng;
static uint64_t now, until;

static void setup(void)
{
	struct backend_list *l;

	now = 1000 * NS_PER_S;
	ck_assert_int_eq(backend_list_new(&l, N), 0);
	for (int i = 0; i < N; i++) {
		static const char *const urls[N] = { "http://a", "http://b",
			"http://c" };
		const struct backend_settings s = { .url = urls[i],
			.enabled = true };
		char *url = strdup("http://post");

		ck_assert_int_eq(backend_new(&of[i], &url, &s, SENDERS), 0);
		ck_assert_ptr_null(url);
		backend_get(of[i]);
		backend_list_add(l, &(struct backend *){ of[i] });
	}
	backend_list_publish(&list, l);
}

static void teardown(void)
{
	backend_list_publish(&list, NULL);
	for (int i = 0; i < N; i++)
		of[i] = backend_put(of[i]);
	rcu_barrier();
}

static uint64_t random_of(void *arg)
{
	return backoff_random(arg);
}

static struct backend *pick(const struct backend *avoid, bool force)
{
	struct pick p = { .strategy = round_robin_pick,
		.avoid = avoid,
		.mono_ns = now,
		.force = force,
		.random = random_of,
		.arg = &rng };
	struct backend *b = backend_list_pick(&list, &p);

	until = p.until_ns;
	if (b != NULL)
		backend_put(b); /* the test has one of its own */
	return b;
}

static void expect_never(const struct backend *b)
{
	for (int i = 0; i < 20; i++)
		ck_assert_ptr_ne(pick(NULL, false), b);
}

static void expect_only(const struct backend *b)
{
	for (int i = 0; i < 20; i++)
		ck_assert_ptr_eq(pick(NULL, false), b);
}

static struct backend_report report(uint64_t entered_ns)
{
	return (struct backend_report){ .entered_ns = entered_ns,
		.took_ns = now - entered_ns,
		.mono_ns = now,
		.sign = LIMITER_UNKNOWN,
		.state = BACKEND_DOWN,
		.until_ns = now,
		.reason = "test" };
}

/* A request that fails a millisecond after it was sent. */
static int fail_one(struct backend *b, bool broken, uint64_t pause_ns)
{
	uint64_t entered = now;
	struct backend_report r;
	int news;

	ck_assert(backend_enter(b, now, false));
	now += NS_PER_MS;
	r = report(entered);
	r.broken = broken;
	r.until_ns = now + pause_ns;
	news = backend_fail(b, &settings, &r);
	backend_leave(b, entered);
	return news;
}

static int work_one(struct backend *b)
{
	uint64_t entered = now, down;
	struct backend_report r;
	int news;

	ck_assert(backend_enter(b, now, false));
	now += NS_PER_MS;
	r = report(entered);
	r.sign = LIMITER_GOOD;
	news = backend_work(b, &settings, &r, &down);
	backend_leave(b, entered);
	return news;
}

START_TEST(a_failed_backend_is_passed_over_until_its_time)
{
	ck_assert_int_eq(fail_one(of[1], false, NS_PER_S), BACKEND_E_NEWS);
	expect_never(of[1]);
	now += NS_PER_S;
	ck_assert_int_eq(work_one(of[1]), BACKEND_E_NEWS);
	ck_assert_int_eq(work_one(of[1]), 0);
}
END_TEST

START_TEST(the_earliest_time_is_told_when_none_is_usable)
{
	uint64_t first;

	fail_one(of[0], false, 10 * NS_PER_S);
	fail_one(of[1], false, 5 * NS_PER_S);
	first = now + 5 * NS_PER_S;
	fail_one(of[2], false, 10 * NS_PER_S);
	ck_assert_ptr_null(pick(NULL, false));
	ck_assert_uint_eq(until, first);
	ck_assert_ptr_nonnull(pick(NULL, true)); /* by force */
	now = first;
	expect_only(of[1]);
}
END_TEST

START_TEST(the_avoided_one_comes_last)
{
	for (int i = 0; i < 20; i++)
		ck_assert_ptr_ne(pick(of[0], false), of[0]);
	fail_one(of[1], false, NS_PER_S);
	fail_one(of[2], false, NS_PER_S);
	ck_assert_ptr_eq(pick(of[0], false), of[0]);
}
END_TEST

START_TEST(disabled_and_draining_get_nothing_even_by_force)
{
	atomic_store(&of[0]->disabled, true);
	atomic_store(&of[1]->draining, true);
	expect_only(of[2]);
	ck_assert(!backend_enter(of[0], now, false));
	ck_assert(!backend_enter(of[1], now, true));
	atomic_store(&of[2]->disabled, true);
	ck_assert_ptr_null(pick(NULL, true));
	ck_assert_uint_eq(until, UINT64_MAX);
}
END_TEST

START_TEST(ejected_ones_come_before_none_at_all)
{
	const struct outlier_settings s = { .time_ns = 30 * NS_PER_S,
		.max_time_ns = 300 * NS_PER_S };

	ck_assert(backend_has_part(of[0], now));
	backend_eject(of[0], &s, now);
	backend_eject(of[1], &s, now);
	ck_assert(!backend_has_part(of[0], now));
	expect_only(of[2]);
	fail_one(of[2], false, NS_PER_S);
	expect_never(of[2]);
	ck_assert(backend_has_part(of[2], now));
	ck_assert_ptr_nonnull(pick(NULL, false));
	ck_assert_uint_eq(of[0]->stats[BACKEND_EJECTIONS], 1);
}
END_TEST

START_TEST(ejections_in_a_row_last_longer_until_it_behaves)
{
	const struct outlier_settings s = { .time_ns = 30 * NS_PER_S,
		.max_time_ns = 300 * NS_PER_S };

	for (unsigned times = 1; times <= 3; times++) {
		backend_eject(of[0], &s, now);
		ck_assert_uint_eq(atomic_load(&of[0]->ejected_until_ns),
			now + times * 30 * NS_PER_S);
		now += times * 30 * NS_PER_S;
	}
	backend_behaves(of[0], now);
	backend_behaves(of[0], now);
	backend_eject(of[0], &s, now);
	ck_assert_uint_eq(
		atomic_load(&of[0]->ejected_until_ns), now + 60 * NS_PER_S);
}
END_TEST

START_TEST(a_full_backend_is_passed_over)
{
	for (int i = 0; i < SENDERS; i++)
		ck_assert(backend_enter(of[0], now, false));
	ck_assert(!backend_enter(of[0], now, false));
	expect_never(of[0]);
	backend_leave(of[0], now);
	ck_assert(backend_enter(of[0], now, false));
}
END_TEST

START_TEST(the_open_breaker_lets_one_request_find_out)
{
	struct backend_report r;
	uint64_t entered, down;

	fail_one(of[0], true, 0);
	fail_one(of[0], true, 0);
	ck_assert_int_eq(fail_one(of[0], true, 0), BACKEND_E_OPENED);
	ck_assert_uint_eq(of[0]->stats[BACKEND_BREAKER_OPENINGS], 1);
	expect_never(of[0]);
	now += 30 * NS_PER_S;
	entered = now;
	ck_assert(backend_enter(of[0], now, false));
	ck_assert(!backend_enter(of[0], now, false));
	expect_never(of[0]);
	now += NS_PER_MS;
	r = report(entered);
	ck_assert_int_eq(
		backend_work(of[0], &settings, &r, &down), BACKEND_E_NEWS);
	ck_assert_uint_ge(down, 30 * NS_PER_S);
	backend_leave(of[0], entered);
	ck_assert(backend_enter(of[0], now, false));
}
END_TEST

START_TEST(a_reply_to_an_older_request_does_not_end_a_pause)
{
	uint64_t entered = now, down;
	struct backend_report r;

	ck_assert(backend_enter(of[0], now, false));
	now += NS_PER_MS;
	fail_one(of[0], false, NS_PER_S);
	r = report(entered);
	ck_assert_int_eq(backend_work(of[0], &settings, &r, &down), 0);
	expect_never(of[0]);
}
END_TEST

START_TEST(who_is_gone_gets_nothing_at_once)
{
	struct backend_report r = report(now);

	r.gone = true;
	ck_assert_int_eq(backend_fail(of[0], &settings, &r), BACKEND_E_OPENED);
	expect_never(of[0]);
	backend_recover(of[0], now);
	ck_assert(backend_enter(of[0], now, false));
	ck_assert(!backend_enter(of[0], now, false));
}
END_TEST

START_TEST(failing_checks_take_it_out_and_good_ones_let_it_be_tried)
{
	ck_assert(backend_trip(of[0], &settings, now, "checks"));
	ck_assert(!backend_trip(of[0], &settings, now, "checks"));
	ck_assert(backend_is_unreached(of[0]));
	expect_never(of[0]);
	backend_recover(of[0], now);
	ck_assert_int_eq(work_one(of[0]), BACKEND_E_NEWS);
	ck_assert(!backend_is_unreached(of[0]));
}
END_TEST

START_TEST(asking_for_less_gets_less)
{
	struct backend_report r = report(now - 1);

	r.sign = LIMITER_TOO_MUCH;
	backend_fail(of[0], &settings, &r);
	ck_assert_uint_eq(atomic_load(&of[0]->limit), SENDERS / 2);
}
END_TEST

START_TEST(near_capacity_is_a_quarter_of_the_share_for_a_while)
{
	unsigned share = 0;

	atomic_store(&of[2]->disabled, true);
	backend_lighten(of[0], now + NS_PER_S);
	for (int i = 0; i < 1000; i++)
		share += pick(NULL, false) == of[0];
	ck_assert_uint_eq(share, 200);
	now += NS_PER_S;
	share = 0;
	for (int i = 0; i < 1000; i++)
		share += pick(NULL, false) == of[0];
	ck_assert_uint_ge(share, 490);
	ck_assert_uint_le(share, 510);
}
END_TEST

START_TEST(a_view_tells_what_there_is)
{
	struct backend_view v;

	work_one(of[0]);
	fail_one(of[0], false, NS_PER_S);
	now += NS_PER_MS;
	backend_read(of[0], now, &v);
	ck_assert_str_eq(v.url, "http://a");
	ck_assert_int_eq(v.state, BACKEND_DOWN);
	ck_assert_int_eq(v.breaker, BREAKER_CLOSED);
	ck_assert_str_eq(v.reason, "test");
	ck_assert_uint_eq(v.down_ns, NS_PER_MS);
	ck_assert_uint_eq(v.retry_in_ns, NS_PER_S - NS_PER_MS);
	ck_assert_uint_eq(v.latency.count, 1);
	ck_assert_uint_eq(v.limit, SENDERS);
	ck_assert_uint_eq(v.in_flight, 0);
	atomic_store(&of[0]->disabled, true);
	backend_read(of[0], now, &v);
	ck_assert_str_eq(backend_state_name(v.state), "disabled");
	atomic_store(&of[0]->draining, true);
	backend_read(of[0], now, &v);
	ck_assert_str_eq(backend_state_name(v.state), "drained");
	/* a request under way, then an acknowledgement awaited */
	atomic_store(&of[0]->in_flight, 1);
	backend_read(of[0], now, &v);
	ck_assert_str_eq(backend_state_name(v.state), "draining");
	atomic_store(&of[0]->in_flight, 0);
	atomic_store(&of[0]->claims, 1);
	backend_read(of[0], now, &v);
	ck_assert_str_eq(backend_state_name(v.state), "draining");
	atomic_store(&of[0]->claims, 0);
}
END_TEST

START_TEST(a_disabled_one_keeps_its_breaker_for_later)
{
	for (int i = 0; i < 3; i++)
		fail_one(of[0], true, 0);
	now += 30 * NS_PER_S;
	atomic_store(&of[0]->disabled, true); /* picked, then disabled */
	ck_assert(!backend_enter(of[0], now, false));
	atomic_store(&of[0]->disabled, false);
	ck_assert(backend_usable(of[0], now));
	ck_assert(backend_enter(of[0], now, false));
	backend_leave(of[0], now);
}
END_TEST

/* A request sent at `entered` fails now. */
static void fail_late(struct backend *b, uint64_t entered, uint64_t pause_ns)
{
	struct backend_report r = report(entered);

	r.until_ns = now + pause_ns;
	backend_fail(b, &settings, &r);
	backend_leave(b, entered);
}

START_TEST(a_request_sent_before_a_failure_ends_no_pause)
{
	uint64_t entered = now, said;

	ck_assert(backend_enter(of[1], entered, false));
	ck_assert(backend_enter(of[1], entered, false));
	now += NS_PER_MS;
	fail_one(of[1], false, 20 * NS_PER_S); /* Retry-After, say */
	said = now + 20 * NS_PER_S;
	now += NS_PER_MS;
	fail_late(of[1], entered, NS_PER_MS);
	ck_assert_uint_eq(of[1]->pause_until_ns, said);
	now += NS_PER_MS;
	fail_late(of[1], entered, 60 * NS_PER_S); /* it may add to it */
	ck_assert_uint_eq(of[1]->pause_until_ns, now + 60 * NS_PER_S);
	expect_never(of[1]);
	now += 60 * NS_PER_S;
	fail_one(of[1], false, NS_PER_S); /* news */
	ck_assert_uint_eq(of[1]->pause_until_ns, now + NS_PER_S);
}
END_TEST

START_TEST(a_request_sent_before_a_hold_does_not_end_it)
{
	uint64_t entered = now, held;
	struct backend_report r;

	ck_assert(backend_enter(of[1], entered, false));
	now += NS_PER_MS;
	ck_assert(backend_enter(of[1], now, false));
	r = report(now);
	r.state = BACKEND_HELD;
	r.until_ns = held = now + 30 * NS_PER_S;
	r.reason = "refused";
	backend_fail(of[1], &settings, &r);
	backend_leave(of[1], now);
	now += NS_PER_MS;
	fail_late(of[1], entered, NS_PER_MS);
	ck_assert_int_eq(of[1]->state, BACKEND_HELD);
	ck_assert_str_eq(of[1]->reason, "refused");
	ck_assert_uint_eq(of[1]->pause_until_ns, held);
	now = held;
	fail_one(of[1], false, NS_PER_S);
	ck_assert_int_eq(of[1]->state, BACKEND_DOWN);
}
END_TEST

START_TEST(one_that_is_up_may_ask_for_a_pause)
{
	ck_assert_int_eq(work_one(of[1]), 0);
	backend_pause(of[1], now + 15 * NS_PER_S);
	backend_pause(of[1], now + NS_PER_S); /* the longer one */
	ck_assert_int_eq(of[1]->state, BACKEND_UP);
	expect_never(of[1]);
	now += 15 * NS_PER_S - 1;
	expect_never(of[1]);
	now++;
	ck_assert(backend_usable(of[1], now));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("backend");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_failed_backend_is_passed_over_until_its_time);
	tcase_add_test(t, the_earliest_time_is_told_when_none_is_usable);
	tcase_add_test(t, the_avoided_one_comes_last);
	tcase_add_test(t, disabled_and_draining_get_nothing_even_by_force);
	tcase_add_test(t, ejected_ones_come_before_none_at_all);
	tcase_add_test(t, ejections_in_a_row_last_longer_until_it_behaves);
	tcase_add_test(t, a_full_backend_is_passed_over);
	tcase_add_test(t, the_open_breaker_lets_one_request_find_out);
	tcase_add_test(t, a_disabled_one_keeps_its_breaker_for_later);
	tcase_add_test(t, a_reply_to_an_older_request_does_not_end_a_pause);
	tcase_add_test(t, who_is_gone_gets_nothing_at_once);
	tcase_add_test(
		t, failing_checks_take_it_out_and_good_ones_let_it_be_tried);
	tcase_add_test(t, asking_for_less_gets_less);
	tcase_add_test(t, near_capacity_is_a_quarter_of_the_share_for_a_while);
	tcase_add_test(t, a_view_tells_what_there_is);
	tcase_add_test(t, a_request_sent_before_a_failure_ends_no_pause);
	tcase_add_test(t, a_request_sent_before_a_hold_does_not_end_it);
	tcase_add_test(t, one_that_is_up_may_ask_for_a_pause);
	return suite_run("backend", t);
}
