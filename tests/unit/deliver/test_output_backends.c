/* The backends of a running output: added, removed, drained, weighed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "lib/fake_collector.h"
#include "lib/output_rig.h"
#include "lib/suite.h"
#include "sync/rcu.h"

static const struct fake_reply ok[] = { FAKE_OK };
static struct fake_collector one, two;
static struct output_rig rig;

static struct backend_settings plain(const char *url)
{
	return (struct backend_settings){ .url = url, .enabled = true };
}

static void setup(void)
{
	fake_collector_start(&one, 0, ok, 1);
	fake_collector_start(&two, 0, ok, 1);
	rig_init(&rig, OUTPUT_TYPE_HEC);
	rig_backend(&rig, one.url);
}

static void teardown(void)
{
	rig_settle(&rig);
	rig_end(&rig, 1000);
	fake_collector_stop(&one);
	fake_collector_stop(&two);
	for (unsigned i = 0; i < rig.pushed; i++)
		ck_assert_uint_eq(one.taken[i] + two.taken[i], 1);
	rig_deinit(&rig);
}

static void push(unsigned batches)
{
	for (unsigned i = 0; i < batches; i++)
		rig_push(&rig, 5, 0);
	rig_settle(&rig);
}

struct seen {
	unsigned n;
	struct backend_view of[4];
	char url[4][64];
};

static void note(const struct backend_view *v, void *arg)
{
	struct seen *s = arg;

	strncpy(s->url[s->n], v->url, sizeof(s->url[0]) - 1);
	s->of[s->n++] = *v;
}

static struct seen walk(void)
{
	struct seen s = { 0 };

	output_backends_walk(rig.output, note, &s);
	return s;
}

START_TEST(one_that_is_added_gets_its_share)
{
	struct backend_settings s = plain(two.url);
	struct seen seen;

	rig_start(&rig);
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&two), 0);
	ck_assert_int_eq(output_backend_add(rig.output, &s), 0);
	ck_assert_int_eq(output_backend_add(rig.output, &s), OUTPUT_E_EXISTS);
	push(30);
	ck_assert_uint_eq(fake_collector_requests(&two), 15);
	seen = walk();
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_str_eq(seen.url[0], one.url);
	ck_assert_str_eq(seen.url[1], two.url);
	ck_assert_uint_eq(seen.of[0].stats[BACKEND_REQUESTS], 25);
	ck_assert_uint_eq(seen.of[1].stats[BACKEND_DELIVERED], 75);
	ck_assert_double_eq(seen.of[1].share, 15.0 / 40);
	ck_assert_uint_eq(seen.of[1].latency.count, 15);
}
END_TEST

START_TEST(one_that_is_removed_gets_nothing_more)
{
	unsigned before;

	rig_backend(&rig, two.url);
	rig_start(&rig);
	push(10);
	before = fake_collector_requests(&one);
	ck_assert_int_eq(output_backend_remove(rig.output, one.url), 0);
	ck_assert_int_eq(output_backend_remove(rig.output, one.url),
		OUTPUT_E_NO_BACKEND);
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&one), before);
	ck_assert_uint_eq(walk().n, 1);
}
END_TEST

/* Waits until the collector has connections, or none. */
static void wait_open(struct fake_collector *c, bool some)
{
	for (int i = 0; i < 10000 && (atomic_load(&c->open) != 0) != some; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	ck_assert_int_eq(atomic_load(&c->open) != 0, some);
}

enum { REMOVED = 0, ASKED_FOR_CHANNELS, ACKNOWLEDGED, RELOADED, DRAINED, WAYS };

START_TEST(the_connections_of_one_that_goes_are_closed)
{
	static const struct fake_reply asks[] = { { .status = 400,
							  .body = "{\"code\":"
								  "10}" },
		FAKE_OK };
	struct backend_settings next = plain(two.url);

	if (_i == ASKED_FOR_CHANNELS) {
		one.script = asks;
		one.script_len = 2;
	}
	rig.settings.remote.acknowledge = _i == ACKNOWLEDGED;
	rig_backend(&rig, two.url);
	rig_start(&rig);
	push(10);
	wait_open(&one, true);
	if (_i == RELOADED)
		ck_assert_int_eq(output_backends_set(rig.output, &next, 1), 0);
	else if (_i == DRAINED)
		ck_assert_int_eq(output_backend_drain(rig.output, one.url), 0);
	else
		ck_assert_int_eq(output_backend_remove(rig.output, one.url), 0);
	wait_open(&one, false);
	push(10);
	wait_open(&two, true);
}
END_TEST

START_TEST(events_wait_until_somebody_adds_a_backend)
{
	struct backend_settings s = plain(two.url);

	rig_start(&rig);
	ck_assert_int_eq(output_backend_remove(rig.output, one.url), 0);
	for (int i = 0; i < 5; i++)
		rig_push(&rig, 10, 0);
	ck_assert_uint_eq(batch_pool_held(&rig.feed.pool), 50);
	ck_assert_int_eq(output_backend_add(rig.output, &s), 0);
	rig_settle(&rig);
}
END_TEST

START_TEST(draining_and_disabled_ones_rest_until_they_are_enabled)
{
	rig_backend(&rig, two.url);
	rig.backends[1].enabled = false;
	rig_start(&rig);
	push(10);
	ck_assert_int_eq(walk().of[1].state, BACKEND_DISABLED);
	ck_assert_uint_eq(fake_collector_requests(&two), 0);
	ck_assert_int_eq(output_backend_enable(rig.output, two.url, true), 0);
	ck_assert_int_eq(output_backend_drain(rig.output, one.url), 0);
	ck_assert_int_eq(walk().of[0].state, BACKEND_DRAINED);
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&one), 10);
	ck_assert_uint_eq(fake_collector_requests(&two), 10);
	ck_assert_int_eq(output_backend_enable(rig.output, one.url, true), 0);
	ck_assert_int_eq(output_backend_enable(rig.output, two.url, false), 0);
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&one), 20);
	ck_assert_int_eq(output_backend_drain(rig.output, "http://no"),
		OUTPUT_E_NO_BACKEND);
}
END_TEST

