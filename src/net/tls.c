#include "net/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_peer.h"
#include "sync/rcu.h"

enum {
	/* what a handshake may bring that is no reason to end it: warnings */
	HANDSHAKE_WARNINGS = 8,
};

struct tls {
	gnutls_session_t session;
	struct tls_credentials *credentials;
	struct tls_about *about; /* rcu: set once, when it stands */
	uint64_t opened_ns;
	uint8_t verdict;      /* on the client's certificate: 0 or TLS_E_* */
	unsigned cert_status; /* of TLS_E_UNTRUSTED: GnuTLS's flags */
	int error;            /* GnuTLS's, of the last failure */
	ssize_t end; /* what tls_recv() said at the end; 1: not there yet */
};

/* In the middle of the handshake, so that the client hears of it. */
static int judge_client(gnutls_session_t session)
{
	struct tls *t = gnutls_session_get_ptr(session);

	t->verdict = (uint8_t)tls_peer_judge(
		session, t->credentials, &t->cert_status);
	return t->verdict == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

int tls_new(struct tls **tp, struct tls_credentials *credentials, int fd)
{
	struct tls *t = calloc(1, sizeof(*t));
	gnutls_session_t s;

	if (t == NULL)
		return -ENOMEM;
	if (gnutls_init(&s,
		    GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != 0)
		goto out;
	gnutls_session_set_ptr(s, t);
	gnutls_transport_set_int(s, fd);
	gnutls_handshake_set_timeout(s, 0); /* the caller keeps the time */
	gnutls_certificate_server_set_request(s, credentials->request);
	if (credentials->request != GNUTLS_CERT_IGNORE)
		gnutls_session_set_verify_function(s, judge_client);
	if (gnutls_priority_set(s, credentials->priority) != 0 ||
		gnutls_credentials_set(
			s, GNUTLS_CRD_CERTIFICATE, credentials->x509) != 0 ||
		gnutls_session_ticket_enable_server(
			s, &credentials->ticket_key) != 0) {
		gnutls_deinit(s);
		goto out;
	}
	t->session = s;
	t->credentials = credentials;
	t->end = 1;
	*tp = t;
	return 0;
out:
	free(t);
	return -ENOMEM;
}

void tls_close(struct tls *t)
{
	if (t->session == NULL)
		return;
	if (t->about != NULL)
		gnutls_bye(t->session, GNUTLS_SHUT_WR);
	gnutls_deinit(t->session);
	t->session = NULL;
	tls_credentials_put(t->credentials);
}

struct tls *tls_free(struct tls *t)
{
	if (t == NULL)
		return NULL;
	tls_close(t);
	free(t->about);
	free(t);
	return NULL;
}

static int wait_for(const struct tls *t)
{
	return gnutls_record_get_direction(t->session) == 0 ? TLS_E_READ
							    : TLS_E_WRITE;
}

static int failure(const struct tls *t)
{
	if (t->verdict != 0)
		return t->verdict;
	switch (t->error) {
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_CERTIFICATE_REQUIRED:
		return TLS_E_NO_CERT;
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
	case GNUTLS_E_DECRYPTION_FAILED: /* see tls_error_text() */
		return TLS_E_ALERT;
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		return TLS_E_CLOSED;
	default:
		return TLS_E_PROTOCOL;
	}
}

/* Return: GNUTLS_E_*. */
static int note_about(struct tls *t)
{
	gnutls_session_t s = t->session;
	char subject[TLS_SUBJECT_MAX] = "";
	struct tls_about *about;

	tls_peer_subject(s, subject, sizeof(subject));
	about = malloc(sizeof(*about) + strlen(subject) + 1);
	if (about == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	about->version =
		gnutls_protocol_get_name(gnutls_protocol_get_version(s));
	about->cipher = gnutls_cipher_get_name(gnutls_cipher_get(s));
	about->resumed = gnutls_session_is_resumed(s) != 0;
	strcpy(about->subject, subject);
	rcu_publish(t->about, about);
	return 0;
}

/* What is left to do when GnuTLS is through.  Return: GNUTLS_E_*. */
static int finish(struct tls *t, uint64_t mono_ns)
{
	/* a resumed session skipped this: it is as good as its ticket, and
	 * that one's certificate may have expired meanwhile */
	if (gnutls_session_is_resumed(t->session) &&
		t->credentials->request != GNUTLS_CERT_IGNORE &&
		judge_client(t->session) != 0)
		return GNUTLS_E_CERTIFICATE_ERROR;
	t->opened_ns = mono_ns;
	return note_about(t);
}

int tls_handshake(struct tls *t, uint64_t mono_ns)
{
	int r = 0;

	for (unsigned i = 0; i < HANDSHAKE_WARNINGS; i++) {
		r = gnutls_handshake(t->session);
		if (r == GNUTLS_E_AGAIN)
			return wait_for(t);
		if (r == 0 || gnutls_error_is_fatal(r))
			break;
	}
	if (r == 0)
		r = finish(t, mono_ns);
	if (r == 0)
		return 0;
	t->error = r;
	gnutls_alert_send_appropriate(t->session, r);
	return failure(t);
}

bool tls_is_open(const struct tls *t)
{
	return t->about != NULL;
}

uint64_t tls_opened_ns(const struct tls *t)
{
	return t->opened_ns;
}

const struct tls_about *tls_about(const struct tls *t)
{
	return rcu_get(t->about);
}

/*
 * Of gnutls_record_recv() and _send().  What is neither progress nor fatal
 * (a warning, a new ticket) is as good as nothing: the socket tells when there
 * is more.
 */
static ssize_t transfer_result(struct tls *t, ssize_t r)
{
	if (r >= 0)
		return r;
	t->error = (int)r;
	switch (r) {
	case GNUTLS_E_PREMATURE_TERMINATION:
		return 0; /* many peers go without a word */
	case GNUTLS_E_REHANDSHAKE:
		return -EPROTO; /* TLS 1.2 renegotiation: nobody needs it */
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		return errno != 0 && errno != EAGAIN ? -errno : -EPROTO;
	default:
		return gnutls_error_is_fatal((int)r) ? -EPROTO : -EAGAIN;
	}
}

ssize_t tls_recv(struct tls *t, void *data, size_t cap)
{
	ssize_t r;

	if (t->end <= 0)
		return t->end;
	do {
		errno = 0;
		r = gnutls_record_recv(t->session, data, cap);
	} while (r == GNUTLS_E_INTERRUPTED);
	r = transfer_result(t, r);
	if (r <= 0 && r != -EAGAIN)
		t->end = r;
	return r;
}

ssize_t tls_send(struct tls *t, const void *data, size_t len)
{
	ssize_t r;

	do {
		errno = 0;
		r = gnutls_record_send(t->session, data, len);
	} while (r == GNUTLS_E_INTERRUPTED);
	return transfer_result(t, r);
}

size_t tls_pending(const struct tls *t)
{
	return t->end <= 0 ? 1 : gnutls_record_check_pending(t->session);
}

void tls_error_text(const struct tls *t, char text[TLS_TEXT_MAX])
{
	gnutls_datum_t why = { 0 };

	if (t->verdict == TLS_E_UNTRUSTED &&
		gnutls_certificate_verification_status_print(
			t->cert_status, GNUTLS_CRT_X509, &why, 0) == 0)
		snprintf(text, TLS_TEXT_MAX, "%.*s", TLS_TEXT_MAX - 1,
			(const char *)why.data);
	else if (t->verdict == TLS_E_NAME)
		snprintf(text, TLS_TEXT_MAX,
			"no name of the client's certificate is in tls.names");
	else if (failure(t) == TLS_E_NO_CERT)
		snprintf(
			text, TLS_TEXT_MAX, "the client showed no certificate");
	else if (t->error == GNUTLS_E_FATAL_ALERT_RECEIVED)
		snprintf(text, TLS_TEXT_MAX, "the peer's alert: %s",
			gnutls_alert_get_name(gnutls_alert_get(t->session)));
	else if (t->error == GNUTLS_E_DECRYPTION_FAILED && t->about == NULL)
		/* OpenSSL's clients say so in the clear where TLS 1.3 has
		 * encryption already; seen from Unbound */
		snprintf(text, TLS_TEXT_MAX,
			"the peer's alert, most likely: not to be decrypted, "
			"as when OpenSSL does not trust our certificate");
	else
		snprintf(text, TLS_TEXT_MAX, "%s", gnutls_strerror(t->error));
	gnutls_free(why.data);
}
