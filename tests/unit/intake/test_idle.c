/* The idle deadline: who is closed, when, and who is not. */
#include <sys/socket.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "lib/suite.h"

enum { TIMEOUT_MS = 1500 };

static struct rig rig;

static void set_up(void)
{
	rig_init(&rig);
	rig.settings.workers = 1;
	rig.listeners[RIG_TCP].idle_timeout_ns = TIMEOUT_MS * NS_PER_MS;
}

static bool is_open(int fd)
{
	char octet;

	return recv(fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

static bool send_event(int fd, uint32_t number)
{
	struct script s = SCRIPT_NULL;
	bool good;

	script_event(&s, number);
	good = peer_write(fd, s.data, s.len, 0);
	script_free(&s);
	return good;
}

START_TEST(a_quiet_stream_is_closed_after_its_listeners_timeout)
{
	uint64_t begun;
	int quiet, local;

	rig_start(&rig);
	local = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(local));
	begun = clock_mono_ns(&clock_system);
	quiet = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(quiet));
	ck_assert(peer_is_ended(quiet));
	/* never before, whatever part of a tick had gone by */
	ck_assert_uint_ge(
		clock_mono_ns(&clock_system) - begun, TIMEOUT_MS * NS_PER_MS);
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED, 1));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_CONNECTIONS_IDLE), 1);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	/* another listener, without one */
	ck_assert(is_open(local));
	ck_assert(send_event(local, 1));
	ck_assert(rig_wait_events(&rig, 1));
	close(quiet);
	close(local);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(who_brings_something_now_and_then_stays)
{
	enum { STEPS = 14 }; /* longer than the timeout, in all */
	int early, late, quiet;

	rig_start(&rig);
	early = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(early));
	quiet = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(quiet));
	late = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(late));
	for (uint32_t i = 0; i < STEPS; i++) {
		rig_pause_ms(TIMEOUT_MS / 8);
		/* so the order of the list changes */
		ck_assert(send_event(i % 2 ? early : late, i));
	}
	ck_assert(peer_is_ended(quiet));
	ck_assert(is_open(early));
	ck_assert(is_open(late));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_CONNECTIONS_IDLE), 1);
	ck_assert(rig_wait_events(&rig, STEPS));
	/* and in the end they go, too, in their order */
	ck_assert(peer_is_ended(late));
	ck_assert(peer_is_ended(early));
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_IDLE, 3));
	close(early);
	close(late);
	close(quiet);
	rig_end(&rig, 1000);
}
END_TEST

/* Its octets wait in the socket while the only worker waits for room. */
START_TEST(who_waits_for_us_is_not_idle)
{
	struct script flood = script_stream(1000);
	int blocking, patient;

	rig.feed_settings.overflow = OVERFLOW_BLOCK;
	rig.feed_settings.buffer_events = 20;
	rig.feed_settings.batch_events = 10;
	rig_start(&rig);
	patient = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(patient));
	blocking = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(blocking, flood.data, flood.len, 0));
	for (unsigned i = 0; i < 1000; i++) {
		if (stat_sum(&rig.feed.stats, OUTPUT_TAKEN) == 30)
			break;
		rig_pause_ms(10);
	}
	ck_assert(send_event(patient, 1));
	rig_pause_ms(TIMEOUT_MS + 500);
	ck_assert(rig_wait_events(&rig, 1001));
	ck_assert(is_open(patient));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_CONNECTIONS_IDLE), 0);
	close(patient);
	close(blocking);
	script_free(&flood);
	rig_end(&rig, 1000);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("idle");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, a_quiet_stream_is_closed_after_its_listeners_timeout);
	tcase_add_test(t, who_brings_something_now_and_then_stays);
	tcase_add_test(t, who_waits_for_us_is_not_idle);
	return suite_run("idle", t);
}
