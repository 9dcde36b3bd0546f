#include "monitor/census.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/suite.h"

enum { MAX = 200 };

#define START_NS (100 * NS_PER_S)

static struct registry reg;
static struct conn *conns[MAX];
static int peers[MAX];
static struct census census;

static void fill(void)
{
	rcu_register_thread();
	ck_assert_int_eq(registry_init(&reg, MAX), 0);
	for (unsigned i = 0; i < MAX; i++) {
		const struct sockaddr sa = { .sa_family = AF_UNIX };
		int fds[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		ck_assert_int_eq(conn_new(&conns[i], fds[0], &sa, 0, 1024, NULL,
					 START_NS + i),
			0);
		peers[i] = fds[1];
		ck_assert_int_eq(registry_add(&reg, conns[i]), 0);
	}
	census = CENSUS_NULL;
}

static void empty(void)
{
	for (unsigned i = 0; i < MAX; i++) {
		registry_remove(&reg, conns[i]);
		conn_retire(conns[i]);
		close(peers[i]);
	}
	rcu_barrier();
	registry_deinit(&reg);
	rcu_unregister_thread();
	census_deinit(&census);
}

static void take(enum census_key key, size_t limit, uint64_t seconds,
	struct census_list *list)
{
	ck_assert_int_eq(census_take(&census, &reg, key, limit,
				 START_NS + seconds * NS_PER_S, list),
		0);
	ck_assert_uint_eq(list->total, MAX);
}

START_TEST(the_busiest_come_first_whatever_the_limit)
{
	struct census_list list;
	size_t limit = (size_t)_i;

	/* 7 and 200 have no common factor: every number once, mixed up */
	for (unsigned i = 0; i < MAX; i++)
		conn_count(conns[i], 100, i * 7 % MAX, 0);
	take(CENSUS_BY_MESSAGES, limit, 10, &list);
	ck_assert_uint_eq(list.n, limit < MAX ? limit : MAX);
	for (size_t i = 0; i < list.n; i++) {
		unsigned rank = (unsigned)(MAX - 1 - i);
		unsigned which = 0;

		while (which * 7 % MAX != rank)
			which++;
		ck_assert_uint_eq(list.entries[i].id, conns[which]->id);
	}
	free(list.entries);
}
END_TEST

START_TEST(equals_stand_in_the_order_of_their_ids)
{
	struct census_list list;

	take(CENSUS_BY_ERRORS, MAX, 10, &list);
	for (size_t i = 0; i < list.n; i++)
		ck_assert_uint_eq(list.entries[i].id, i + 1);
	free(list.entries);
	take(CENSUS_BY_ID, 3, 10, &list);
	ck_assert_uint_eq(list.entries[0].id, 1);
	ck_assert_uint_eq(list.entries[2].id, 3);
	free(list.entries);
	take(CENSUS_BY_AGE, 1, 10, &list); /* the first has connected first */
	ck_assert_uint_eq(list.entries[0].id, 1);
	free(list.entries);
}
END_TEST

START_TEST(a_rate_is_of_the_time_since_the_last_census)
{
	struct census_list list;

	conn_count(conns[5], 4000, 400, 0);
	take(CENSUS_BY_RATE, 1, 100, &list);
	ck_assert_uint_eq(list.entries[0].id, conns[5]->id);
	/* nothing to compare with: the mean since it connected */
	ck_assert_double_eq_tol((double)list.entries[0].rate, 4, 0.01);
	ck_assert_double_eq_tol((double)list.entries[0].byte_rate, 40, 0.1);
	free(list.entries);
	conn_count(conns[9], 1000, 500, 0);
	take(CENSUS_BY_RATE, 2, 105, &list);
	ck_assert_uint_eq(list.entries[0].id, conns[9]->id);
	ck_assert_double_eq_tol((double)list.entries[0].rate, 100, 0.01);
	ck_assert_double_eq((double)list.entries[1].rate, 0);
	free(list.entries);
}
END_TEST

START_TEST(two_who_ask_at_once_both_get_rates)
{
	struct census_list list;

	take(CENSUS_BY_RATE, 1, 100, &list);
	free(list.entries);
	conn_count(conns[3], 0, 300, 0);
	for (int i = 0; i < 2; i++) {
		take(CENSUS_BY_RATE, 1, 103, &list);
		ck_assert_uint_eq(list.entries[0].id, conns[3]->id);
		ck_assert_double_eq_tol(
			(double)list.entries[0].rate, 100, 0.01);
		free(list.entries);
	}
}
END_TEST

START_TEST(what_nobody_asks_for_is_forgotten)
{
	struct census_list list;

	take(CENSUS_BY_RATE, 1, 100, &list);
	free(list.entries);
	census_tick(&census, START_NS + 110 * NS_PER_S);
	ck_assert_uint_eq(census.newer.n, MAX);
	census_tick(&census, START_NS + 161 * NS_PER_S);
	ck_assert_ptr_null(census.newer.counts);
}
END_TEST

START_TEST(every_key_has_a_name_and_no_other_name_is_one)
{
	enum census_key key;

	ck_assert(census_key_parse("quiet", &key));
	ck_assert_int_eq(key, CENSUS_BY_QUIET);
	ck_assert(!census_key_parse("", &key));
	ck_assert(!census_key_parse("rat", &key));
	ck_assert(!census_key_parse("rates", &key));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("census");

	tcase_add_checked_fixture(t, fill, empty);
	tcase_add_loop_test(
		t, the_busiest_come_first_whatever_the_limit, 0, MAX + 2);
	tcase_add_test(t, equals_stand_in_the_order_of_their_ids);
	tcase_add_test(t, a_rate_is_of_the_time_since_the_last_census);
	tcase_add_test(t, two_who_ask_at_once_both_get_rates);
	tcase_add_test(t, what_nobody_asks_for_is_forgotten);
	tcase_add_test(t, every_key_has_a_name_and_no_other_name_is_one);
	return suite_run("census", t);
}
