#include "load/link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { RECORD_MAX = 16384 }; /* octets of a TLS record */

/*
 * The port is chosen by connect(2), which knows the other end and so may give
 * one that is taken towards somebody else; bind(2) would have to give one that
 * nobody has.
 */
static int bind_source(int fd, const struct address *from)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
		    sizeof(on)) != 0)
		return -errno;
	if (bind(fd, &from->sa, from->len) == 0)
		return 0;
	return errno == EADDRNOTAVAIL ? LINK_E_SOURCE : -errno;
}

static int begin(int fd, const struct address *to, const struct address *from)
{
	int on = 1;
	int r = from != NULL ? bind_source(fd, from) : 0;

	if (r != 0)
		return r;
	if (!address_is_unix(to) &&
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		return -errno;
	if (connect(fd, &to->sa, to->len) == 0 || errno == EINPROGRESS)
		return 0;
	return errno == EAGAIN          ? LINK_E_BUSY
	       : errno == EADDRNOTAVAIL ? LINK_E_PORTS
					: -errno;
}

int link_open(struct link *l, const struct link_settings *s,
	const struct address *from)
{
	int r;

	*l = LINK_NULL;
	l->fd = socket(s->to.sa.sa_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return -errno;
	r = begin(l->fd, &s->to, from);
	if (r != 0)
		link_close(l);
	return r;
}

static int tls_failure(struct link *l, int error)
{
	l->error = error;
	if (error == GNUTLS_E_FATAL_ALERT_RECEIVED)
		l->alert = gnutls_alert_get_name(gnutls_alert_get(l->tls));
	if (error == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		l->cert_status = gnutls_session_get_verify_cert_status(l->tls);
	gnutls_alert_send_appropriate(l->tls, error);
	return LINK_E_TLS;
}

static int shake_hands(struct link *l)
{
	int r;

	do
		r = gnutls_handshake(l->tls);
	while (r == GNUTLS_E_INTERRUPTED ||
		r == GNUTLS_E_WARNING_ALERT_RECEIVED);
	if (r == GNUTLS_E_AGAIN)
		return LINK_E_WAIT;
	return r == 0 ? 0 : tls_failure(l, r);
}

int link_establish(struct link *l, const struct link_settings *s, bool shake)
{
	int r = 0;

	if (l->established)
		return 0;
	/* asked again, connect(2) tells how it goes */
	if (l->tls == NULL && connect(l->fd, &s->to.sa, s->to.len) != 0 &&
		errno != EISCONN)
		return errno == EALREADY || errno == EINPROGRESS ? LINK_E_WAIT
								 : -errno;
	if (s->dial != NULL && shake) {
		if (l->tls == NULL)
			r = tls_dial_session(s->dial, &l->tls, l->fd);
		if (r == 0)
			r = shake_hands(l);
	}
	l->established = r == 0;
	return r;
}

static ssize_t plain_result(ssize_t n)
{
	return n >= 0 ? n : -errno;
}

/* What is neither progress nor fatal (a warning, a new ticket) is as good as
 * nothing. */
static ssize_t tls_result(struct link *l, ssize_t r)
{
	if (r >= 0)
		return r;
	l->error = (int)r;
	if (r == GNUTLS_E_FATAL_ALERT_RECEIVED)
		l->alert = gnutls_alert_get_name(gnutls_alert_get(l->tls));
	switch (r) {
	case GNUTLS_E_PREMATURE_TERMINATION:
		return 0; /* many peers go without a word */
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		return errno != 0 && errno != EAGAIN ? -errno : -EPROTO;
	default:
		return gnutls_error_is_fatal((int)r) ? -EPROTO : -EAGAIN;
	}
}

static ssize_t tls_link_send(struct link *l, const void *data, size_t len)
{
	ssize_t r;

	if (len > RECORD_MAX)
		len = RECORD_MAX;
	do {
		errno = 0;
		r = l->held > 0 ? gnutls_record_send(l->tls, NULL, 0)
				: gnutls_record_send(l->tls, data, len);
	} while (r == GNUTLS_E_INTERRUPTED);
	if (r == GNUTLS_E_AGAIN && l->held == 0)
		l->held = len;
	else if (r != GNUTLS_E_AGAIN)
		l->held = 0;
	return tls_result(l, r);
}

ssize_t link_send(struct link *l, const void *data, size_t len)
{
	ssize_t n;

	if (l->tls != NULL)
		return tls_link_send(l, data, len);
	do
		n = send(l->fd, data, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return plain_result(n);
}

/* Has the socket more? */
static bool has_more(const struct link *l)
{
	char c;

	return recv(l->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static ssize_t tls_link_recv(struct link *l, void *data, size_t cap)
{
	ssize_t r;

	/* behind a ticket or a key update there may be more, and no event will
	 * tell of it; of an incomplete record nothing stays in the socket */
	do {
		errno = 0;
		r = gnutls_record_recv(l->tls, data, cap);
	} while (r == GNUTLS_E_INTERRUPTED ||
		 (r == GNUTLS_E_AGAIN && has_more(l)));
	return tls_result(l, r);
}

ssize_t link_recv(struct link *l, void *data, size_t cap)
{
	ssize_t n;

	if (l->tls != NULL)
		return tls_link_recv(l, data, cap);
	do
		n = recv(l->fd, data, cap, 0);
	while (n < 0 && errno == EINTR);
	return plain_result(n);
}

static void say_bye(struct link *l)
{
	if (l->tls != NULL && l->established && !l->ended)
		gnutls_bye(l->tls, GNUTLS_SHUT_WR);
	l->ended = true;
}

void link_shutdown(struct link *l)
{
	say_bye(l);
	shutdown(l->fd, SHUT_WR);
}

void link_close(struct link *l)
{
	say_bye(l);
	if (l->tls != NULL)
		gnutls_deinit(l->tls);
	if (l->fd >= 0)
		close(l->fd);
	/* what link_error_text() tells stays */
	l->fd = -1;
	l->tls = NULL;
}

/* GnuTLS's sentences about a certificate end in blanks. */
static void trim(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == ' ')
		text[--len] = '\0';
}

void link_error_text(const struct link *l, char text[LINK_TEXT_MAX])
{
	gnutls_datum_t why = { 0 };

	if (l->alert != NULL)
		snprintf(text, LINK_TEXT_MAX, "the receiver's alert: %s",
			l->alert);
	else if (l->cert_status != 0 &&
		 gnutls_certificate_verification_status_print(
			 l->cert_status, GNUTLS_CRT_X509, &why, 0) == 0)
		snprintf(text, LINK_TEXT_MAX, "the receiver's certificate: %s",
			(const char *)why.data);
	else if (!l->established &&
		 (l->error == GNUTLS_E_PREMATURE_TERMINATION ||
			 l->error == GNUTLS_E_PULL_ERROR ||
			 l->error == GNUTLS_E_UNEXPECTED_PACKET_LENGTH))
		snprintf(text, LINK_TEXT_MAX,
			"the receiver does not go on with TLS: does it speak "
			"it? (tcp:// instead of tls://)");
	else
		snprintf(text, LINK_TEXT_MAX, "TLS: %s",
			gnutls_strerror(l->error));
	gnutls_free(why.data);
	trim(text);
}
