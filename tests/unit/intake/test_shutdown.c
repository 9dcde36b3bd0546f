/*
 * The intake's half of the shutdown: what was sent before is read, nobody
 * holds it up for longer than the deadline.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "lib/suite.h"

static struct rig rig;

START_TEST(what_a_unix_peer_wrote_before_the_stop_is_read_and_nothing_after)
{
	struct script s = SCRIPT_NULL;
	uint32_t sent = 0;
	int fd, alive = 1;

	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fd));
	for (; sent < 1000; sent++)
		script_event(&s, sent);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	intake_stop(rig.intake, clock_mono_ns(&clock_system) + 10 * NS_PER_S);
	alive = peer_write(fd, s.data, s.len, 0);
	ck_assert_int_eq(alive, 0);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), sent);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_STREAMS_CUT), 1);
	rig_collect(&rig);
	ck_assert_uint_eq(rig.events, sent);
	close(fd);
	script_free(&s);
	rig_end(&rig, 0);
}
END_TEST

/* A sender at full speed, one frame a write, until it is told to go away. */
static void *send_for_ever(void *arg)
{
	int fd = *(int *)arg;
	uint64_t sent = 0;
	struct script s = SCRIPT_NULL;

	script_event(&s, 1);
	while (send(fd, s.data, s.len, MSG_NOSIGNAL) == (ssize_t)s.len)
		sent++;
	script_free(&s);
	return (void *)(uintptr_t)sent;
}

START_TEST(a_stop_under_load_loses_nothing_that_a_unix_peer_got_rid_of)
{
	pthread_t sender;
	void *sent;
	int fd;

	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fd));
	ck_assert_int_eq(pthread_create(&sender, NULL, send_for_ever, &fd), 0);
	rig_pause_ms(100);
	intake_stop(rig.intake, clock_mono_ns(&clock_system) + 10 * NS_PER_S);
	pthread_join(sender, &sent);
	ck_assert_uint_gt((uintptr_t)sent, 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), (uintptr_t)sent);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED),
		stat_sum(&rig.feed.stats, OUTPUT_TAKEN));
	close(fd);
	rig_end(&rig, 0);
}
END_TEST

START_TEST(a_tcp_peer_may_finish_during_the_stop)
{
	struct script s = script_stream(100);
	int fd;

	rig_start(&rig);
	fd = rig_connect(&rig, RIG_TCP);
	struct script ready = SCRIPT_NULL;

	script_control(&ready, SCRIPT_READY, SCRIPT_TYPE);
	ck_assert(peer_write(fd, ready.data, ready.len, 0));
	ck_assert_uint_eq(peer_read_control(fd), 1);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	intake_stop(rig.intake, clock_mono_ns(&clock_system) + 10 * NS_PER_S);
	ck_assert_uint_eq(peer_read_control(fd), 5);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), 100);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_STREAMS_FINISHED), 1);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_STREAMS_CUT), 0);
	ck_assert_ptr_null(intake_stuck(rig.intake));
	ck_assert_ptr_null(intake_stuck(rig.intake));
	close(fd);
	script_free(&s);
	script_free(&ready);
	rig_end(&rig, 0);
}
END_TEST

START_TEST(a_quiet_tcp_peer_does_not_hold_the_stop_to_its_deadline)
{
	uint64_t begun;
	int fd, greeting;

	rig_start(&rig);
	fd = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(fd));
	greeting = rig_connect(&rig, RIG_TCP);
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED, 2));
	begun = clock_mono_ns(&clock_system);
	intake_stop(rig.intake, begun + 60 * NS_PER_S);
	ck_assert_uint_ge(
		clock_mono_ns(&clock_system) - begun, 200 * NS_PER_MS);
	ck_assert_uint_lt(clock_mono_ns(&clock_system) - begun, 10 * NS_PER_S);
	ck_assert(peer_is_ended(fd));
	ck_assert(peer_is_ended(greeting));
	close(fd);
	close(greeting);
	rig_end(&rig, 0);
}
END_TEST

START_TEST(a_tcp_peer_that_never_stops_is_closed_at_the_deadline)
{
	pthread_t sender;
	uint64_t begun;
	int fd;

	rig_start(&rig);
	fd = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(fd));
	ck_assert_int_eq(pthread_create(&sender, NULL, send_for_ever, &fd), 0);
	begun = clock_mono_ns(&clock_system);
	intake_stop(rig.intake, begun + 500 * NS_PER_MS);
	ck_assert_uint_ge(
		clock_mono_ns(&clock_system) - begun, 500 * NS_PER_MS);
	pthread_join(sender, NULL);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED),
		stat_sum(&rig.feed.stats, OUTPUT_TAKEN));
	close(fd);
	rig_end(&rig, 0);
}
END_TEST

static void *cut_soon(void *arg)
{
	(void)arg;
	rig_pause_ms(100);
	intake_cut(rig.intake);
	return NULL;
}

START_TEST(a_cut_ends_the_stop_at_once)
{
	pthread_t cutter, sender;
	uint64_t begun = clock_mono_ns(&clock_system);
	int fd;

	rig_start(&rig);
	fd = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(fd));
	ck_assert_int_eq(pthread_create(&sender, NULL, send_for_ever, &fd), 0);
	ck_assert_int_eq(pthread_create(&cutter, NULL, cut_soon, NULL), 0);
	intake_stop(rig.intake, begun + 600 * NS_PER_S);
	ck_assert_uint_lt(clock_mono_ns(&clock_system) - begun, 60 * NS_PER_S);
	pthread_join(cutter, NULL);
	pthread_join(sender, NULL);
	close(fd);
	rig_end(&rig, 0);
}
END_TEST

static void set_up(void)
{
	rig_init(&rig);
}

int main(void)
{
	TCase *t = tcase_create("shutdown");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t,
		what_a_unix_peer_wrote_before_the_stop_is_read_and_nothing_after);
	tcase_add_test(
		t, a_stop_under_load_loses_nothing_that_a_unix_peer_got_rid_of);
	tcase_add_test(t, a_tcp_peer_may_finish_during_the_stop);
	tcase_add_test(
		t, a_quiet_tcp_peer_does_not_hold_the_stop_to_its_deadline);
	tcase_add_test(
		t, a_tcp_peer_that_never_stops_is_closed_at_the_deadline);
	tcase_add_test(t, a_cut_ends_the_stop_at_once);
	return suite_run("shutdown", t);
}
