#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <urcu.h>

#include "deliver/backend_list.h"
#include "deliver/round_robin.h"
#include "lib/suite.h"

enum { N = 3, PICKS = 3000, NOW = 1000 };

static struct backend *backends[N];
static uint64_t until;

static void setup(void)
{
	for (int i = 0; i < N; i++) {
		char *url = strdup("http://127.0.0.1");

		ck_assert_int_eq(backend_new(&backends[i], &url), 0);
		ck_assert_ptr_null(url);
	}
}

static void teardown(void)
{
	for (int i = 0; i < N; i++)
		backends[i] = backend_put(backends[i]);
}

static struct backend *pick(size_t turn, const struct backend *avoid)
{
	return round_robin_pick(backends, N, turn, avoid, NOW, &until);
}

START_TEST(usable_backends_share_evenly)
{
	unsigned share[N] = { 0 };

	for (size_t turn = 0; turn < PICKS; turn++) {
		struct backend *b = pick(turn, NULL);

		for (int i = 0; i < N; i++)
			share[i] += b == backends[i];
	}
	for (int i = 0; i < N; i++)
		ck_assert_uint_eq(share[i], PICKS / N);
}
END_TEST

START_TEST(an_unusable_backend_is_passed_over)
{
	backend_fail(backends[1], BACKEND_DOWN, NOW, NOW + 1);
	for (size_t turn = 0; turn < PICKS; turn++)
		ck_assert_ptr_ne(pick(turn, NULL), backends[1]);
	backend_fail(backends[1], BACKEND_DOWN, NOW, NOW);
	ck_assert_ptr_eq(pick(1, NULL), backends[1]);
}
END_TEST

START_TEST(the_avoided_one_is_taken_only_when_alone)
{
	for (size_t turn = 0; turn < PICKS; turn++)
		ck_assert_ptr_ne(pick(turn, backends[2]), backends[2]);
	backend_fail(backends[0], BACKEND_DOWN, NOW, NOW + 1);
	backend_fail(backends[1], BACKEND_HELD, NOW, NOW + 2);
	ck_assert_ptr_eq(pick(0, backends[2]), backends[2]);
}
END_TEST

START_TEST(with_none_usable_the_earliest_time_is_told)
{
	backend_fail(backends[0], BACKEND_DOWN, NOW, NOW + 30);
	backend_fail(backends[1], BACKEND_HELD, NOW, NOW + 20);
	backend_fail(backends[2], BACKEND_DOWN, NOW, NOW + 40);
	ck_assert_ptr_null(pick(0, NULL));
	ck_assert_uint_eq(until, NOW + 20);
	ck_assert_ptr_null(round_robin_pick(backends, 0, 5, NULL, NOW, &until));
}
END_TEST

START_TEST(failures_of_one_round_count_once)
{
	struct backend *b = backends[0];
	uint64_t down_ns = 0;

	ck_assert_uint_eq(backend_count_failure(b, 100), 1);
	ck_assert(backend_fail(b, BACKEND_DOWN, 100, 200));
	ck_assert_uint_eq(backend_count_failure(b, 150), 1);
	ck_assert(!backend_fail(b, BACKEND_DOWN, 150, 200));
	ck_assert_uint_eq(backend_count_failure(b, 200), 2);
	ck_assert(backend_fail(b, BACKEND_HELD, 200, 300));
	ck_assert(backend_work(b, 350, &down_ns));
	ck_assert_uint_eq(down_ns, 250);
	ck_assert(!backend_work(b, 360, &down_ns));
	ck_assert(backend_usable(b, 0));
	ck_assert_uint_eq(backend_count_failure(b, 400), 1);
}
END_TEST

START_TEST(a_backend_picked_outlives_its_list)
{
	struct backend_list *list, *place = NULL;
	struct backend *b;
	char *url = strdup("http://192.0.2.1");

	rcu_register_thread();
	ck_assert_int_eq(backend_list_new(&list, 1), 0);
	ck_assert_int_eq(backend_new(&b, &url), 0);
	backend_list_add(list, &b);
	backend_list_publish(&place, list);
	b = backend_list_pick(&place, NULL, NOW, &until);
	ck_assert_ptr_nonnull(b);
	backend_list_publish(&place, NULL);
	rcu_barrier();
	ck_assert_str_eq(b->url, "http://192.0.2.1");
	ck_assert_ptr_null(backend_list_pick(&place, NULL, NOW, &until));
	backend_put(b);
	rcu_unregister_thread();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("round_robin");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, usable_backends_share_evenly);
	tcase_add_test(t, an_unusable_backend_is_passed_over);
	tcase_add_test(t, the_avoided_one_is_taken_only_when_alone);
	tcase_add_test(t, with_none_usable_the_earliest_time_is_told);
	tcase_add_test(t, failures_of_one_round_count_once);
	tcase_add_test(t, a_backend_picked_outlives_its_list);
	return suite_run("round_robin", t);
}
