/*
 * Who is let in: the limit, and a system that is short of descriptors or of
 * something else.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "lib/suite.h"

static struct rig rig;

/* accept4(2) of the archive's objects: fails so often, in that way. */
static _Atomic int failures, failure;

int __real_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags);

int __wrap_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	if (atomic_load(&failures) == 0)
		return __real_accept4(fd, sa, len, flags);
	atomic_fetch_sub(&failures, 1);
	errno = atomic_load(&failure);
	return -1;
}

START_TEST(the_connection_limit_is_exact_and_refusals_are_paced)
{
	enum { LIMIT = 4, TRIES = 100 };
	int fds[LIMIT], late = -1;
	uint64_t begun, pauses;
	bool in = false;

	rig.settings.max_connections = LIMIT;
	rig.settings.refusals_per_second = 100;
	rig_start(&rig);
	for (unsigned i = 0; i < LIMIT; i++) {
		fds[i] = rig_connect(&rig, RIG_UNIX);
		ck_assert(peer_open(fds[i]));
	}
	ck_assert_uint_eq(intake_connections(rig.intake), LIMIT);
	/* a peer that comes back at once, again and again */
	begun = clock_mono_ns(&clock_system);
	for (unsigned i = 0; i < TRIES; i++)
		close(rig_connect(&rig, RIG_UNIX));
	rig_pause_ms(50);
	pauses = (clock_mono_ns(&clock_system) - begun) / (100 * NS_PER_MS);
	ck_assert_uint_ge(rig_stat(&rig, INTAKE_REFUSED_FULL), 1);
	ck_assert_uint_le(
		rig_stat(&rig, INTAKE_REFUSED_FULL), 10 * (pauses + 2));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED), LIMIT);
	/* places that become free are given again */
	for (unsigned i = 0; i < LIMIT; i++)
		close(fds[i]);
	for (unsigned i = 0; i < 200 && !in; i++) {
		late = rig_connect(&rig, RIG_UNIX);
		in = peer_open(late);
		if (!in) {
			close(late);
			rig_pause_ms(20);
		}
	}
	ck_assert(in);
	close(late);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(running_out_of_descriptors_is_survived)
{
	struct script s = script_stream(3);
	struct rlimit before, tight;
	int fd, probe;

	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fd));
	int waiting = rig_connect(&rig, RIG_UNIX);

	ck_assert(peer_open(waiting));
	close(waiting);
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED, 1));
	rig_pause_ms(50); /* the descriptor is closed after a grace period */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	waiting = socket(AF_UNIX, SOCK_STREAM, 0);
	probe = dup(fd);
	tight = (struct rlimit){ (rlim_t)probe, before.rlim_max };
	close(probe);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
	ck_assert_int_eq(connect(waiting, &rig.listeners[0].listen.address.sa,
				 rig.listeners[0].listen.address.len),
		0);
	rig_pause_ms(200);
	uint64_t errors = rig_stat(&rig, INTAKE_ACCEPT_ERRORS);

	ck_assert_uint_ge(errors, 1);
	ck_assert_uint_le(errors, 10); /* 5, 10, 20, 40, 80 ms apart */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert(peer_write(waiting, s.data, s.len, 0));
	ck_assert(peer_is_ended(waiting));
	ck_assert(rig_ledger_is(&rig, 3, 0, 0, 0));
	close(waiting);
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

static const int errors[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS, ECONNABORTED,
	EPROTO, EPERM, EINTR, EAGAIN };

START_TEST(whatever_accept_says_the_next_one_is_served)
{
	enum { TIMES = 4 };
	struct script s = script_stream(3);
	bool counts = errors[_i] != EINTR && errors[_i] != EAGAIN;
	int fd;

	rig_start(&rig);
	atomic_store(&failure, errors[_i]);
	atomic_store(&failures, TIMES);
	fd = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(rig_ledger_is(&rig, 3, 0, 0, 0));
	ck_assert_uint_eq(
		rig_stat(&rig, INTAKE_ACCEPT_ERRORS), counts ? TIMES : 0);
	ck_assert_int_eq(atomic_load(&failures), 0);
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

static void set_up(void)
{
	rig_init(&rig);
}

int main(void)
{
	TCase *t = tcase_create("admission");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, the_connection_limit_is_exact_and_refusals_are_paced);
	tcase_add_test(t, running_out_of_descriptors_is_survived);
	tcase_add_loop_test(t, whatever_accept_says_the_next_one_is_served, 0,
		COUNT(errors));
	return suite_run("admission", t);
}
