/* The health thread of a running output, against scripted collectors. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "lib/fake_collector.h"
#include "lib/output_rig.h"
#include "lib/suite.h"

static const struct fake_reply ok[] = { FAKE_OK };
static const struct fake_reply broken[] = { { .status = 500,
	.body = "{\"code\":8}" } };
static const struct fake_reply well = { .status = 200,
	.body = "{\"code\":17}" };
static const struct fake_reply ill = { .status = 500, .body = "" };
static const struct fake_reply full = { .status = 503,
	.body = "{\"code\":18}" };
static const struct fake_reply refused = { .status = 400,
	.body = "{\"code\":21}" };
static const struct fake_reply silent = { .fault = FAKE_STALL };

static struct fake_collector one, two;
static struct output_rig rig;

static void setup(void)
{
	rig_init(&rig, OUTPUT_TYPE_HEC);
	rig.settings.remote.health = (struct health_settings){
		.enabled = true,
		.vitals = { .rise = 2,
			.fall = 3,
			.interval_ns = 20 * NS_PER_MS,
			.down_interval_ns = 10 * NS_PER_MS },
		.timeout_ns = 10 * NS_PER_S,
	};
	rig.settings.remote.breaker = (struct breaker_settings){ .failures = 5,
		.window = 20,
		.ratio = 50,
		.time_ns = 3600 * NS_PER_S,
		.max_time_ns = 3600 * NS_PER_S };
	rig.settings.remote.hold_retry_ns = 3600 * NS_PER_S;
	fake_collector_start(&one, 0, ok, 1);
	fake_collector_start(&two, 0, ok, 1);
	atomic_store(&one.health, &well);
	atomic_store(&two.health, &well);
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
}

static void end(void)
{
	rig_settle(&rig);
	rig_end(&rig, 1000);
	fake_collector_stop(&one);
	fake_collector_stop(&two);
	/* more of them would share places there */
	ck_assert_uint_le(rig.pushed, FAKE_EVENTS_MAX);
	for (unsigned i = 0; i < rig.pushed; i++)
		ck_assert_uint_eq(one.taken[i] + two.taken[i], 1);
	rig_deinit(&rig);
}

static struct backend_view views[2];
static unsigned n_views;

static void note(const struct backend_view *v, void *arg)
{
	(void)arg;
	views[n_views++] = *v;
}

static bool is_open(unsigned i)
{
	n_views = 0;
	output_backends_walk(rig.output, note, NULL);
	return views[i].breaker == BREAKER_OPEN;
}

/* Waits until the first backend's breaker is open, or is not. */
static void wait_breaker(bool open)
{
	for (int i = 0; i < 20000; i++) {
		if (is_open(0) == open)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	ck_abort_msg("the breaker is not as wanted");
}

static void wait_checks(struct fake_collector *c, unsigned more)
{
	unsigned wanted = atomic_load(&c->n_checks) + more;

	while (atomic_load(&c->n_checks) < wanted)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void push(unsigned batches)
{
	for (unsigned i = 0; i < batches; i++)
		rig_push(&rig, 5, 0);
	rig_settle(&rig);
}

START_TEST(failing_checks_take_a_backend_out_and_good_ones_bring_it_back)
{
	unsigned before;

	rig_start(&rig);
	atomic_store(&one.health, &ill);
	wait_breaker(true);
	ck_assert_uint_ge(views[0].stats[BACKEND_HEALTH_CHECKS], 3);
	ck_assert_uint_ge(views[0].stats[BACKEND_HEALTH_FAILURES], 3);
	ck_assert_uint_eq(views[0].stats[BACKEND_BREAKER_OPENINGS], 1);
	ck_assert_str_eq(views[0].reason,
		"health check: no word of an event collector, status 500");
	ck_assert_int_eq(views[1].breaker, BREAKER_CLOSED);
	push(20);
	ck_assert_uint_eq(fake_collector_requests(&one), 0);
	atomic_store(&one.health, &well);
	before = atomic_load(&one.n_checks);
	while (fake_collector_requests(&one) == 0) /* long before an hour */
		push(1);
	ck_assert_uint_ge(atomic_load(&one.n_checks), before + 1);
	end();
}
END_TEST

START_TEST(a_backend_that_says_its_queues_are_full_is_left_at_once)
{
	rig_start(&rig);
	atomic_store(&one.health, &full);
	wait_breaker(true);
	ck_assert_str_eq(views[0].reason, "health check: queues are full");
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&one), 0);
	end();
}
END_TEST

