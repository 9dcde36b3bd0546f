#include "intake/intake.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "lib/suite.h"

static struct rig rig;

static void pause_ms(unsigned ms)
{
	const struct timespec t = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&t, NULL);
}

/* START, `events` events, STOP. */
static struct script make_stream(uint32_t events)
{
	struct script s = SCRIPT_NULL;

	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	for (uint32_t i = 0; i < events; i++)
		script_event(&s, i);
	script_control(&s, SCRIPT_STOP, NULL);
	return s;
}

static bool is_ended(int fd)
{
	char octet;

	return recv(fd, &octet, 1, 0) <= 0;
}

static void check_ledger(uint64_t received, uint64_t not_dnstap,
	uint64_t too_large, uint64_t malformed)
{
	uint64_t events = received - not_dnstap - too_large;

	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), received);
	ck_assert_uint_eq(
		rig_stat(&rig, INTAKE_DROPPED_NOT_DNSTAP), not_dnstap);
	ck_assert_uint_eq(
		rig_stat(&rig, INTAKE_DROPPED_FRAME_TOO_LARGE), too_large);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_MALFORMED_DNS), malformed);
	ck_assert(rig_wait_events(&rig, events));
	ck_assert_uint_eq(stat_sum(&rig.feed.stats, OUTPUT_TAKEN), events);
}

static void check_no_connection_left(void)
{
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED,
		rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED)));
	ck_assert_uint_eq(intake_connections(rig.intake), 0);
}

static uint32_t next_number;

static void check_order(struct rig *r, const char *line, size_t len)
{
	char name[32];
	int n = snprintf(name, sizeof(name), "n%u.example", next_number++);

	(void)r;
	ck_assert_ptr_nonnull(memmem(line, len, name, (size_t)n));
}

