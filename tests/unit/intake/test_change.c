/* Other settings and feeds for an intake that runs. */
#include "intake/intake.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "intake/registry.h"
#include "lib/intake_rig.h"
#include "lib/suite.h"
#include "sync/thread.h"

enum { CHANGES = 100, SENDERS = 4 };

static struct rig rig;
static struct feed other;
static struct intake_settings settings;
static struct listener_settings listeners[3];
static char error[512];

static void set_up(void)
{
	rig_init(&rig);
	rig_start(&rig);
	ck_assert_int_eq(
		feed_init(&other, &rig.feed_settings, rig.settings.workers, 1),
		0);
	settings = rig.settings;
	settings.listeners = listeners;
	for (unsigned i = 0; i < 2; i++)
		listeners[i] = rig.listeners[i];
}

static void empty(struct feed *f)
{
	struct batch *b;

	while ((b = ring_try_pop(&f->sealed)) != NULL) {
		batch_settle(b, batch_left(b));
		batch_pool_put(&f->pool, &b);
	}
}

static void tear_down(void)
{
	rig_end(&rig, 5000);
	empty(&other);
	feed_deinit(&other);
}

static int change(struct feed **feeds, size_t n)
{
	return intake_change(
		rig.intake, &settings, feeds, n, error, sizeof(error));
}

static void send_events(int fd, uint32_t n)
{
	struct script s = SCRIPT_NULL;
	uint64_t before = rig_stat(&rig, INTAKE_RECEIVED);

	for (uint32_t i = 0; i < n; i++)
		script_event(&s, i);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	script_free(&s);
	ck_assert(rig_wait_stat(&rig, INTAKE_RECEIVED, before + n));
}

static void check_feed(struct feed *f, uint64_t events)
{
	ck_assert_uint_eq(stat_sum(&f->stats, OUTPUT_TAKEN), events);
	ck_assert_uint_eq(feed_intake(f, &rig.stats, INTAKE_RECEIVED), events);
}

START_TEST(a_feed_gets_what_comes_while_it_is_among_them)
{
	struct feed *both[] = { &rig.feed, &other };
	int fd = rig_connect(&rig, RIG_UNIX);

	ck_assert(peer_open(fd));
	send_events(fd, 10);
	ck_assert_msg(change(both, 2) == 0, "%s", error);
	send_events(fd, 20);
	check_feed(&rig.feed, 30);
	check_feed(&other, 20);
	ck_assert_int_eq(change(&both[1], 1), 0);
	atomic_store(&rig.feed.left, true);
	send_events(fd, 5);
	check_feed(&rig.feed, 30);
	check_feed(&other, 25);
	/* nothing of the one that went is with a worker any more */
	empty(&rig.feed);
	ck_assert_uint_eq(batch_pool_held(&rig.feed.pool), 0);
	close(fd);
}
END_TEST

static bool is_refused(const struct address *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM, 0);
	bool refused = connect(fd, &a->sa, a->len) != 0;

	close(fd);
	return refused;
}

START_TEST(a_listener_that_goes_leaves_its_connections_alone)
{
	struct feed *feeds[] = { &rig.feed };
	int tcp = rig_connect(&rig, RIG_TCP), again;

	ck_assert(peer_open(tcp));
	settings.n_listeners = 1;
	ck_assert_msg(change(feeds, 1) == 0, "%s", error);
	ck_assert(is_refused(&listeners[RIG_TCP].listen.address));
	send_events(tcp, 10);
	/* it comes back beside what is left of the former one */
	settings.n_listeners = 2;
	ck_assert_msg(change(feeds, 1) == 0, "%s", error);
	again = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(again));
	send_events(again, 10);
	send_events(tcp, 10);
	ck_assert_uint_eq(intake_connections(rig.intake), 2);
	close(tcp);
	close(again);
}
END_TEST

struct seen {
	const char *name;
	bool found;
	struct listener_view view;
};

static void compare(const struct listener_view *v, void *arg)
{
	struct seen *s = arg;

	if (strcmp(v->settings->name, s->name) != 0)
		return;
	s->found = true;
	s->view = *v;
}

static struct seen look(const char *name)
{
	struct seen s = { .name = name };

	intake_listeners_walk(rig.intake, compare, &s);
	return s;
}

START_TEST(a_listener_that_takes_a_free_gate_counts_from_nothing)
{
	struct feed *feeds[] = { &rig.feed };
	int tcp = rig_connect(&rig, RIG_TCP);
	unsigned gate;

	ck_assert(peer_open(tcp));
	send_events(tcp, 10);
	gate = look("tcp").view.gate;
	ck_assert_uint_eq(look("tcp").view.stats[LISTENER_RECEIVED], 10);
	settings.n_listeners = 1;
	ck_assert_msg(change(feeds, 1) == 0, "%s", error);
	/* shut, it goes on counting while it has connections */
	send_events(tcp, 5);
	ck_assert_uint_eq(look("tcp").view.stats[LISTENER_RECEIVED], 15);
	close(tcp);
	while (intake_connections(rig.intake) > 0 || look("tcp").found)
		usleep(1000);

	listeners[1].name = "next";
	listeners[1].listen.address.in.sin_port = 0;
	settings.n_listeners = 2;
	ck_assert_msg(change(feeds, 1) == 0, "%s", error);
	ck_assert(look("next").found);
	ck_assert_uint_eq(look("next").view.gate, gate);
	for (unsigned id = 0; id < LISTENER_STAT_COUNT; id++)
		ck_assert_uint_eq(look("next").view.stats[id], 0);
	/* whose gate it is, its counts stay through other changes */
	settings.max_connections--;
	ck_assert_msg(change(feeds, 1) == 0, "%s", error);
	ck_assert_uint_eq(look("next").view.stats[LISTENER_ACCEPTED], 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), 15);
}
END_TEST