START_TEST(a_token_that_is_refused_holds_the_backend)
{
	rig_start(&rig);
	atomic_store(&one.health, &refused);
	do {
		is_open(0);
	} while (views[0].state != BACKEND_HELD);
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&one), 0);
	end();
}
END_TEST

START_TEST(a_collector_without_the_service_is_not_ill)
{
	static const struct fake_reply none = { .status = 404, .body = "" };

	atomic_store(&one.health, &none);
	rig_start(&rig);
	wait_checks(&one, 6);
	ck_assert(!is_open(0));
	ck_assert_uint_eq(views[0].stats[BACKEND_HEALTH_FAILURES], 0);
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&one), 5);
	end();
}
END_TEST

START_TEST(one_check_that_hangs_does_not_hold_up_the_others)
{
	atomic_store(&one.health, &silent);
	rig_start(&rig);
	wait_checks(&two, 10);
	ck_assert_uint_eq(atomic_load(&one.n_checks), 1);
	end();
}
END_TEST

START_TEST(a_check_that_times_out_is_a_failure)
{
	atomic_store(&one.health, &silent);
	rig.settings.remote.health.timeout_ns = 20 * NS_PER_MS;
	rig_start(&rig);
	wait_breaker(true);
	ck_assert_ptr_nonnull(strstr(views[0].reason, "timed out"));
	end();
}
END_TEST

