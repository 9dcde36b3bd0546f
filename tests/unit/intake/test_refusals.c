#include "intake/refusals.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/suite.h"

enum { PEERS = 2 * REFUSALS_KEPT_MAX };

static struct refusals refusals;
static int peers[PEERS];
static unsigned n_peers;

static void set_up(void)
{
	refusals = REFUSALS_NULL;
	n_peers = 0;
}

static void tear_down(void)
{
	refusals_fit(&refusals, 0);
	for (unsigned i = 0; i < n_peers; i++)
		close(peers[i]);
}

/* Another one; its peer's end is peers[n_peers - 1]. */
static struct conn *come(void)
{
	const struct sockaddr un = { .sa_family = AF_UNIX };
	struct conn *c;
	int fds[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	ck_assert_int_eq(conn_new(&c, fds[0], &un, 0, 512, NULL, 0), 0);
	peers[n_peers++] = fds[1];
	return c;
}

static void keep(unsigned n, uint64_t now_ns)
{
	for (unsigned i = 0; i < n; i++) {
		struct conn *c = come();

		refusals_keep(&refusals, &c, now_ns);
		ck_assert_ptr_null(c);
	}
}

/* The first n are closed, and no others. */
static void check_closed(unsigned n)
{
	for (unsigned i = 0; i < n_peers; i++) {
		char octet;
		bool open = recv(peers[i], &octet, 1, 0) < 0 && errno == EAGAIN;

		ck_assert_msg(open == (i >= n), "%u of %u", i, n);
	}
}

START_TEST(they_are_closed_at_their_pace_the_oldest_first)
{
	const uint64_t interval = 10 * NS_PER_MS;
	uint64_t now = NS_PER_S;

	refusals_set_pace(&refusals, 100);
	ck_assert_uint_eq(refusals_wait_ns(&refusals, now), UINT64_MAX);
	keep(30, now);
	check_closed(11); /* a tenth of a second, and the next one */
	for (unsigned i = 12; i <= 30; i++) {
		ck_assert_uint_eq(refusals_wait_ns(&refusals, now), interval);
		refusals_tick(&refusals, now + interval - 1);
		check_closed(i - 1);
		now += interval;
		refusals_tick(&refusals, now);
		check_closed(i);
	}
	ck_assert_uint_eq(refusals_wait_ns(&refusals, now), UINT64_MAX);
}
END_TEST

START_TEST(of_more_than_have_a_place_the_oldest_are_closed)
{
	refusals_set_pace(&refusals, 1);
	keep(PEERS, NS_PER_S);
	check_closed(PEERS - REFUSALS_KEPT_MAX);
	refusals_fit(&refusals, REFUSALS_KEPT_MAX);
	check_closed(PEERS - REFUSALS_KEPT_MAX);
	refusals_fit(&refusals, 3);
	check_closed(PEERS - 3);
	/* those were not in pace, and the others wait no longer for them */
	ck_assert_uint_le(refusals_wait_ns(&refusals, NS_PER_S), NS_PER_S);
	refusals_fit(&refusals, 0);
	check_closed(PEERS);
}
END_TEST

START_TEST(who_is_closed_at_once_puts_off_the_others)
{
	struct conn *c = come();

	refusals_set_pace(&refusals, 1);
	refusals_close(&refusals, &c, NS_PER_S);
	ck_assert_ptr_null(c);
	check_closed(1);
	c = come();
	refusals_close(&refusals, &c, NS_PER_S);
	keep(1, NS_PER_S);
	check_closed(2);
	ck_assert_uint_eq(refusals_wait_ns(&refusals, NS_PER_S), NS_PER_S);
	refusals_tick(&refusals, 2 * NS_PER_S);
	check_closed(3);
}
END_TEST

START_TEST(without_a_pace_nobody_is_kept)
{
	refusals_set_pace(&refusals, 1);
	keep(10, NS_PER_S);
	refusals_set_pace(&refusals, 0);
	ck_assert_uint_eq(refusals_wait_ns(&refusals, NS_PER_S), 0);
	refusals_tick(&refusals, NS_PER_S);
	check_closed(10);
	keep(10, NS_PER_S);
	check_closed(20);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("refusals");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, they_are_closed_at_their_pace_the_oldest_first);
	tcase_add_test(t, of_more_than_have_a_place_the_oldest_are_closed);
	tcase_add_test(t, who_is_closed_at_once_puts_off_the_others);
	tcase_add_test(t, without_a_pace_nobody_is_kept);
	return suite_run("refusals", t);
}
