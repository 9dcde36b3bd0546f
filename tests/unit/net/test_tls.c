/*
 * TLS sessions between the listener's side and a GnuTLS client, in one thread:
 * what passes between the two is carried by hand, as few octets at a time as a
 * test likes.
 */
#include "net/tls.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <urcu.h>

#include "lib/suite.h"
#include "lib/tls_pki.h"
#include "net/tls_keyring.h"

enum { NOW_NS = 7 };

static struct pki pki;
static struct tls_settings settings;

/* Each side has a socket; we hold the other ends. */
static struct {
	int fd[2], ours[2]; /* 0: server, 1: client */
	struct tls *tls;
	struct tls_client client;
	int shaken; /* of the server: 0 or TLS_E_* */
	int client_shaken;
} both;

static void open_pair(const struct pki_files *show, const char *priority)
{
	struct tls_credentials *credentials;
	char error[256];

	for (int i = 0; i < 2; i++) {
		int pair[2];

		ck_assert_int_eq(socketpair(AF_UNIX,
					 SOCK_STREAM | SOCK_NONBLOCK, 0, pair),
			0);
		both.fd[i] = pair[0];
		both.ours[i] = pair[1];
	}
	ck_assert_msg(tls_credentials_load(&credentials, &settings, error,
			      sizeof(error)) == 0,
		"%s", error);
	ck_assert_int_eq(tls_new(&both.tls, credentials, both.fd[0]), 0);
	tls_client_init(&both.client, &pki, show, priority, both.fd[1]);
	both.shaken = both.client_shaken = -1;
}

static void close_pair(void)
{
	both.tls = tls_free(both.tls);
	tls_client_deinit(&both.client);
	for (int i = 0; i < 2; i++) {
		close(both.fd[i]);
		close(both.ours[i]);
	}
}

/* Carries up to `step` octets each way.  Return: was there any? */
static bool carry(size_t step)
{
	bool any = false;
	char octets[65536];

	for (int i = 0; i < 2; i++) {
		ssize_t n = recv(both.ours[i], octets,
			step < sizeof(octets) ? step : sizeof(octets),
			MSG_PEEK);

		if (n > 0) /* if it is taken now, else later */
			n = send(both.ours[1 - i], octets, (size_t)n,
				MSG_NOSIGNAL);
		if (n > 0)
			ck_assert_int_eq(
				recv(both.ours[i], octets, (size_t)n, 0), n);
		any = any || n > 0;
	}
	return any;
}

/* Both sides go on, octets are carried, until nothing moves. */
static void shake(size_t step)
{
	do {
		if (both.client_shaken != 0) {
			int r = gnutls_handshake(both.client.session);

			if (r == 0 || gnutls_error_is_fatal(r))
				both.client_shaken = r;
		}
		if (both.shaken != 0 && both.shaken < TLS_E_PROTOCOL)
			both.shaken = tls_handshake(both.tls, NOW_NS);
	} while (carry(step));
}

static const size_t steps[] = { 1, 2, 7, 1000, 65536 };
static const char *const versions[] = {
	"NORMAL:-VERS-ALL:+VERS-TLS1.2",
	"NORMAL:-VERS-ALL:+VERS-TLS1.3",
};

START_TEST(a_session_opens_whatever_the_pieces)
{
	const struct tls_about *about;
	char octets[100];
	size_t step = steps[(size_t)_i / COUNT(versions)];
	ssize_t got = GNUTLS_E_AGAIN;

	open_pair(NULL, versions[(size_t)_i % COUNT(versions)]);
	ck_assert(!tls_is_open(both.tls));
	ck_assert_ptr_null(tls_about(both.tls));
	shake(step);
	ck_assert_int_eq(both.shaken, 0);
	ck_assert_int_eq(both.client_shaken, 0);
	ck_assert(tls_is_open(both.tls));
	ck_assert_uint_eq(tls_opened_ns(both.tls), NOW_NS);
	about = tls_about(both.tls);
	ck_assert_str_eq(about->version,
		(size_t)_i % COUNT(versions) == 0 ? "TLS1.2" : "TLS1.3");
	ck_assert_str_eq(about->cipher,
		gnutls_cipher_get_name(gnutls_cipher_get(both.client.session)));
	ck_assert_str_eq(about->subject, "");

	ck_assert_int_eq(tls_recv(both.tls, octets, 100), -EAGAIN);
	ck_assert(tls_client_write(&both.client, "hello", 5, 0));
	while (carry(step)) {
		ssize_t n = tls_recv(both.tls, octets, 100);

		ck_assert(n == -EAGAIN || n == 5);
		if (n == 5)
			break;
	}
	ck_assert_mem_eq(octets, "hello", 5);
	ck_assert_int_eq(tls_send(both.tls, "you too", 7), 7);
	for (int i = 0; got == GNUTLS_E_AGAIN && i < 100000; i++) {
		carry(step);
		got = gnutls_record_recv(both.client.session, octets, 7);
	}
	ck_assert_int_eq(got, 7);
	ck_assert_mem_eq(octets, "you too", 7);
	close_pair();
}
END_TEST

