/*
 * TLS listeners: the same streams as everywhere, in records of any size, and
 * peers whose handshake fails or never comes.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "intake/registry.h"
#include "lib/intake_rig.h"
#include "lib/suite.h"
#include "lib/tls_pki.h"

static struct rig rig;
static struct pki pki;

/* A peer: its socket and session. */
struct peer {
	int fd;
	struct tls_client tls;
};

static bool peer_begin(struct peer *p, const struct pki_files *show)
{
	p->fd = rig_connect(&rig, RIG_TLS);
	tls_client_init(&p->tls, &pki, show, NULL, p->fd);
	return tls_client_shake(&p->tls);
}

static void peer_end(struct peer *p)
{
	tls_client_deinit(&p->tls);
	close(p->fd);
}

/* Its next control frame, without content types.  0 at the end. */
static uint32_t read_control(struct peer *p)
{
	uint8_t head[8], rest[512];
	uint32_t len;

	if (tls_client_read(&p->tls, head, 8) != 8)
		return 0;
	len = (uint32_t)head[6] << 8 | head[7];
	ck_assert_uint_le(len, sizeof(rest));
	ck_assert_uint_eq(tls_client_read(&p->tls, rest, len), len);
	return rest[3];
}

static void check_no_connection_left(void)
{
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED,
		rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED)));
	ck_assert_uint_eq(intake_connections(rig.intake), 0);
}

static const size_t records[] = { 1, 3, 4, 12, 100, 0 };

START_TEST(a_stream_comes_through_in_records_of_any_size)
{
	struct script s = SCRIPT_NULL, stream = script_stream(200);
	struct peer p;

	rig.on_event = rig_check_order;
	rig_start(&rig);
	ck_assert(peer_begin(&p, NULL));
	/* READY and all the rest at once: nothing waits for the ACCEPT, so
	 * most of it is pending in the session when the stream begins */
	script_control(&s, SCRIPT_READY, SCRIPT_TYPE);
	script_add(&s, stream.data, stream.len);
	ck_assert(tls_client_write(&p.tls, s.data, s.len, records[_i]));
	ck_assert_uint_eq(read_control(&p), 1);
	ck_assert_uint_eq(read_control(&p), 5);
	ck_assert_uint_eq(read_control(&p), 0);
	ck_assert(rig_ledger_is(&rig, 200, 0, 0, 0));
	check_no_connection_left();
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED_BYTES), s.len);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_TLS_HANDSHAKES), 1);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_STREAMS_FINISHED), 1);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_IO_ERRORS), 0);
	peer_end(&p);
	script_free(&s);
	script_free(&stream);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(many_readys_in_one_record_are_all_answered)
{
	struct script s = SCRIPT_NULL, stream = script_stream(3);
	struct peer p;

	rig_start(&rig);
	ck_assert(peer_begin(&p, NULL));
	for (int i = 0; i < 50; i++)
		script_control(&s, SCRIPT_READY, SCRIPT_TYPE);
	script_add(&s, stream.data, stream.len);
	ck_assert(tls_client_write(&p.tls, s.data, s.len, 0));
	for (int i = 0; i < 50; i++)
		ck_assert_uint_eq(read_control(&p), 1);
	ck_assert_uint_eq(read_control(&p), 5);
	ck_assert(rig_ledger_is(&rig, 3, 0, 0, 0));
	peer_end(&p);
	script_free(&s);
	script_free(&stream);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_stream_without_a_word_at_its_end_is_read_to_the_end)
{
	struct script s = script_stream(100);
	struct peer p;

	rig_start(&rig);
	ck_assert(peer_begin(&p, NULL));
	/* all but the STOP */
	ck_assert(tls_client_write(&p.tls, s.data, s.len - 12, 0));
	if (_i == 0)
		gnutls_bye(p.tls.session, GNUTLS_SHUT_WR);
	else
		shutdown(p.fd, SHUT_WR);
	check_no_connection_left();
	ck_assert(rig_ledger_is(&rig, 100, 0, 0, 0));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_IO_ERRORS), 0);
	peer_end(&p);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

static struct conn_info info_of(uint64_t id)
{
	struct conn_info info = { 0 };

	ck_assert(registry_find(intake_registry(rig.intake), id, &info));
	return info;
}