START_TEST(a_bidirectional_stream_is_accepted_read_and_finished)
{
	struct script s = make_stream(1000);
	int fd;

	rig.on_event = check_order;
	rig_start(&rig);
	fd = rig_connect(&rig, (enum rig_door)_i);
	struct script ready = SCRIPT_NULL;

	script_control(&ready, SCRIPT_READY, SCRIPT_TYPE);
	ck_assert(peer_write(fd, ready.data, ready.len, 0));
	ck_assert_uint_eq(peer_read_control(fd), 1);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert_uint_eq(peer_read_control(fd), 5);
	ck_assert(is_ended(fd));
	check_ledger(1000, 0, 0, 0);
	ck_assert_uint_eq(
		rig_stat(&rig, INTAKE_RECEIVED_BYTES), ready.len + s.len);
	check_no_connection_left();
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_STREAMS_FINISHED), 1);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_IO_ERRORS), 0);
	close(fd);
	script_free(&s);
	script_free(&ready);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_unidirectional_stream_gets_no_reply)
{
	struct script s = make_stream(10);
	int fd;

	rig_start(&rig);
	fd = rig_connect(&rig, (enum rig_door)_i);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(is_ended(fd));
	check_ledger(10, 0, 0, 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_STREAMS_FINISHED), 1);
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(streams_may_come_in_any_pieces)
{
	struct script s = make_stream(20);
	struct script twenty = SCRIPT_NULL;
	size_t step = (size_t)_i;

	script_control(&twenty, SCRIPT_READY, SCRIPT_TYPE);
	script_add(&twenty, s.data, s.len);
	rig.on_event = check_order;
	rig_start(&rig);
	int fd = rig_connect(&rig, RIG_UNIX);

	ck_assert(peer_write(fd, twenty.data, twenty.len, step));
	ck_assert_uint_eq(peer_read_control(fd), 1);
	ck_assert_uint_eq(peer_read_control(fd), 5);
	check_ledger(20, 0, 0, 0);
	close(fd);
	script_free(&s);
	script_free(&twenty);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_second_ready_in_the_place_of_start_is_answered_again)
{
	struct script ready = SCRIPT_NULL;
	int fd;

	script_control(&ready, SCRIPT_READY, SCRIPT_TYPE);
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(peer_write(fd, ready.data, ready.len, 0));
		ck_assert_uint_eq(peer_read_control(fd), 1);
	}
	ck_assert(peer_open(fd));
	close(fd);
	check_no_connection_left();
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	script_free(&ready);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(bad_payloads_and_oversized_frames_cost_only_themselves)
{
	struct script s = SCRIPT_NULL;
	int fd;

	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	script_event(&s, 1);
	script_rubbish(&s, 7); /* no protobuf */
	script_event(&s, 2);
	script_rubbish(&s, rig.settings.max_frame + 1); /* too large */
	script_event(&s, 3);
	script_rubbish(&s, 300 * 1024); /* larger than the read buffer */
	script_event(&s, 4);
	script_control(&s, SCRIPT_STOP, NULL);
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_write(fd, s.data, s.len, (size_t)_i));
	ck_assert(is_ended(fd));
	check_ledger(7, 1, 2, 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_broken_dns_message_is_an_event_and_counted)
{
	struct script s = SCRIPT_NULL;
	int fd;

	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	script_event(&s, 1);
	/* a label type that does not exist */
	uint8_t *label = memmem(s.data, s.len, "\7example", 8);

	ck_assert_ptr_nonnull(label);
	*label = 0xbf;
	script_control(&s, SCRIPT_STOP, NULL);
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(is_ended(fd));
	check_ledger(1, 0, 0, 1);
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

static struct script make_violation(int which)
{
	struct script s = SCRIPT_NULL;

	switch (which) {
	case 0: /* another content type */
		script_control(&s, SCRIPT_READY, "protobuf:other.Thing");
		break;
	case 1: /* none */
		script_control(&s, SCRIPT_READY, NULL);
		break;
	case 2:
		script_control(&s, SCRIPT_STOP, NULL);
		break;
	case 3: /* data before START */
		script_event(&s, 1);
		break;
	case 4: /* too large a frame before START */
		script_rubbish(&s, 5000);
		break;
	case 5: /* a peer that speaks something else */
		script_add(&s, "GET / HTTP/1.1\r\n\r\n", 18);
		break;
	case 6: /* a frame no connection could ever bring */
		script_control(&s, SCRIPT_START, SCRIPT_TYPE);
		script_u32(&s, 0x7fffffff);
		break;
	case 7: /* READY on an open stream */
		script_control(&s, SCRIPT_START, SCRIPT_TYPE);
		script_control(&s, SCRIPT_READY, SCRIPT_TYPE);
		break;
	case 8: /* a control frame with an unknown type */
		script_control(&s, 77, NULL);
		break;
	case 9: /* too long a control frame */
		script_u32(&s, 0);
		script_u32(&s, 513);
		break;
	}
	return s;
}

START_TEST(a_violation_closes_that_connection_and_is_counted)
{
	struct script s = make_violation(_i);
	struct script good = make_stream(5);
	int fd, other;

	rig_start(&rig);
	other = rig_connect(&rig, RIG_UNIX);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(is_ended(fd));
	ck_assert(rig_wait_stat(&rig, INTAKE_PROTOCOL_ERRORS, 1));
	ck_assert(peer_write(other, good.data, good.len, 0));
	ck_assert(is_ended(other));
	check_ledger(5, 0, 0, 0);
	check_no_connection_left();
	close(fd);
	close(other);
	script_free(&s);
	script_free(&good);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_peer_that_never_starts_is_closed_in_time)
{
	int mute, open;

	rig.settings.handshake_timeout_ns = 500 * NS_PER_MS;
	rig_start(&rig);
	open = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(open));
	mute = rig_connect(&rig, RIG_TCP);
	ck_assert(is_ended(mute));
	ck_assert(rig_wait_stat(&rig, INTAKE_PROTOCOL_ERRORS, 1));
	pause_ms(600);
	/* one that did start may be as quiet as it likes */
	ck_assert_uint_eq(intake_connections(rig.intake), 1);
	close(mute);
	close(open);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(the_connection_limit_is_exact_and_refusals_are_paced)
{
	enum { LIMIT = 4, TRIES = 100 };
	int fds[LIMIT], late = -1;
	uint64_t begun, pauses;
	bool in = false;

	rig.settings.max_connections = LIMIT;
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
	pause_ms(50);
	pauses = (clock_mono_ns(&clock_system) - begun) / (100 * NS_PER_MS);
	ck_assert_uint_ge(rig_stat(&rig, INTAKE_CONNECTIONS_REFUSED), 1);
	ck_assert_uint_le(
		rig_stat(&rig, INTAKE_CONNECTIONS_REFUSED), 16 * (pauses + 2));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED), LIMIT);
	/* places that become free are given again */
	for (unsigned i = 0; i < LIMIT; i++)
		close(fds[i]);
	for (unsigned i = 0; i < 200 && !in; i++) {
		late = rig_connect(&rig, RIG_UNIX);
		in = peer_open(late);
		if (!in) {
			close(late);
			pause_ms(20);
		}
	}
	ck_assert(in);
	close(late);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(running_out_of_descriptors_is_survived)
{
	struct script s = make_stream(3);
	struct rlimit before, tight;
	int fd, probe;

	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fd));
	int waiting = rig_connect(&rig, RIG_UNIX);

	ck_assert(peer_open(waiting));
	close(waiting);
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED, 1));
	pause_ms(50); /* the descriptor is closed after a grace period */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	waiting = socket(AF_UNIX, SOCK_STREAM, 0);
	probe = dup(fd);
	tight = (struct rlimit){ (rlim_t)probe, before.rlim_max };
	close(probe);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
	ck_assert_int_eq(connect(waiting, &rig.listeners[0].listen.address.sa,
				 rig.listeners[0].listen.address.len),
		0);
	pause_ms(200);
	uint64_t errors = rig_stat(&rig, INTAKE_ACCEPT_ERRORS);

	ck_assert_uint_ge(errors, 1);
	ck_assert_uint_le(errors, 10); /* 5, 10, 20, 40, 80 ms apart */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert(peer_write(waiting, s.data, s.len, 0));
	ck_assert(is_ended(waiting));
	check_ledger(3, 0, 0, 0);
	close(waiting);
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

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
	pause_ms(100);
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
	struct script s = make_stream(100);
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
	ck_assert(is_ended(fd));
	ck_assert(is_ended(greeting));
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
	pause_ms(100);
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

