/* Whose connections count together, and that their places are all there. */
#include "intake/admission.h"

#include <sys/socket.h>
#include <unistd.h>

#include "lib/suite.h"
#include "net/address.h"

enum { MAX = 3 };

static struct listener_settings listener = { .name = "test" };
static struct intake_settings settings;
static struct admission admission;

static void set_up(void)
{
	rcu_register_thread();
	settings = (struct intake_settings){
		.listeners = &listener,
		.n_listeners = 1,
		.max_connections = 64,
		.max_per_peer = MAX,
		.peer_prefix_ipv4 = 32,
		.peer_prefix_ipv6 = 64,
	};
	ck_assert_int_eq(admission_init(&admission), 0);
	ck_assert_int_eq(admission_prepare(&admission, &settings), 0);
	admission_change(&admission, &settings);
}

static void tear_down(void)
{
	rcu_barrier();
	admission_deinit(&admission); /* asserts that nobody is left */
	rcu_unregister_thread();
}

static struct conn *from(const char *address)
{
	struct address a;
	struct conn *c;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(address_parse(&a, address), 0);
	ck_assert_int_eq(conn_new(&c, fd, &a.sa, 0, 1024, NULL, 0), 0);
	return c;
}

static struct conn *leave(struct conn *c)
{
	admission_leave(&admission, c);
	return conn_free(c);
}

static const struct {
	unsigned ipv4_bits, ipv6_bits;
	const char *one, *other;
	bool same;
} pairs[] = {
	{ 32, 64, "tcp://192.0.2.1:1", "tcp://192.0.2.1:2", true },
	{ 32, 64, "tcp://192.0.2.1:1", "tcp://192.0.2.2:1", false },
	{ 24, 64, "tcp://192.0.2.1:1", "tcp://192.0.2.254:1", true },
	{ 24, 64, "tcp://192.0.2.1:1", "tcp://192.0.3.1:1", false },
	{ 1, 1, "tcp://1.0.0.1:1", "tcp://126.9.9.9:1", true },
	{ 1, 1, "tcp://1.0.0.1:1", "tcp://192.0.2.1:1", false },
	{ 32, 64, "tcp://[2001:db8::1]:1", "tcp://[2001:db8::2:1]:1", true },
	{ 32, 64, "tcp://[2001:db8::1]:1", "tcp://[2001:db8:0:0:f::]:1", true },
	{ 32, 64, "tcp://[2001:db8::1]:1", "tcp://[2001:db8:0:1::1]:1", false },
	{ 32, 128, "tcp://[2001:db8::1]:1", "tcp://[2001:db8::2]:1", false },
	{ 32, 128, "tcp://[2001:db8::1]:1", "tcp://[2001:db8::1]:2", true },
	{ 32, 56, "tcp://[2001:db8::1]:1", "tcp://[2001:db8:0:ff::1]:1", true },
	{ 32, 56, "tcp://[2001:db8::1]:1", "tcp://[2001:db8:0:100::]:1",
		false },
	/* an IPv4 peer at a dual socket is no IPv6 peer, whatever the bits */
	{ 32, 1, "tcp://[::2]:1", "tcp://192.0.2.1:1", false },
	{ 32, 64, "tcp://[::ffff:192.0.2.1]:1", "tcp://192.0.2.1:1", true },
	{ 32, 64, "tcp://[::ffff:192.0.2.1]:1", "tcp://192.0.2.2:1", false },
};

START_TEST(addresses_of_one_prefix_are_one_peer)
{
	struct conn *in[MAX], *c = from(pairs[_i].other);

	settings.peer_prefix_ipv4 = pairs[_i].ipv4_bits;
	settings.peer_prefix_ipv6 = pairs[_i].ipv6_bits;
	for (unsigned i = 0; i < MAX; i++) {
		in[i] = from(pairs[_i].one);
		ck_assert_int_eq(admission_enter(&admission, in[i]), 0);
	}
	ck_assert_int_eq(admission_enter(&admission, c),
		pairs[_i].same ? ADMISSION_E_PEER_FULL : 0);
	if (pairs[_i].same) {
		/* one goes, whichever it was: the place is theirs */
		in[1] = leave(in[1]);
		ck_assert_int_eq(admission_enter(&admission, c), 0);
	}
	leave(c);
	for (unsigned i = 0; i < MAX; i++)
		if (in[i] != NULL)
			leave(in[i]);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("peers");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
		t, addresses_of_one_prefix_are_one_peer, 0, COUNT(pairs));
	return suite_run("peers", t);
}
