/* Each limit with many peers at once, networks, and the pace of refusals. */
#include "intake/intake.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "lib/suite.h"
#include "sync/thread.h"

enum { PLACES = 5, PEERS = 8, STORM_MS = 700 };

static struct rig rig;
static uint64_t storm_end_ns;
static _Atomic unsigned inside, admitted, refused;
static _Atomic bool too_many;

static void pause_ms(unsigned ms)
{
	const struct timespec t = { .tv_nsec = (long)ms * 1000000 };

	nanosleep(&t, NULL);
}

static bool is_open(int fd)
{
	char octet;

	return recv(fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

static void visit(enum rig_door door)
{
	int fd = rig_connect(&rig, door);

	if (!peer_open(fd)) {
		atomic_fetch_add(&refused, 1);
	} else {
		/* what we hold is never more than what the intake holds */
		if (atomic_fetch_add(&inside, 1) >= PLACES)
			atomic_store(&too_many, true);
		atomic_fetch_add(&admitted, 1);
		pause_ms(1);
		atomic_fetch_sub(&inside, 1);
	}
	close(fd);
}

static void storm(void *arg)
{
	const enum rig_door *door = arg;

	while (clock_mono_ns(&clock_system) < storm_end_ns)
		visit(*door);
}

static const struct {
	enum rig_door door;
	unsigned max, max_of_listener, max_per_peer, refusals_per_second;
	enum intake_stat reason;
} limits[] = {
	{ RIG_UNIX, PLACES, 0, 0, 0, INTAKE_REFUSED_FULL },
	{ RIG_TCP, PLACES, 0, 0, 0, INTAKE_REFUSED_FULL },
	{ RIG_UNIX, PLACES, 0, 0, 200, INTAKE_REFUSED_FULL },
	{ RIG_UNIX, 64, PLACES, 0, 0, INTAKE_REFUSED_LISTENER_FULL },
	{ RIG_TCP, 64, PLACES, 0, 200, INTAKE_REFUSED_LISTENER_FULL },
	{ RIG_TCP, 64, 0, PLACES, 0, INTAKE_REFUSED_PEER_FULL },
};

START_TEST(a_storm_never_gets_one_more_in_and_leaves_no_place_lost)
{
	enum rig_door door = limits[_i].door;
	struct thread peers[PEERS];
	int fds[PLACES], late;

	rig.settings.max_connections = limits[_i].max;
	rig.settings.max_per_peer = limits[_i].max_per_peer;
	rig.settings.refusals_per_second = limits[_i].refusals_per_second;
	rig.listeners[door].max_connections = limits[_i].max_of_listener;
	rig_start(&rig);
	storm_end_ns = clock_mono_ns(&clock_system) + STORM_MS * NS_PER_MS;
	for (unsigned i = 0; i < PEERS; i++)
		ck_assert_int_eq(
			thread_start(&peers[i], "peer", storm, &door), 0);
	for (unsigned i = 0; i < PEERS; i++)
		thread_join(&peers[i]);
	ck_assert(!atomic_load(&too_many));
	ck_assert_uint_gt(atomic_load(&admitted), PLACES);
	ck_assert_uint_gt(atomic_load(&refused), 0);
	ck_assert(rig_wait_stat(&rig, limits[_i].reason, refused));
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED,
		rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED)));
	/* and now all places can be had, and no more */
	for (unsigned i = 0; i < PLACES; i++) {
		fds[i] = rig_connect(&rig, door);
		ck_assert(peer_open(fds[i]));
	}
	late = rig_connect(&rig, door);
	ck_assert(!peer_open(late));
	close(late);
	for (unsigned i = 0; i < PLACES; i++) {
		ck_assert(is_open(fds[i]));
		close(fds[i]);
	}
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_limit_of_a_peer_or_listener_leaves_others_alone)
{
	int first, second, other;

	rig.settings.max_per_peer = 1;
	rig_start(&rig);
	first = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(first));
	second = rig_connect(&rig, RIG_TCP);
	ck_assert(!peer_open(second));
	for (unsigned i = 0; i < 3; i++) { /* peers without an address */
		other = rig_connect(&rig, RIG_UNIX);
		ck_assert(peer_open(other));
		close(other);
	}
	close(first);
	close(second);
	rig_end(&rig, 1000);
}
END_TEST

static const struct {
	const char *allow, *deny;
	bool in;
} lists[] = {
	{ "", "", true }, { "127.0.0.0/8", "", true }, { "::/0", "", false },
	{ "192.0.2.0/24", "", false }, { "192.0.2.0/24, 127.0.0.1", "", true },
	{ "", "127.0.0.0/8", false }, { "", "192.0.2.0/24, ::/0", true },
	{ "127.0.0.1", "127.0.0.0/8", false }, /* deny wins */
};

