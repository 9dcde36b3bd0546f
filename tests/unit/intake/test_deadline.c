/*
 * Every deadline to the nanosecond: one worker without its thread, turned by
 * hand, and a clock that moves only when it is told to.
 */
#include "intake/deadline.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event/feed.h"
#include "lib/fake_clock.h"
#include "lib/intake_rig.h"
#include "lib/suite.h"
#include "lib/tls_pki.h"

enum { UNIX = 0, TCP = 1, TLS = 2, LISTENERS = 3 };

#define SHAKE_NS (3 * NS_PER_S)
#define GREET_NS (5 * NS_PER_S)
#define IDLE_NS  (600 * NS_PER_S)

static struct fake_clock now;
static struct pki pki;
static struct listener_settings listeners[LISTENERS];
static struct intake_settings settings;
static struct stat_set stats;
static struct crew crew;
static struct feed feed;
static struct feed *feeds[] = { &feed };
static struct worker w;

static void set_up(void)
{
	static const struct feed_settings fs = {
		.name = "test",
		.batch_events = 100,
		.batch_bytes = 256 * 1024,
		.linger_ns = 1, /* sealed at once: no deadline of ours */
		.buffer_events = 10000,
	};
	char error[512];

	rcu_register_thread();
	pki_init(&pki);
	fake_clock_init(&now);
	for (unsigned i = 0; i < LISTENERS; i++)
		listeners[i].name = "test";
	listeners[TCP].idle_timeout_ns = IDLE_NS;
	listeners[TLS].idle_timeout_ns = IDLE_NS;
	listeners[TLS].listen.address.tls = true;
	listeners[TLS].tls = (struct tls_settings){
		.cert = pki.server.cert,
		.key = pki.server.key,
	};
	settings = (struct intake_settings){
		.clock = &now.clock,
		.listeners = listeners,
		.n_listeners = LISTENERS,
		.workers = 1,
		.max_connections = 4096,
		.max_frame = 4096,
		.frame_memory = 1024 * 1024,
		.read_buffer = 64 * 1024,
		.handshake_timeout_ns = GREET_NS,
		.tls_handshake_timeout_ns = SHAKE_NS,
	};
	ck_assert_int_eq(stat_set_init(&stats, 2), 0);
	ck_assert_int_eq(feed_init(&feed, &fs, 1, 1), 0);
	ck_assert_int_eq(crew_init(&crew, &settings, &stats), 0);
	ck_assert_int_eq(
		plan_new(&crew.plan, &settings, feeds, 1, NULL, NULL), 0);
	ck_assert_int_eq(tls_keyring_init(&crew.keyrings[TLS],
				 &listeners[TLS].tls, error, sizeof(error)),
		0);
	admission_change(&crew.admission, &settings);
	ck_assert_int_eq(worker_init(&w, &crew, 0), 0);
}

static void tear_down(void)
{
	ck_assert_uint_eq(w.connections, 0);
	ck_assert_uint_eq(registry_count(&crew.registry), 0);
	rcu_barrier();
	worker_deinit(&w);
	crew_deinit(&crew);
	feed_deinit(&feed);
	stat_set_deinit(&stats);
	pki_deinit(&pki);
	rcu_unregister_thread();
}

/* The worker looks after so much time. */
static void advance(uint64_t ns)
{
	fake_clock_advance(&now, ns);
	for (int i = 0; i < 3; i++) /* an outer set tells of an inner one */
		worker_turn(&w, 0);
}

/* Would a worker that sleeps wake up in time for it, and not long before? */
static void check_sleeps_until(uint64_t ns)
{
	ck_assert_int_eq(worker_sleep_ms(&w),
		(int)((ns < 60 * NS_PER_S ? ns : 60 * NS_PER_S) / NS_PER_MS));
}

/* A connection that was accepted now.  Return: the peer's end. */
static int come(unsigned listener)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr un = { .sa_family = AF_UNIX };
	struct conn *c;
	int fds[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	ck_assert_int_eq(
		conn_new(&c, fds[0],
			listener == UNIX ? &un : (struct sockaddr *)&in,
			listener, settings.max_frame, &crew.frame_memory,
			now.mono_ns),
		0);
	ck_assert_int_eq(crew_admit(&crew, c), 0);
	crew_hand_over(&crew, 0, c);
	advance(0);
	return fds[1];
}

static void say(int fd, const struct script *s)
{
	ck_assert(peer_write(fd, s->data, s->len, 0));
	advance(0);
}

static void begin_stream(int fd)
{
	struct script s = SCRIPT_NULL;

	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	say(fd, &s);
	script_free(&s);
}

static int come_streaming(unsigned listener)
{
	int fd = come(listener);

	begin_stream(fd);
	return fd;
}

static void send_event(int fd)
{
	struct script s = SCRIPT_NULL;

	script_event(&s, 1);
	say(fd, &s);
	script_free(&s);
}