START_TEST(the_rest_of_a_record_is_pending)
{
	char octets[16];

	open_pair(NULL, NULL);
	shake(65536);
	ck_assert_uint_eq(tls_pending(both.tls), 0);
	ck_assert(tls_client_write(&both.client, "0123456789", 10, 0));
	carry(65536);
	ck_assert_uint_eq(tls_pending(both.tls), 0);
	ck_assert_int_eq(tls_recv(both.tls, octets, 4), 4);
	ck_assert_uint_eq(tls_pending(both.tls), 6);
	ck_assert_int_eq(tls_recv(both.tls, octets + 4, 6), 6);
	ck_assert_uint_eq(tls_pending(both.tls), 0);
	ck_assert_mem_eq(octets, "0123456789", 10);
	close_pair();
}
END_TEST

START_TEST(the_end_is_said_whenever_it_is_asked_for)
{
	char octets[16];

	open_pair(NULL, NULL);
	shake(65536);
	if (_i == 0) /* else without a word */
		gnutls_bye(both.client.session, GNUTLS_SHUT_WR);
	carry(65536);
	if (_i == 1)
		shutdown(both.ours[0], SHUT_WR);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(tls_recv(both.tls, octets, 16), 0);
	ck_assert_uint_eq(tls_pending(both.tls), 1);
	tls_close(both.tls);
	/* whoever found the session before may still look */
	ck_assert_ptr_nonnull(tls_about(both.tls));
	close_pair();
}
END_TEST

START_TEST(what_is_not_a_record_ends_the_session)
{
	char octets[64] = "these are not the octets you are looking for";
	char text[TLS_TEXT_MAX];

	open_pair(NULL, NULL);
	shake(65536);
	ck_assert_int_eq(
		send(both.ours[0], octets, sizeof(octets), 0), sizeof(octets));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(
			tls_recv(both.tls, octets, sizeof(octets)), -EPROTO);
	tls_error_text(both.tls, text);
	ck_assert_str_ne(text, "");
	close_pair();
}
END_TEST

START_TEST(a_full_socket_takes_the_rest_later)
{
	static char much[1 << 20], got[1 << 20];
	size_t sent = 0, have = 0;
	unsigned waits = 0;

	memset(much, 'x', sizeof(much));
	open_pair(NULL, NULL);
	shake(65536);
	while (have < sizeof(got)) {
		ssize_t n = sent < sizeof(much)
				    ? tls_send(both.tls, much + sent,
					      sizeof(much) - sent)
				    : -EAGAIN;

		ck_assert(n > 0 || n == -EAGAIN);
		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		waits++;
		while (carry(65536)) {
			n = gnutls_record_recv(both.client.session, got + have,
				sizeof(got) - have);
			if (n > 0)
				have += (size_t)n;
		}
		while (have < sizeof(got) &&
			(n = gnutls_record_recv(both.client.session, got + have,
				 sizeof(got) - have)) > 0)
			have += (size_t)n;
	}
	ck_assert_uint_gt(waits, 1);
	ck_assert_mem_eq(got, much, sizeof(got));
	close_pair();
}
END_TEST

/* Which client gets in where, and why not. */
static const struct {
	unsigned auth;
	bool ca;
	const char *names;
	int show; /* 0: nothing, 1: client, 2: stranger, 3: another purpose,
		     4: one that has expired, 5: with a DNS name */
	int outcome;
	const char *why;
} guests[] = {
	{ TLS_CLIENT_AUTO, false, NULL, 0, 0, "" },
	{ TLS_CLIENT_AUTO, false, NULL, 2, 0, "" },
	{ TLS_CLIENT_NONE, true, NULL, 2, 0, "" },
	{ TLS_CLIENT_AUTO, true, NULL, 1, 0, "" },
	{ TLS_CLIENT_AUTO, true, NULL, 0, TLS_E_NO_CERT, "no certificate" },
	{ TLS_CLIENT_REQUIRED, true, NULL, 1, 0, "" },
	{ TLS_CLIENT_REQUIRED, true, NULL, 0, TLS_E_NO_CERT, "" },
	{ TLS_CLIENT_REQUIRED, true, NULL, 2, TLS_E_UNTRUSTED, "issuer" },
	{ TLS_CLIENT_REQUIRED, true, NULL, 3, TLS_E_UNTRUSTED, "purpose" },
	{ TLS_CLIENT_REQUIRED, true, NULL, 4, TLS_E_UNTRUSTED, "expired" },
	{ TLS_CLIENT_OPTIONAL, true, NULL, 0, 0, "" },
	{ TLS_CLIENT_OPTIONAL, true, NULL, 1, 0, "" },
	{ TLS_CLIENT_OPTIONAL, true, NULL, 2, TLS_E_UNTRUSTED, "" },
	{ TLS_CLIENT_AUTO, true, "resolver1", 1, 0, "" },
	{ TLS_CLIENT_AUTO, true, "a b, Resolver1,c", 1, 0, "" },
	{ TLS_CLIENT_AUTO, true, "resolver resolver11 esolver1", 1, TLS_E_NAME,
		"tls.names" },
	{ TLS_CLIENT_AUTO, true, "resolver1", 2, TLS_E_UNTRUSTED, "" },
	{ TLS_CLIENT_AUTO, true, "ns1.example", 5, 0, "" },
	{ TLS_CLIENT_AUTO, true, "ns2.example", 5, TLS_E_NAME, "" },
	{ TLS_CLIENT_OPTIONAL, true, "resolver2", 0, 0, "" },
	{ TLS_CLIENT_OPTIONAL, true, "resolver2", 1, TLS_E_NAME, "" },
};