START_TEST(allow_and_deny_decide_by_address)
{
	struct listener_settings *l = &rig.listeners[RIG_TCP];
	struct buf why = BUF_NULL;
	int tcp, local;

	ck_assert_int_eq(cidr_list_parse(&l->allow, lists[_i].allow, &why), 0);
	ck_assert_int_eq(cidr_list_parse(&l->deny, lists[_i].deny, &why), 0);
	rig_start(&rig);
	tcp = rig_connect(&rig, RIG_TCP);
	ck_assert_int_eq(peer_open(tcp), lists[_i].in);
	ck_assert_uint_eq(
		rig_stat(&rig, INTAKE_REFUSED_ADDRESS), !lists[_i].in);
	local = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(local));
	close(tcp);
	close(local);
	rig_end(&rig, 1000);
	cidr_list_deinit(&l->allow);
	cidr_list_deinit(&l->deny);
}
END_TEST

static int connect_from(const struct listener_settings *l, const char *ip)
{
	const struct address *to = &l->listen.address;
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(inet_pton(AF_INET, ip, &from.sin_addr), 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(fd, &to->sa, to->len), 0);
	return fd;
}

START_TEST(who_may_not_come_in_holds_up_nobody_who_may)
{
	enum { FLOOD = 120 }; /* less than the backlog */
	struct listener_settings *l = &rig.listeners[RIG_TCP];
	struct buf why = BUF_NULL;
	int flood[FLOOD], allowed;

	ck_assert_int_eq(cidr_list_parse(&l->deny, "127.0.0.1", &why), 0);
	rig.settings.refusals_per_second = 1;
	rig_start(&rig);
	for (unsigned i = 0; i < FLOOD; i++)
		flood[i] = rig_connect(&rig, RIG_TCP);
	for (unsigned i = 0; i < 5; i++) {
		allowed = connect_from(&rig.listeners[RIG_TCP], "127.0.0.2");
		ck_assert(peer_open(allowed));
		close(allowed);
	}
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_REFUSED_ADDRESS), FLOOD);
	/* some are kept, so that they do not come back at once */
	ck_assert(is_open(flood[FLOOD - 1]));
	ck_assert(peer_is_ended(flood[0]));
	for (unsigned i = 0; i < FLOOD; i++)
		close(flood[i]);
	rig_end(&rig, 1000);
	cidr_list_deinit(&l->deny);
}
END_TEST

START_TEST(a_listener_that_rests_holds_no_other_one)
{
	int flood[20], local;

	rig.listeners[RIG_TCP].max_connections = 1;
	rig.settings.refusals_per_second = 1;
	rig_start(&rig);
	for (unsigned i = 0; i < 20; i++)
		flood[i] = rig_connect(&rig, RIG_TCP);
	for (unsigned i = 0; i < 100; i++) {
		local = rig_connect(&rig, RIG_UNIX);
		ck_assert(peer_open(local));
		close(local);
	}
	ck_assert_uint_ge(rig_stat(&rig, INTAKE_REFUSED_LISTENER_FULL), 1);
	for (unsigned i = 0; i < 20; i++)
		close(flood[i]);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_place_that_becomes_free_ends_the_rest)
{
	int held, late[3], last;
	uint64_t begun;

	rig.settings.max_connections = 1;
	rig.settings.refusals_per_second = 1;
	rig_start(&rig);
	held = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(held));
	/* three at once: the next one is due in two seconds */
	for (unsigned i = 0; i < 3; i++) {
		late[i] = rig_connect(&rig, i < 2 ? RIG_UNIX : RIG_TCP);
		ck_assert(!peer_open(late[i]));
		close(late[i]);
	}
	last = rig_connect(&rig, RIG_TCP);
	ck_assert(is_open(last));
	begun = clock_mono_ns(&clock_system);
	close(held);
	ck_assert(peer_open(last));
	ck_assert_uint_lt(
		clock_mono_ns(&clock_system) - begun, 1500 * NS_PER_MS);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_REFUSED_FULL), 3);
	close(last);
	rig_end(&rig, 1000);
}
END_TEST

static void setup(void)
{
	rig_init(&rig);
}

int main(void)
{
	TCase *t = tcase_create("limits");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t,
		a_storm_never_gets_one_more_in_and_leaves_no_place_lost, 0,
		COUNT(limits));
	tcase_add_test(t, a_limit_of_a_peer_or_listener_leaves_others_alone);
	tcase_add_loop_test(
		t, allow_and_deny_decide_by_address, 0, COUNT(lists));
	tcase_add_test(t, who_may_not_come_in_holds_up_nobody_who_may);
	tcase_add_test(t, a_listener_that_rests_holds_no_other_one);
	tcase_add_test(t, a_place_that_becomes_free_ends_the_rest);
	return suite_run("limits", t);
}