START_TEST(weights_can_change)
{
	rig_backend(&rig, two.url);
	rig.backends[1].weight = 3;
	rig_start(&rig);
	push(40);
	ck_assert_uint_eq(fake_collector_requests(&two), 30);
	ck_assert_int_eq(output_backend_weigh(rig.output, one.url, 3), 0);
	push(40);
	ck_assert_uint_eq(fake_collector_requests(&two), 50);
	ck_assert_uint_eq(walk().of[0].weight, 3);
}
END_TEST

START_TEST(a_reload_keeps_the_state_of_those_that_stay)
{
	struct backend_settings next[] = { plain(two.url), plain(one.url) };
	struct seen seen;

	next[1].weight = 2;
	rig_start(&rig);
	push(10);
	ck_assert_int_eq(output_backends_set(rig.output, next, 2), 0);
	seen = walk();
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_str_eq(seen.url[1], one.url);
	ck_assert_uint_eq(seen.of[1].weight, 2);
	ck_assert_int_eq(output_backend_drain(rig.output, one.url), 0);
	ck_assert_int_eq(output_backends_set(rig.output, next, 2), 0);
	seen = walk();
	ck_assert_int_eq(seen.of[1].state, BACKEND_UP);
	ck_assert_uint_eq(seen.of[1].stats[BACKEND_REQUESTS], 10);
	ck_assert_uint_eq(seen.of[0].stats[BACKEND_REQUESTS], 0);
	push(30);
	ck_assert_uint_eq(fake_collector_requests(&two), 10);
	ck_assert_int_eq(output_backends_set(rig.output, next, 1), 0);
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&two), 20);
}
END_TEST

static bool was_authorized(unsigned request)
{
	bool was;

	pthread_mutex_lock(&one.lock);
	was = one.requests[request].authorized;
	pthread_mutex_unlock(&one.lock);
	return was;
}

START_TEST(a_reload_with_another_token_makes_another_backend)
{
	struct backend_settings next = plain(one.url);

	rig_start(&rig);
	push(10);
	ck_assert(was_authorized(9));
	ck_assert_int_eq(output_backends_set(rig.output, &next, 1), 0);
	ck_assert_uint_eq(walk().of[0].stats[BACKEND_REQUESTS], 10);
	next.access.token = "another";
	ck_assert_int_eq(output_backends_set(rig.output, &next, 1), 0);
	ck_assert_uint_eq(walk().of[0].stats[BACKEND_REQUESTS], 0);
	push(1);
	ck_assert(!was_authorized(10));
	next.access.token = NULL;
	ck_assert_int_eq(output_backends_set(rig.output, &next, 1), 0);
	push(1);
	ck_assert(was_authorized(11));
}
END_TEST

START_TEST(a_reload_that_cannot_be_changes_nothing)
{
	struct backend_settings twice[] = { plain(two.url), plain(two.url) };
	struct backend_settings wrong[] = { plain(two.url), plain("ftp://x") };

	rig_start(&rig);
	ck_assert_int_eq(
		output_backends_set(rig.output, twice, 2), OUTPUT_E_EXISTS);
	ck_assert_int_eq(
		output_backends_set(rig.output, wrong, 2), OUTPUT_E_URL);
	push(10);
	ck_assert_uint_eq(fake_collector_requests(&one), 10);
	ck_assert_uint_eq(walk().n, 1);
}
END_TEST