START_TEST(a_session_is_known_from_outside)
{
	struct script s = script_stream(5);
	struct conn_info info;
	struct peer p;
	int shaking;

	rig.listeners[RIG_TLS].tls.client_ca = pki.ca.cert;
	rig_start(&rig);
	ck_assert(peer_begin(&p, &pki.client));
	ck_assert(rig_wait_stat(&rig, INTAKE_TLS_HANDSHAKES, 1));
	info = info_of(1);
	ck_assert_str_eq(conn_state_text(info.state), "handshake");
	ck_assert(tls_client_write(&p.tls, s.data, s.len - 12, 0));
	ck_assert(rig_wait_stat(&rig, INTAKE_RECEIVED, 5));
	info = info_of(1);
	ck_assert_str_eq(conn_state_text(info.state), "streaming");
	ck_assert_str_eq(info.tls_subject, "CN=resolver1");
	ck_assert_str_eq(info.tls_version,
		gnutls_protocol_get_name(
			gnutls_protocol_get_version(p.tls.session)));
	ck_assert_str_eq(info.tls_cipher,
		gnutls_cipher_get_name(gnutls_cipher_get(p.tls.session)));
	ck_assert(!info.tls_resumed);
	ck_assert_uint_eq(info.messages, 5);
	/* one whose handshake is under way has nothing to tell */
	shaking = rig_connect(&rig, RIG_TLS);
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED, 2));
	ck_assert(registry_close(intake_registry(rig.intake), 1));
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED, 1));
	while ((info = info_of(2)).state != CONN_SHAKING)
		rig_pause_ms(1);
	ck_assert_ptr_null(info.tls_version);
	ck_assert_str_eq(info.tls_subject, "");
	close(shaking);
	peer_end(&p);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(failures_are_counted_by_reason)
{
	struct pki_files *shown[] = { NULL, &pki.stranger, &pki.server };
	enum intake_stat reasons[] = {
		INTAKE_TLS_FAILED_NO_CERTIFICATE,
		INTAKE_TLS_FAILED_UNTRUSTED,
		INTAKE_TLS_FAILED_NAME,
	};
	struct script ready = SCRIPT_NULL;
	struct peer p;
	int fd;

	rig.listeners[RIG_TLS].tls.client_ca = pki.ca.cert;
	rig.listeners[RIG_TLS].tls.names = "resolver1";
	rig_start(&rig);
	script_control(&ready, SCRIPT_READY, SCRIPT_TYPE);
	for (size_t i = 0; i < COUNT(reasons); i++) {
		/* a client of TLS 1.3 hears of it only when it reads */
		peer_begin(&p, shown[i]);
		ck_assert_uint_eq(read_control(&p), 0);
		ck_assert(rig_wait_stat(&rig, reasons[i], 1));
		peer_end(&p);
	}
	/* plain Frame Streams, and one that goes away */
	fd = rig_connect(&rig, RIG_TLS);
	ck_assert(peer_write(fd, ready.data, ready.len, 0));
	ck_assert(rig_wait_stat(&rig, INTAKE_TLS_FAILED_PROTOCOL, 1));
	close(fd);
	fd = rig_connect(&rig, RIG_TLS);
	close(fd);
	ck_assert(rig_wait_stat(&rig, INTAKE_TLS_FAILED_CLOSED, 1));
	/* and who may come in does */
	ck_assert(peer_begin(&p, &pki.client));
	ck_assert(rig_wait_stat(&rig, INTAKE_TLS_HANDSHAKES, 1));
	peer_end(&p);
	check_no_connection_left();
	script_free(&ready);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(half_done_handshakes_hold_nobody)
{
	struct script s = script_stream(10);
	int fds[20];
	struct peer p;

	rig.settings.workers = 1;
	rig_start(&rig);
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = rig_connect(&rig, RIG_TLS);
		/* the first octets of a record that never ends */
		ck_assert(peer_write(fds[i], "\x16\x03\x01", i % 4, 0));
	}
	ck_assert(peer_begin(&p, NULL));
	ck_assert(tls_client_write(&p.tls, s.data, s.len, 0));
	ck_assert(rig_ledger_is(&rig, 10, 0, 0, 0));
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	check_no_connection_left();
	peer_end(&p);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(streams_go_on_over_a_reload)
{
	static const struct pki_wish wish = { "tap.example", "tap.example", -60,
		600, NULL };
	struct script s = script_stream(20);
	struct peer before, after;

	rig_start(&rig);
	ck_assert(peer_begin(&before, NULL));
	ck_assert(tls_client_write(&before.tls, s.data, s.len / 2, 0));
	pki_make(&pki, &pki.server, "server", &wish, &pki.ca);
	intake_refresh_tls(rig.intake, false);
	ck_assert(peer_begin(&after, NULL));
	ck_assert(tls_client_write(&after.tls, s.data, s.len, 0));
	ck_assert(tls_client_write(
		&before.tls, s.data + s.len / 2, s.len - s.len / 2, 0));
	ck_assert(rig_ledger_is(&rig, 40, 0, 0, 0));
	/* one that cannot be used changes nothing */
	ck_assert_int_eq(unlink(pki.server.key), 0);
	intake_refresh_tls(rig.intake, true);
	peer_end(&after);
	ck_assert(peer_begin(&after, NULL));
	peer_end(&before);
	peer_end(&after);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(the_end_finds_sessions_in_every_state)
{
	struct script s = script_stream(100);
	struct peer greeting, streaming;
	int shaking;

	rig_start(&rig);
	shaking = rig_connect(&rig, RIG_TLS);
	ck_assert(peer_begin(&greeting, NULL));
	ck_assert(peer_begin(&streaming, NULL));
	ck_assert(tls_client_write(&streaming.tls, s.data, s.len - 12, 0));
	ck_assert(rig_ledger_is(&rig, 100, 0, 0, 0));
	rig_end(&rig, 10000);
	ck_assert_uint_eq(read_control(&streaming), 0);
	peer_end(&greeting);
	peer_end(&streaming);
	close(shaking);
	script_free(&s);
}
END_TEST

static void set_up(void)
{
	rcu_register_thread();
	pki_init(&pki);
	rig_init(&rig);
	rig.listeners[RIG_TLS].tls = (struct tls_settings){
		.cert = pki.server.cert,
		.key = pki.server.key,
	};
}

static void tear_down(void)
{
	pki_deinit(&pki);
	rcu_unregister_thread();
}

int main(void)
{
	TCase *t = tcase_create("tls");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_stream_comes_through_in_records_of_any_size, 0,
		COUNT(records));
	tcase_add_test(t, many_readys_in_one_record_are_all_answered);
	tcase_add_loop_test(
		t, a_stream_without_a_word_at_its_end_is_read_to_the_end, 0, 2);
	tcase_add_test(t, a_session_is_known_from_outside);
	tcase_add_test(t, failures_are_counted_by_reason);
	tcase_add_test(t, half_done_handshakes_hold_nobody);
	tcase_add_test(t, streams_go_on_over_a_reload);
	tcase_add_test(t, the_end_finds_sessions_in_every_state);
	return suite_run("intake/tls", t);
}