struct flood {
	pthread_t thread;
	int fd;
	_Atomic bool *end;
	const struct script *events;
	uint64_t rounds;
};

/* Writes the same events again and again, in pieces that fit no frame. */
static void *flood(void *arg)
{
	struct flood *f = arg;

	while (!atomic_load(f->end)) {
		if (!peer_write(f->fd, f->events->data, f->events->len, 10007))
			return NULL;
		f->rounds++;
	}
	return f;
}

/* Return: did the intake pass a connection on within the time? */
static bool flood_two(struct flood *a, struct flood *b, unsigned ms)
{
	struct flood *both[] = { a, b };
	_Atomic bool end = false;
	void *good;

	for (unsigned i = 0; i < 2; i++) {
		both[i]->end = &end;
		ck_assert_int_eq(
			pthread_create(&both[i]->thread, NULL, flood, both[i]),
			0);
	}
	for (unsigned t = 0; t < ms; t += 10) {
		if (rig_stat(&rig, INTAKE_CONNECTIONS_MOVED) > 0)
			break;
		pause_ms(10);
		rig_collect(&rig);
	}
	atomic_store(&end, true);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(both[i]->thread, &good);
		ck_assert_ptr_nonnull(good);
	}
	return rig_stat(&rig, INTAKE_CONNECTIONS_MOVED) > 0;
}

START_TEST(a_saturated_worker_passes_a_stream_on_and_nothing_is_lost)
{
	enum { EVENTS = 1000 };
	struct flood f[4] = { 0 };
	struct script events = SCRIPT_NULL;
	uint64_t sent = 0;
	bool moved = false;

	for (uint32_t i = 0; i < EVENTS; i++)
		script_event(&events, i);
	rig_start(&rig);
	for (unsigned i = 0; i < 4; i++) {
		f[i].fd = rig_connect(&rig, (enum rig_door)(i % 2));
		f[i].events = &events;
		ck_assert(peer_open(f[i].fd));
	}
	/* two on each worker; the third is with the first or the second */
	for (unsigned i = 0; i < 8 && !moved; i++)
		moved = flood_two(&f[2], &f[i % 2], 2000);
	ck_assert(moved);
	for (unsigned i = 0; i < 4; i++) {
		sent += f[i].rounds * EVENTS;
		ck_assert(peer_write(f[i].fd, events.data, events.len, 0));
		sent += EVENTS;
		close(f[i].fd);
	}
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED, 4));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), sent);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_DROPPED_NOT_DNSTAP), 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	script_free(&events);
	rig_end(&rig, 1000);
}
END_TEST

/* Until two batches queue and one waits for room. */
static void wait_until_blocked(void)
{
	for (unsigned i = 0; i < 1000; i++) {
		if (stat_sum(&rig.feed.stats, OUTPUT_TAKEN) == 30)
			break;
		pause_ms(10);
	}
	pause_ms(50);
	ck_assert_uint_eq(stat_sum(&rig.feed.stats, OUTPUT_TAKEN), 30);
}

