#include "intake/registry.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/suite.h"

enum { MAX = 300 };

static struct registry reg;
static struct conn *conns[MAX];
static int peers[MAX];

static struct conn *make_conn(int *peer)
{
	const struct sockaddr sa = { .sa_family = AF_UNIX };
	int fds[2];
	struct conn *c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(conn_new(&c, fds[0], &sa, 0, 1024, NULL, 0), 0);
	*peer = fds[1];
	return c;
}

static void fill(void)
{
	rcu_register_thread();
	ck_assert_int_eq(registry_init(&reg, MAX), 0);
	for (unsigned i = 0; i < MAX; i++) {
		conns[i] = make_conn(&peers[i]);
		ck_assert_int_eq(registry_add(&reg, conns[i]), 0);
	}
}

static void empty(void)
{
	for (unsigned i = 0; i < MAX; i++) {
		if (conns[i] != NULL) {
			registry_remove(&reg, conns[i]);
			conn_retire(conns[i]);
		}
		close(peers[i]);
	}
	rcu_barrier();
	registry_deinit(&reg);
	rcu_unregister_thread();
}

static bool sum_ids(const struct conn *c, void *arg)
{
	*(uint64_t *)arg += c->id;
	return true;
}

START_TEST(the_limit_is_exact_and_a_freed_place_is_used_again)
{
	int peer;
	struct conn *c = make_conn(&peer);

	ck_assert_uint_eq(registry_count(&reg), MAX);
	ck_assert_int_eq(registry_add(&reg, c), REGISTRY_E_FULL);
	ck_assert_uint_eq(registry_count(&reg), MAX);
	registry_remove(&reg, conns[7]);
	conn_retire(conns[7]);
	conns[7] = NULL;
	ck_assert_uint_eq(registry_count(&reg), MAX - 1);
	ck_assert_int_eq(registry_add(&reg, c), 0);
	ck_assert_uint_gt(c->id, MAX);
	registry_remove(&reg, c);
	conn_retire(c);
	close(peer);
}
END_TEST

START_TEST(a_walk_sees_every_connection_once)
{
	uint64_t sum = 0, expected = (uint64_t)MAX * (MAX + 1) / 2;

	registry_walk(&reg, sum_ids, &sum);
	ck_assert_uint_eq(sum, expected);
	expected -= conns[MAX / 2]->id;
	registry_remove(&reg, conns[MAX / 2]);
	conn_retire(conns[MAX / 2]);
	conns[MAX / 2] = NULL;
	sum = 0;
	registry_walk(&reg, sum_ids, &sum);
	ck_assert_uint_eq(sum, expected);
}
END_TEST

static bool stop_at_once(const struct conn *c, void *arg)
{
	(void)c;
	++*(unsigned *)arg;
	return false;
}

START_TEST(a_walk_ends_when_it_is_told_to)
{
	unsigned visits = 0;

	registry_walk(&reg, stop_at_once, &visits);
	ck_assert_uint_eq(visits, 1);
}
END_TEST

START_TEST(closing_by_id_ends_that_connection_alone)
{
	char octet;

	ck_assert(registry_close(&reg, conns[11]->id));
	ck_assert_int_eq(read(conns[11]->fd, &octet, 1), 0);
	ck_assert_int_eq(recv(peers[11], &octet, 1, MSG_DONTWAIT), 0);
	for (unsigned i = 0; i < MAX; i++)
		if (i != 11)
			ck_assert_int_lt(
				recv(peers[i], &octet, 1, MSG_DONTWAIT), 0);
}
END_TEST

START_TEST(an_id_that_is_gone_is_not_found)
{
	uint64_t id = conns[5]->id;

	ck_assert(!registry_close(&reg, 0));
	ck_assert(!registry_close(&reg, UINT64_MAX));
	registry_remove(&reg, conns[5]);
	ck_assert(!registry_close(&reg, id));
	conn_retire(conns[5]);
	conns[5] = NULL;
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("registry");

	tcase_add_checked_fixture(t, fill, empty);
	tcase_add_test(t, the_limit_is_exact_and_a_freed_place_is_used_again);
	tcase_add_test(t, a_walk_sees_every_connection_once);
	tcase_add_test(t, a_walk_ends_when_it_is_told_to);
	tcase_add_test(t, closing_by_id_ends_that_connection_alone);
	tcase_add_test(t, an_id_that_is_gone_is_not_found);
	return suite_run("registry", t);
}