START_TEST(a_change_that_fails_changes_nothing)
{
	struct feed *feeds[] = { &other };
	struct address taken = { .len = sizeof(taken.storage) };
	int fd = rig_connect(&rig, RIG_UNIX);
	int holder = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert(peer_open(fd));
	listeners[2] = listeners[RIG_TCP];
	listeners[2].listen.address.in.sin_port = 0;
	ck_assert_int_eq(bind(holder, &listeners[2].listen.address.sa,
				 listeners[2].listen.address.len),
		0);
	listen(holder, 1);
	getsockname(holder, &taken.sa, &taken.len);
	listeners[2].listen.address = taken;
	settings.n_listeners = 3;
	ck_assert_int_ne(change(feeds, 1), 0);
	ck_assert_ptr_nonnull(strstr(error, "another program listens there"));
	settings.n_listeners = 2;
	settings.max_connections = 1000000;
	ck_assert_int_ne(change(feeds, 1), 0);
	ck_assert_ptr_nonnull(strstr(error, "needs a restart"));
	send_events(fd, 10);
	check_feed(&rig.feed, 10);
	ck_assert_uint_eq(stat_sum(&other.stats, OUTPUT_TAKEN), 0);
	close(holder);
	close(fd);
}
END_TEST

START_TEST(limits_follow)
{
	struct feed *feeds[] = { &rig.feed };
	int fds[3];

	settings.max_connections = 2;
	ck_assert_msg(change(feeds, 1) == 0, "%s", error);
	for (unsigned i = 0; i < 3; i++)
		fds[i] = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fds[0]));
	ck_assert(peer_open(fds[1]));
	ck_assert(peer_is_ended(fds[2]));
	close(fds[2]);
	settings.max_connections = 3000;
	settings.max_per_peer = 1;
	ck_assert_msg(change(feeds, 1) == 0, "%s", error);
	fds[2] = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(fds[2]));
	ck_assert_uint_eq(intake_connections(rig.intake), 3);
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	fds[0] = rig_connect(&rig, RIG_TCP);
	close(fds[0]);
}
END_TEST

static _Atomic uint64_t sent;
static _Atomic bool enough;

static void send_on(void *arg)
{
	int fd = rig_connect(&rig, *(const enum rig_door *)arg);
	struct script s = SCRIPT_NULL;

	for (uint32_t i = 0; i < 10; i++)
		script_event(&s, i);
	ck_assert(peer_open(fd));
	while (!atomic_load(&enough)) {
		ck_assert(peer_write(fd, s.data, s.len, 0));
		atomic_fetch_add(&sent, 10);
		rig_pause_ms(1);
	}
	script_free(&s);
	/* to its end: what the kernel holds counts as sent */
	shutdown(fd, SHUT_WR);
	peer_is_ended(fd);
	close(fd);
}

START_TEST(a_hundred_changes_under_load_lose_nothing)
{
	static const enum rig_door doors[] = { RIG_UNIX, RIG_TCP };
	struct feed *both[] = { &rig.feed, &other };
	struct thread senders[SENDERS] = { 0 };
	uint64_t other_saw;

	atomic_store(&sent, 0);
	atomic_store(&enough, false);
	for (unsigned i = 0; i < SENDERS; i++)
		ck_assert_int_eq(thread_start(&senders[i], "sender", send_on,
					 (void *)&doors[i % 2]),
			0);
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED, SENDERS));
	for (unsigned i = 0; i < CHANGES; i++) {
		settings.n_listeners = 1 + i % 2;
		settings.max_connections = 64 + i;
		ck_assert_msg(change(both, 1 + i / 2 % 2) == 0, "%s", error);
		empty(&rig.feed);
		empty(&other);
	}
	atomic_store(&enough, true);
	for (unsigned i = 0; i < SENDERS; i++)
		thread_join(&senders[i]);
	ck_assert(rig_wait_stat(&rig, INTAKE_RECEIVED, atomic_load(&sent)));
	ck_assert_msg(change(both, 1) == 0, "%s", error);
	atomic_store(&other.left, true);
	check_feed(&rig.feed, atomic_load(&sent));
	other_saw = feed_intake(&other, &rig.stats, INTAKE_RECEIVED);
	ck_assert_uint_eq(stat_sum(&other.stats, OUTPUT_TAKEN), other_saw);
	ck_assert_uint_le(other_saw, atomic_load(&sent));
	ck_assert_uint_eq(
		stat_sum(&rig.feed.stats, OUTPUT_DROPPED_QUEUE_FULL), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("change");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_feed_gets_what_comes_while_it_is_among_them);
	tcase_add_test(t, a_listener_that_goes_leaves_its_connections_alone);
	tcase_add_test(
		t, a_listener_that_takes_a_free_gate_counts_from_nothing);
	tcase_add_test(t, a_change_that_fails_changes_nothing);
	tcase_add_test(t, limits_follow);
	tcase_add_test(t, a_hundred_changes_under_load_lose_nothing);
	return suite_run("change", t);
}