START_TEST(a_blocked_feed_stops_reading_but_not_handshakes)
{
	struct script s = make_stream(1000);
	int fd, late;

	rig.settings.workers = 1;
	rig.feed_settings.overflow = OVERFLOW_BLOCK;
	rig.feed_settings.batch_events = 10;
	rig.feed_settings.buffer_events = 20;
	rig.on_event = check_order;
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	wait_until_blocked();
	late = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(late));
	/* room again: everything comes, in order */
	ck_assert(rig_wait_events(&rig, 1000));
	check_ledger(1000, 0, 0, 0);
	close(fd);
	close(late);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_blocked_feed_is_cut_at_the_deadline_and_what_is_lost_is_counted)
{
	struct script s = make_stream(1000);
	uint64_t begun, taken, dropped;
	int fd;

	rig.feed_settings.overflow = OVERFLOW_BLOCK;
	rig.feed_settings.batch_events = 10;
	rig.feed_settings.buffer_events = 20;
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	wait_until_blocked();
	begun = clock_mono_ns(&clock_system);
	intake_stop(rig.intake, begun + 300 * NS_PER_MS);
	ck_assert_uint_ge(
		clock_mono_ns(&clock_system) - begun, 300 * NS_PER_MS);
	taken = stat_sum(&rig.feed.stats, OUTPUT_TAKEN);
	dropped = stat_sum(&rig.feed.stats, OUTPUT_DROPPED_QUEUE_FULL);
	rig_collect(&rig);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), taken);
	ck_assert_uint_eq(taken, rig.events + dropped);
	ck_assert_uint_eq(rig.events, 20);
	close(fd);
	script_free(&s);
	rig_end(&rig, 0);
}
END_TEST

START_TEST(a_lone_event_is_sealed_when_its_linger_is_over)
{
	struct script s = SCRIPT_NULL;
	int fd;

	script_event(&s, 1);
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fd));
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(rig_wait_events(&rig, 1));
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_start_that_fails_leaves_nothing_behind)
{
	struct intake *i = NULL;
	struct listener_settings bad[2];
	char error[512] = "", path[80];

	rig_start(&rig); /* has the port */
	bad[0] = rig.listeners[0];
	snprintf(path, sizeof(path), "%s/other", rig.dir);
	ck_assert_int_eq(address_parse(&bad[0].listen.address, path), 0);
	bad[1] = rig.listeners[1];
	struct intake_settings s = rig.settings;

	s.listeners = bad;
	ck_assert_int_eq(intake_start(&i, &s, rig.feeds, 1, &rig.stats, error,
				 sizeof(error)),
		-EADDRINUSE);
	ck_assert_ptr_null(i);
	ck_assert_ptr_nonnull(strstr(error, "127.0.0.1"));
	ck_assert_int_ne(access(path, F_OK), 0);
	rig_end(&rig, 1000);
}
END_TEST

static void set_up(void)
{
	rig_init(&rig);
	next_number = 0;
}

int main(void)
{
	TCase *t = tcase_create("intake");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_loop_test(t,
		a_bidirectional_stream_is_accepted_read_and_finished, RIG_UNIX,
		RIG_TCP + 1);
	tcase_add_loop_test(t, a_unidirectional_stream_gets_no_reply, RIG_UNIX,
		RIG_TCP + 1);
	tcase_add_loop_test(t, streams_may_come_in_any_pieces, 1, 12);
	tcase_add_test(
		t, a_second_ready_in_the_place_of_start_is_answered_again);
	tcase_add_loop_test(t,
		bad_payloads_and_oversized_frames_cost_only_themselves, 0, 1);
	tcase_add_loop_test(t,
		bad_payloads_and_oversized_frames_cost_only_themselves, 999,
		1001);
	tcase_add_test(t, a_broken_dns_message_is_an_event_and_counted);
	tcase_add_loop_test(
		t, a_violation_closes_that_connection_and_is_counted, 0, 10);
	tcase_add_test(t, a_peer_that_never_starts_is_closed_in_time);
	tcase_add_test(t, the_connection_limit_is_exact_and_refusals_are_paced);
	tcase_add_test(t, running_out_of_descriptors_is_survived);
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
	tcase_add_test(
		t, a_saturated_worker_passes_a_stream_on_and_nothing_is_lost);
	tcase_add_test(t, a_blocked_feed_stops_reading_but_not_handshakes);
	tcase_add_test(t,
		a_blocked_feed_is_cut_at_the_deadline_and_what_is_lost_is_counted);
	tcase_add_test(t, a_lone_event_is_sealed_when_its_linger_is_over);
	tcase_add_test(t, a_start_that_fails_leaves_nothing_behind);
	return suite_run("intake", t);
}