START_TEST(guests_are_let_in_by_their_certificates)
{
	const char *version = versions[(size_t)_i % COUNT(versions)];
	int i = _i / (int)COUNT(versions);
	struct pki_files odd = { .cert = "" };
	const struct pki_files *shown[] = { NULL, &pki.client, &pki.stranger,
		&odd, &odd, &odd };
	struct pki_wish wish = {
		.cn = "resolver1",
		.dns_name = guests[i].show == 5 ? "ns1.example" : NULL,
		.from_s = -60,
		.to_s = guests[i].show == 4 ? -30 : 3600,
		.purpose = guests[i].show == 3 ? GNUTLS_KP_TLS_WWW_SERVER
					       : GNUTLS_KP_TLS_WWW_CLIENT,
	};
	char text[TLS_TEXT_MAX];

	pki_make(&pki, &odd, "odd", &wish, &pki.ca);
	settings.client_auth = guests[i].auth;
	settings.client_ca = guests[i].ca ? pki.ca.cert : NULL;
	settings.names = guests[i].names;
	open_pair(shown[guests[i].show], version);
	shake(65536);
	ck_assert_int_eq(both.shaken, guests[i].outcome);
	ck_assert_int_eq(tls_is_open(both.tls), guests[i].outcome == 0);
	if (guests[i].outcome != 0) {
		tls_error_text(both.tls, text);
		ck_assert_msg(strstr(text, guests[i].why) != NULL, "%s", text);
	} else {
		bool asked = guests[i].show != 0 && guests[i].ca &&
			     guests[i].auth != TLS_CLIENT_NONE;

		ck_assert_str_eq(tls_about(both.tls)->subject,
			asked ? "CN=resolver1" : "");
	}
	close_pair();
}
END_TEST

START_TEST(a_subject_cannot_break_a_log_line)
{
	struct pki_files odd;
	struct pki_wish wish = {
		.cn = "a\" b\nREADY c\x7f",
		.from_s = -60,
		.to_s = 3600,
	};
	const char *subject;

	pki_make(&pki, &odd, "odd", &wish, &pki.ca);
	settings.client_ca = pki.ca.cert;
	open_pair(&odd, NULL);
	shake(65536);
	ck_assert_int_eq(both.shaken, 0);
	subject = tls_about(both.tls)->subject;
	ck_assert_uint_eq(strncmp(subject, "CN=a", 4), 0);
	ck_assert_ptr_null(strpbrk(subject, "\"\n\x7f"));
	close_pair();
}
END_TEST

START_TEST(versions_below_1_2_are_never_taken)
{
	settings.priority = "NORMAL:+VERS-TLS1.1:+VERS-TLS1.0";
	open_pair(NULL, "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:"
			"%VERIFY_ALLOW_SIGN_WITH_SHA1");
	shake(65536);
	ck_assert_int_eq(both.shaken, TLS_E_PROTOCOL);
	close_pair();
}
END_TEST

START_TEST(the_priority_narrows_the_versions)
{
	settings.priority = "NORMAL:-VERS-TLS1.3";
	open_pair(NULL, versions[_i]);
	shake(65536);
	ck_assert_int_eq(both.shaken, _i == 0 ? 0 : TLS_E_PROTOCOL);
	close_pair();
}
END_TEST

START_TEST(a_client_that_does_not_trust_us_says_so)
{
	char text[TLS_TEXT_MAX];

	settings.cert = pki.stranger.cert;
	settings.key = pki.stranger.key;
	open_pair(NULL, versions[_i]);
	shake(65536);
	/* the client of these tests keeps its alert to itself until asked */
	gnutls_alert_send_appropriate(both.client.session, both.client_shaken);
	shake(65536);
	ck_assert_int_eq(both.shaken, TLS_E_ALERT);
	tls_error_text(both.tls, text);
	ck_assert_ptr_nonnull(strstr(text, "the peer's alert: "));
	close_pair();
}
END_TEST

