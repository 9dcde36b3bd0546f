#include "deliver/balance.h"

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/backoff.h"
#include "lib/suite.h"

enum { MAX = 16, REQUESTS = 10000 };

static const enum balance_strategy strategies[] = { BALANCE_ROUND_ROBIN,
	BALANCE_LEAST_CONNECTIONS, BALANCE_RANDOM, BALANCE_POWER_OF_TWO };
enum { STRATEGIES = sizeof(strategies) / sizeof(strategies[0]) };

static struct backoff rng;
static _Atomic int64_t credits[MAX];
static struct candidate candidates[MAX];
static unsigned share[MAX];
static uint64_t turn;

static uint64_t next_random(void *arg)
{
	(void)arg;
	return backoff_random(&rng);
}

static void begin(size_t n, uint64_t seed)
{
	rng.state = seed;
	turn = seed;
	memset(share, 0, sizeof(share));
	for (size_t i = 0; i < n; i++) {
		atomic_store(&credits[i], 0);
		candidates[i] = (struct candidate){ .weight = 4,
			.credit = &credits[i] };
	}
}

static size_t choose(enum balance_strategy strategy, size_t n)
{
	struct draw d = { .turn = turn++, .random = next_random };
	size_t i = balance_strategy_pick(strategy)(candidates, n, &d);

	ck_assert_uint_lt(i, n);
	share[i]++;
	return i;
}

static void expect_share(size_t i, double want, double tolerance)
{
	ck_assert_msg(share[i] >= want * (1 - tolerance) &&
			      share[i] <= want * (1 + tolerance),
		"candidate %zu was chosen %u times, not %.0f", i, share[i],
		want);
}

START_TEST(equal_backends_get_equal_shares)
{
	for (size_t n = 1; n <= MAX; n++) {
		begin(n, n * 77);
		for (unsigned i = 0; i < REQUESTS; i++)
			choose(strategies[_i], n);
		for (size_t i = 0; i < n; i++)
			expect_share(i, (double)REQUESTS / n, 0.03);
	}
}
END_TEST

/* Each request lasts as long as it takes the next `under_way` to come. */
START_TEST(equal_backends_get_equal_shares_while_requests_are_under_way)
{
	for (size_t n = 2; n <= MAX; n++)
		for (unsigned under_way = 1; under_way <= 24; under_way += 7) {
			size_t last[24];

			begin(n, n * 1000 + under_way);
			for (unsigned i = 0; i < REQUESTS; i++) {
				size_t *slot = &last[i % under_way];

				if (i >= under_way)
					candidates[*slot].load--;
				*slot = choose(strategies[_i], n);
				candidates[*slot].load++;
			}
			for (size_t i = 0; i < n; i++)
				expect_share(i, (double)REQUESTS / n, 0.03);
		}
}
END_TEST

START_TEST(shares_go_by_weight)
{
	begin(3, 5);
	candidates[0].weight = 1;
	candidates[1].weight = 2;
	candidates[2].weight = 5;
	for (unsigned i = 0; i < REQUESTS; i++)
		choose(strategies[_i], 3);
	expect_share(0, REQUESTS / 8.0, 0.03);
	expect_share(1, REQUESTS / 4.0, 0.03);
	expect_share(2, REQUESTS / 8.0 * 5, 0.03);
}
END_TEST

START_TEST(a_lone_backend_gets_everything)
{
	begin(1, 9);
	candidates[0].load = 1000;
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(choose(strategies[_i], 1), 0);
}
END_TEST

START_TEST(round_robin_is_smooth)
{
	static const size_t want[] = { 0, 0, 1, 0, 2, 0, 0 }; /* nginx's */

	begin(3, 1);
	candidates[0].weight = 5;
	candidates[1].weight = 1;
	candidates[2].weight = 1;
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < 7; i++)
			ck_assert_uint_eq(
				choose(BALANCE_ROUND_ROBIN, 3), want[i]);
}
END_TEST

START_TEST(least_connections_takes_the_least_busy_for_its_weight)
{
	begin(3, 3);
	candidates[0].load = 4; /* 1 for each 1 of weight */
	candidates[1].load = 3;
	candidates[2].load = 7;
	ck_assert_uint_eq(choose(BALANCE_LEAST_CONNECTIONS, 3), 1);
	candidates[2].weight = 16;
	ck_assert_uint_eq(choose(BALANCE_LEAST_CONNECTIONS, 3), 2);
}
END_TEST

START_TEST(power_of_two_never_takes_the_busiest)
{
	begin(4, 4);
	for (size_t i = 0; i < 4; i++)
		candidates[i].load = (uint32_t)i;
	for (unsigned i = 0; i < REQUESTS; i++)
		choose(BALANCE_POWER_OF_TWO, 4);
	ck_assert_uint_eq(share[3], 0);
	/* of 6 pairs 3, 2 and 1 have it as the less busy one */
	expect_share(0, REQUESTS / 2.0, 0.05);
	expect_share(1, REQUESTS / 3.0, 0.05);
	expect_share(2, REQUESTS / 6.0, 0.05);
}
END_TEST

START_TEST(random_is_not_a_turn)
{
	unsigned same = 0;
	size_t before = 0;

	begin(4, 6);
	for (unsigned i = 0; i < REQUESTS; i++) {
		size_t now = choose(BALANCE_RANDOM, 4);

		same += i > 0 && now == (before + 1) % 4;
		before = now;
	}

	ck_assert_uint_lt(same, REQUESTS / 2);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("balance");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, equal_backends_get_equal_shares, 0, STRATEGIES);
	tcase_add_loop_test(t,
		equal_backends_get_equal_shares_while_requests_are_under_way, 0,
		STRATEGIES);
	tcase_add_loop_test(t, shares_go_by_weight, 0, STRATEGIES);
	tcase_add_loop_test(t, a_lone_backend_gets_everything, 0, STRATEGIES);
	tcase_add_test(t, round_robin_is_smooth);
	tcase_add_test(
		t, least_connections_takes_the_least_busy_for_its_weight);
	tcase_add_test(t, power_of_two_never_takes_the_busiest);
	tcase_add_test(t, random_is_not_a_turn);
	return suite_run("balance", t);
}