START_TEST(a_backend_that_is_going_is_left_at_once)
{
	static const struct fake_reply going[] = { { .status = 503,
		.body = "{\"code\":23}" } };
	struct seen seen;

	fake_collector_stop(&one);
	fake_collector_start(&one, 0, going, 1);
	rig.settings.remote.n_backends = 0;
	rig_backend(&rig, one.url);
	rig_backend(&rig, two.url);
	rig.settings.remote.breaker.time_ns = 60 * NS_PER_S;
	rig.settings.remote.breaker.max_time_ns = 60 * NS_PER_S;
	rig_start(&rig);
	push(20);
	ck_assert_uint_eq(fake_collector_requests(&one), 1);
	seen = walk();
	ck_assert_int_eq(seen.of[0].breaker, BREAKER_OPEN);
	ck_assert_str_eq(seen.of[0].reason, "server is shutting down");
}
END_TEST

START_TEST(senders_wait_for_a_place)
{
	static const struct fake_reply busy[] = { { .status = 429,
							  .body = "{\"code\":26"
								  "}" },
		{ .status = 429, .body = "{\"code\":26}" },
		{ .status = 429, .body = "{\"code\":26}" }, FAKE_OK };

	fake_collector_stop(&one);
	fake_collector_start(&one, one.port, busy, 4);
	rig.settings.remote.senders = 8;
	rig.settings.remote.limiter.enabled = true;
	rig_start(&rig);
	push(60);
	ck_assert_uint_ge(walk().of[0].stats[BACKEND_SLOW_DOWNS], 3);
}
END_TEST

START_TEST(changes_under_load_lose_nothing_and_send_nothing_twice)
{
	struct backend_settings both[] = { plain(one.url), plain(two.url) };

	rig.settings.remote.senders = 4;
	rig.settings.remote.balance = (enum balance_strategy)_i;
	rig_start(&rig);
	for (unsigned i = 0; i < 250; i++) {
		for (int j = 0; j < 4; j++)
			rig_push(&rig, 5, 0);
		switch (i % 10) {
		case 0:
			output_backend_add(rig.output, &both[1]);
			break;
		case 2:
			output_backend_drain(rig.output, one.url);
			break;
		case 4:
			output_backend_enable(rig.output, one.url, true);
			output_backend_weigh(rig.output, one.url, 1 + i % 7);
			break;
		case 6:
			output_backend_remove(rig.output, one.url);
			break;
		case 8:
			both[0].weight = 1 + i % 5;
			output_backends_set(rig.output, both, 1 + i / 10 % 2);
			break;
		default:
			ck_assert_uint_ge(walk().n, 1);
		}
		if (i % 20 == 19)
			rig_settle(&rig);
	}
	output_backends_set(rig.output, both, 2);
	rig_settle(&rig);
	ck_assert_uint_gt(fake_collector_requests(&one), 0);
	ck_assert_uint_gt(fake_collector_requests(&two), 0);
}
END_TEST

START_TEST(outputs_without_backends_have_none)
{
	struct backend_settings s = plain("http://127.0.0.1:1");

	rig_init(&rig, OUTPUT_TYPE_STDOUT);
	rig.settings.file.path = "/dev/null";
	rig.settings.type = OUTPUT_TYPE_FILE;
	rig_start(&rig);
	ck_assert_uint_eq(walk().n, 0);
	ck_assert_int_eq(output_backend_add(rig.output, &s), OUTPUT_E_URL);
	ck_assert_int_eq(output_backend_remove(rig.output, "http://a"),
		OUTPUT_E_NO_BACKEND);
	ck_assert_int_eq(output_backend_drain(rig.output, "http://a"),
		OUTPUT_E_NO_BACKEND);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("output_backends");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, one_that_is_added_gets_its_share);
	tcase_add_test(t, one_that_is_removed_gets_nothing_more);
	tcase_add_loop_test(
		t, the_connections_of_one_that_goes_are_closed, 0, WAYS);
	tcase_add_test(t, events_wait_until_somebody_adds_a_backend);
	tcase_add_test(
		t, draining_and_disabled_ones_rest_until_they_are_enabled);
	tcase_add_test(t, weights_can_change);
	tcase_add_test(t, a_reload_keeps_the_state_of_those_that_stay);
	tcase_add_test(t, a_reload_with_another_token_makes_another_backend);
	tcase_add_test(t, a_reload_that_cannot_be_changes_nothing);
	tcase_add_test(t, a_backend_that_is_going_is_left_at_once);
	tcase_add_test(t, senders_wait_for_a_place);
	tcase_add_loop_test(t,
		changes_under_load_lose_nothing_and_send_nothing_twice, 0, 4);
	tcase_add_test(t, outputs_without_backends_have_none);
	return suite_run("output_backends", t);
}