START_TEST(whoever_goes_in_the_middle_is_gone)
{
	char text[TLS_TEXT_MAX];
	int r;

	open_pair(NULL, NULL);
	gnutls_handshake(both.client.session);
	carry(65536);
	ck_assert_int_eq(tls_handshake(both.tls, NOW_NS), TLS_E_READ);
	close(both.ours[0]);
	r = tls_handshake(both.tls, NOW_NS);
	tls_error_text(both.tls, text);
	ck_assert_msg(r == TLS_E_CLOSED, "%s", text);
	both.ours[0] = dup(both.ours[1]);
	close_pair();
}
END_TEST

START_TEST(plain_octets_are_no_handshake)
{
	static const char ready[] = "\0\0\0\0\0\0\0\x2a\0\0\0\4";

	open_pair(NULL, NULL);
	ck_assert_int_eq(
		send(both.ours[0], ready, sizeof(ready), 0), sizeof(ready));
	ck_assert_int_eq(tls_handshake(both.tls, NOW_NS), TLS_E_PROTOCOL);
	close_pair();
}
END_TEST

/* Until a client has its ticket; in TLS 1.3 it comes after the handshake. */
static gnutls_datum_t fetch_ticket(void)
{
	gnutls_datum_t ticket;
	char octet;

	ck_assert_int_eq(tls_send(both.tls, "x", 1), 1);
	carry(65536);
	ck_assert_uint_eq(tls_client_read(&both.client, &octet, 1), 1);
	ck_assert_int_eq(
		gnutls_session_get_data2(both.client.session, &ticket), 0);
	return ticket;
}

/* 0: the same credentials, 1: loaded again */
START_TEST(a_ticket_is_good_for_the_credentials_it_came_from)
{
	bool reload = _i / (int)COUNT(versions) == 1;
	const char *version = versions[(size_t)_i % COUNT(versions)];
	struct tls_keyring keyring;
	gnutls_datum_t ticket = { 0 };
	const struct tls_about *about;
	char error[256];

	settings.client_ca = pki.ca.cert;
	ck_assert_int_eq(
		tls_keyring_init(&keyring, &settings, error, sizeof(error)), 0);
	for (int round = 0; round < 2; round++) {
		open_pair(&pki.client, version);
		tls_free(both.tls);
		ck_assert_int_eq(tls_new(&both.tls, tls_keyring_get(&keyring),
					 both.fd[0]),
			0);
		if (round == 1)
			ck_assert_int_eq(
				gnutls_session_set_data(both.client.session,
					ticket.data, ticket.size),
				0);
		shake(65536);
		ck_assert_int_eq(both.shaken, 0);
		about = tls_about(both.tls);
		ck_assert_int_eq(about->resumed, round && !reload);
		ck_assert_str_eq(about->subject, "CN=resolver1");
		if (round == 0) {
			ticket = fetch_ticket();
			if (reload)
				ck_assert_int_eq(
					tls_keyring_refresh(&keyring, true,
						error, sizeof(error)),
					KEYRING_E_CHANGED);
		}
		close_pair();
	}
	gnutls_free(ticket.data);
	rcu_barrier();
	tls_keyring_deinit(&keyring);
}
END_TEST

static void set_up(void)
{
	rcu_register_thread();
	pki_init(&pki);
	settings = (struct tls_settings){
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

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_session_opens_whatever_the_pieces, 0,
		COUNT(steps) * COUNT(versions));
	tcase_add_test(t, the_rest_of_a_record_is_pending);
	tcase_add_loop_test(t, the_end_is_said_whenever_it_is_asked_for, 0, 2);
	tcase_add_test(t, what_is_not_a_record_ends_the_session);
	tcase_add_test(t, a_full_socket_takes_the_rest_later);
	tcase_add_loop_test(t, guests_are_let_in_by_their_certificates, 0,
		COUNT(guests) * COUNT(versions));
	tcase_add_test(t, a_subject_cannot_break_a_log_line);
	tcase_add_test(t, versions_below_1_2_are_never_taken);
	tcase_add_loop_test(
		t, the_priority_narrows_the_versions, 0, COUNT(versions));
	tcase_add_loop_test(
		t, a_client_that_does_not_trust_us_says_so, 0, COUNT(versions));
	tcase_add_test(t, whoever_goes_in_the_middle_is_gone);
	tcase_add_test(t, plain_octets_are_no_handshake);
	tcase_add_loop_test(t,
		a_ticket_is_good_for_the_credentials_it_came_from, 0,
		2 * COUNT(versions));
	return suite_run("net/tls", t);
}