START_TEST(real_requests_know_better_than_checks)
{
	atomic_store(&one.health, &ill);
	/* a request in each moment between two checks */
	rig.settings.remote.health.vitals.interval_ns = NS_PER_S;
	rig.settings.remote.health.vitals.down_interval_ns = NS_PER_S;
	rig.settings.remote.n_backends = 1;
	rig_start(&rig);
	while (atomic_load(&one.n_checks) < 4) {
		push(1);
		ck_assert(!is_open(0));
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	end();
}
END_TEST

/* The first backend gives these replies, the second works. */
static void start_with(const struct fake_reply *r)
{
	fake_collector_stop(&one);
	fake_collector_start(&one, 0, r, 1);
	atomic_store(&one.health, &well);
	rig.settings.remote.n_backends = 0;
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
	rig_start(&rig);
}

START_TEST(checks_end_the_time_of_a_breaker_that_silence_opened)
{
	static const struct fake_reply reset = { .fault = FAKE_RESET };

	start_with(&reset);
	while (fake_collector_requests(&one) < 8) /* and again, and again */
		push(2);
	is_open(0);
	ck_assert_uint_ge(views[0].stats[BACKEND_BREAKER_OPENINGS], 2);
	end();
}
END_TEST

START_TEST(checks_say_nothing_about_replies_that_fail)
{
	start_with(broken);
	while (!is_open(0))
		push(2);
	wait_checks(&one, 6);
	push(10);
	is_open(0);
	ck_assert_uint_eq(views[0].stats[BACKEND_BREAKER_OPENINGS], 1);
	end();
	ck_assert_uint_eq(one.n_requests, 5);
}
END_TEST

START_TEST(another_path_and_status_can_be_asked_for)
{
	static const struct fake_reply login = { .status = 401, .body = "" };

	atomic_store(&one.health, &login);
	rig.settings.remote.health.path = "/alive";
	rig.settings.remote.health.status = 401;
	rig_start(&rig);
	n_views = 0;
	do { /* the other one answers 200, which is not what is wanted */
		is_open(0);
	} while (views[1].breaker != BREAKER_OPEN);
	ck_assert_int_eq(views[0].breaker, BREAKER_CLOSED);
	ck_assert_str_eq(views[1].reason, "health check: status 200");
	end();
}
END_TEST

START_TEST(products_without_a_service_are_connected_to)
{
	rig.settings.type = OUTPUT_TYPE_HTTP;
	fake_collector_stop(&one);
	rig_start(&rig);
	wait_breaker(true);
	ck_assert_int_eq(views[1].breaker, BREAKER_CLOSED);
	ck_assert_uint_ge(views[1].stats[BACKEND_HEALTH_CHECKS], 1);
	ck_assert_uint_eq(views[1].stats[BACKEND_HEALTH_FAILURES], 0);
	ck_assert_uint_eq(atomic_load(&two.n_checks), 0); /* no request */
	fake_collector_start(&one, one.port, ok, 1);
	end();
}
END_TEST

START_TEST(switched_off_nothing_is_asked)
{
	rig.settings.remote.health.enabled = false;
	rig_start(&rig);
	push(20);
	is_open(0);
	ck_assert_uint_eq(views[0].stats[BACKEND_HEALTH_CHECKS], 0);
	end();
	ck_assert_uint_eq(atomic_load(&one.n_checks), 0);
}
END_TEST

START_TEST(the_one_that_fails_more_than_the_other_is_set_aside)
{
	fake_collector_stop(&one);
	fake_collector_start(&one, 0, broken, 1);
	rig.settings.remote.n_backends = 0;
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
	rig.settings.remote.health.enabled = false;
	rig.settings.remote.breaker.failures = 0;
	rig.settings.remote.breaker.ratio = 0;
	rig.settings.remote.retry_initial_ns = NS_PER_MS;
	rig.settings.remote.retry_max_ns = NS_PER_MS;
	rig.settings.remote.outlier = (struct outlier_settings){
		.interval_ns = 200 * NS_PER_MS,
		.requests = 4,
		.errors = 20,
		.time_ns = 3600 * NS_PER_S,
		.max_time_ns = 3600 * NS_PER_S,
	};
	rig_start(&rig);
	is_open(0);
	while (views[0].state != BACKEND_EJECTED) {
		push(2);
		is_open(0);
		ck_assert_uint_lt(rig.pushed, FAKE_EVENTS_MAX - 100);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	ck_assert_uint_eq(views[0].stats[BACKEND_EJECTIONS], 1);
	end();
}
END_TEST

/* Requests of the script, the HEAD of a connection ahead of need included. */
static void wait_requests(struct fake_collector *c, unsigned n)
{
	while (fake_collector_requests(c) < n)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

START_TEST(a_collector_that_hangs_when_connected_to_delays_no_checks)
{
	static const struct fake_reply hangs = { .fault = FAKE_STALL };

	one.script = &hangs;
	rig.settings.remote.pool.min_idle = 1;
	rig.settings.remote.connect_timeout_ns = 3600 * NS_PER_S;
	rig_start(&rig);
	wait_requests(&one, 1);
	wait_checks(&one, 10);
	wait_checks(&two, 10);
	ck_assert_uint_eq(fake_collector_requests(&one), 1);
	one.script = ok;
	end();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("health_thread");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t,
		failing_checks_take_a_backend_out_and_good_ones_bring_it_back);
	tcase_add_test(
		t, a_backend_that_says_its_queues_are_full_is_left_at_once);
	tcase_add_test(t, a_token_that_is_refused_holds_the_backend);
	tcase_add_test(t, a_collector_without_the_service_is_not_ill);
	tcase_add_test(t, one_check_that_hangs_does_not_hold_up_the_others);
	tcase_add_test(t, a_check_that_times_out_is_a_failure);
	tcase_add_test(t, real_requests_know_better_than_checks);
	tcase_add_test(t, checks_end_the_time_of_a_breaker_that_silence_opened);
	tcase_add_test(t, checks_say_nothing_about_replies_that_fail);
	tcase_add_test(t, another_path_and_status_can_be_asked_for);
	tcase_add_test(t, products_without_a_service_are_connected_to);
	tcase_add_test(t, switched_off_nothing_is_asked);
	tcase_add_test(t, the_one_that_fails_more_than_the_other_is_set_aside);
	tcase_add_test(
		t, a_collector_that_hangs_when_connected_to_delays_no_checks);
	return suite_run("health_thread", t);
}