static bool is_open(int fd)
{
	char octet;

	return recv(fd, &octet, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

static uint64_t count(enum intake_stat id)
{
	return stat_sum(&stats, id);
}

static void go(int fd)
{
	close(fd);
	advance(0);
}

START_TEST(a_stream_must_begin_in_time)
{
	int fd = come((unsigned)_i);

	check_sleeps_until(GREET_NS);
	advance(GREET_NS - 1);
	ck_assert(is_open(fd));
	advance(1);
	ck_assert(!is_open(fd));
	ck_assert_uint_eq(count(INTAKE_START_TIMEOUTS), 1);
	ck_assert_uint_eq(count(INTAKE_PROTOCOL_ERRORS), 0);
	ck_assert_int_eq(worker_sleep_ms(&w), -1);
	close(fd);
}
END_TEST

START_TEST(octets_now_and_then_put_off_neither_handshake)
{
	bool tls = _i == TLS;
	uint64_t left = tls ? SHAKE_NS : GREET_NS;
	/* the first octets of a READY, of a record */
	const char *octets = tls ? "\x16\x03\x01\x01" : "\0\0\0\0\0\0";
	int fd = come((unsigned)_i);

	for (size_t i = 0; left > NS_PER_S; i++) {
		ck_assert_int_eq(send(fd, octets + i, 1, 0), 1);
		advance(NS_PER_S);
		left -= NS_PER_S;
		check_sleeps_until(left);
	}
	advance(NS_PER_S - 1);
	ck_assert(is_open(fd));
	advance(1);
	ck_assert(!is_open(fd));
	ck_assert_uint_eq(count(INTAKE_TLS_FAILED_TIMEOUT), tls);
	ck_assert_uint_eq(count(INTAKE_START_TIMEOUTS), !tls);
	close(fd);
}
END_TEST

/* A client whose session is open. */
static void shake_hands(struct tls_client *client, int fd)
{
	int r;

	tls_client_init(client, &pki, NULL, NULL, fd);
	do {
		r = gnutls_handshake(client->session);
		advance(0);
	} while (r == GNUTLS_E_AGAIN);
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(count(INTAKE_TLS_HANDSHAKES), 1);
}

START_TEST(after_tls_the_stream_has_its_own_time)
{
	int fd = come(TLS), r = GNUTLS_E_AGAIN;
	struct tls_client client;
	uint8_t octet;

	advance(SHAKE_NS - 1);
	shake_hands(&client, fd);
	check_sleeps_until(GREET_NS);
	advance(GREET_NS - 1);
	ck_assert_int_eq(
		gnutls_record_recv(client.session, &octet, 1), GNUTLS_E_AGAIN);
	ck_assert_uint_eq(w.connections, 1);
	advance(1);
	ck_assert_uint_eq(w.connections, 0);
	for (int i = 0; i < 10 && r == GNUTLS_E_AGAIN; i++) /* its ticket */
		r = (int)gnutls_record_recv(client.session, &octet, 1);
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(count(INTAKE_START_TIMEOUTS), 1);
	ck_assert_uint_eq(count(INTAKE_TLS_FAILED_TIMEOUT), 0);
	tls_client_deinit(&client);
	close(fd);
}
END_TEST

static uint64_t count_accepts(void)
{
	struct histogram_reading reading;

	histogram_read(&crew.accepts, &reading);
	return reading.count;
}

/* Every record ends within a READY, so something is always pending. */
START_TEST(readys_without_end_hold_up_nobody_and_no_deadline)
{
	enum { RECORD = 40, RECORDS = 3 };
	struct script s = SCRIPT_NULL;
	struct tls_client client;
	size_t ready;
	int fd = come(TLS), other;

	shake_hands(&client, fd);
	script_control(&s, SCRIPT_READY, SCRIPT_TYPE);
	ready = s.len;
	for (unsigned i = 1; i < RECORD * RECORDS; i++)
		script_control(&s, SCRIPT_READY, SCRIPT_TYPE);
	ck_assert(tls_client_write(&client, s.data, 1, 0));
	ck_assert(tls_client_write(
		&client, s.data + 1, s.len - 1, ready * RECORD));
	advance(0);
	ck_assert_uint_gt(count_accepts(), 0);
	ck_assert_uint_lt(count_accepts(), RECORD);
	other = come_streaming(TCP);
	send_event(other);
	ck_assert_uint_eq(count(INTAKE_RECEIVED), 1);
	advance(GREET_NS);
	ck_assert_uint_eq(count(INTAKE_START_TIMEOUTS), 1);
	ck_assert_uint_eq(w.connections, 1);
	tls_client_deinit(&client);
	script_free(&s);
	close(fd);
	go(other);
}
END_TEST

/* Activity is noted by the tick, so the deadline is up to two ticks late. */
START_TEST(a_quiet_stream_is_closed_after_its_listeners_timeout)
{
	int quiet = come_streaming(TCP), local = come_streaming(UNIX);

	check_sleeps_until(60 * NS_PER_S); /* it looks again, and sleeps on */
	advance(IDLE_NS);
	ck_assert(is_open(quiet));
	ck_assert_int_ge(worker_sleep_ms(&w), 1);
	ck_assert_int_le(worker_sleep_ms(&w), 2 * CONN_TICK_NS / NS_PER_MS);
	advance(2 * CONN_TICK_NS);
	ck_assert(!is_open(quiet));
	ck_assert_uint_eq(count(INTAKE_CONNECTIONS_IDLE), 1);
	/* another listener, without one: whatever the time */
	ck_assert_int_eq(worker_sleep_ms(&w), -1);
	advance(1000 * 3600 * NS_PER_S);
	ck_assert(is_open(local));
	ck_assert_uint_eq(count(INTAKE_CONNECTIONS_CLOSED), 1);
	close(quiet);
	go(local);
}
END_TEST

START_TEST(who_brings_something_now_and_then_stays)
{
	int quiet = come_streaming(TCP), early = come_streaming(TCP),
	    late = come_streaming(TCP);

	for (int i = 0; i < 50; i++) {
		advance(IDLE_NS / 10);
		send_event(i % 2 ? early : late); /* their order changes */
		ck_assert_int_eq(is_open(quiet), i < 10);
	}
	ck_assert(is_open(early));
	ck_assert(is_open(late));
	ck_assert_uint_eq(count(INTAKE_CONNECTIONS_IDLE), 1);
	/* half frames are activity, too; then each goes at its time */
	advance(IDLE_NS / 10);
	ck_assert_int_eq(send(late, "\0\0", 2, 0), 2);
	advance(0);
	advance(IDLE_NS * 9 / 10);
	ck_assert(is_open(early));
	advance(2 * CONN_TICK_NS);
	ck_assert(!is_open(early));
	ck_assert(is_open(late));
	advance(IDLE_NS / 10);
	ck_assert(!is_open(late));
	ck_assert_uint_eq(count(INTAKE_CONNECTIONS_IDLE), 3);
	close(quiet);
	close(early);
	close(late);
}
END_TEST

/* What they brought lies in the socket: it may be we who did not read. */
START_TEST(who_waits_for_us_is_not_idle)
{
	struct script s = SCRIPT_NULL;
	int fd = come_streaming(TCP);

	script_event(&s, 1);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	fake_clock_advance(&now, 2 * IDLE_NS);
	w.tick = (uint32_t)(now.mono_ns / WORKER_TICK_NS);
	deadline_close_idle(&w);
	ck_assert(is_open(fd));
	ck_assert_uint_eq(w.connections, 1);
	script_free(&s);
	go(fd);
}
END_TEST

/*
 * Some in every list, a millisecond apart: each goes in its own millisecond,
 * and a turn before any of them is due looks at none.
 */
START_TEST(of_many_those_whose_time_is_over_go_and_no_others)
{
	enum { EACH = 300 };
	int shaking[EACH], greeting[EACH], streaming[EACH];
	uint64_t since = now.mono_ns;

	for (unsigned i = 0; i < EACH; i++) {
		shaking[i] = come(TLS);
		greeting[i] = come(TCP);
		streaming[i] = come_streaming(UNIX);
		advance(NS_PER_MS);
	}
	ck_assert_uint_eq(w.connections, 3 * EACH);
	advance(since + SHAKE_NS - now.mono_ns - 1);
	ck_assert_uint_eq(w.connections, 3 * EACH);
	advance(1);
	for (unsigned i = 0; i < EACH; i++) {
		ck_assert_uint_eq(count(INTAKE_TLS_FAILED_TIMEOUT), i + 1);
		ck_assert(!is_open(shaking[i]));
		advance(NS_PER_MS);
	}
	ck_assert_uint_eq(w.connections, 2 * EACH);
	advance(since + GREET_NS - now.mono_ns);
	for (unsigned i = 0; i < EACH; i++) {
		ck_assert_uint_eq(count(INTAKE_START_TIMEOUTS), i + 1);
		ck_assert(!is_open(greeting[i]));
		advance(NS_PER_MS);
	}
	ck_assert_uint_eq(w.connections, EACH);
	for (unsigned i = 0; i < EACH; i++) {
		ck_assert(is_open(streaming[i]));
		close(streaming[i]);
		close(shaking[i]);
		close(greeting[i]);
	}
	for (unsigned i = 0; i < EACH; i++)
		advance(0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("deadline");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_stream_must_begin_in_time, UNIX, TCP + 1);
	tcase_add_loop_test(t, octets_now_and_then_put_off_neither_handshake,
		UNIX, TLS + 1);
	tcase_add_test(t, after_tls_the_stream_has_its_own_time);
	tcase_add_test(t, readys_without_end_hold_up_nobody_and_no_deadline);
	tcase_add_test(t, a_quiet_stream_is_closed_after_its_listeners_timeout);
	tcase_add_test(t, who_brings_something_now_and_then_stays);
	tcase_add_test(t, who_waits_for_us_is_not_idle);
	tcase_add_test(t, of_many_those_whose_time_is_over_go_and_no_others);
	return suite_run("deadline", t);
}
