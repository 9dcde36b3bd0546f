/*
 * TLS: the server's side of one TLS session over a non-blocking socket.
 *
 * Nothing here waits: a call that cannot go on says so, and is made again when
 * the socket is ready.
 *
 * A record may bring more than a reader asked for.  The rest stays in here,
 * where epoll does not see it: see tls_pending().
 */
#ifndef TAPFERRY_NET_TLS_H
#define TAPFERRY_NET_TLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/tls_credentials.h"

enum {
	TLS_E_READ = 1, /* wait until the socket can be read */
	TLS_E_WRITE,    /* wait until it can be written to */
	/* the end of a session; tls_error_text() says more */
	TLS_E_PROTOCOL,  /* no TLS, or no version or cipher in common */
	TLS_E_NO_CERT,   /* the client has no certificate, and needs one */
	TLS_E_UNTRUSTED, /* its certificate is not to be trusted */
	TLS_E_NAME,      /* its certificate is another's */
	TLS_E_ALERT,     /* the client said no */
	TLS_E_CLOSED,    /* the client went away */
};

struct tls; /* owner: one thread at a time */

/*
 * tls_new() - a session that will shake hands
 * @credentials:  a reference, taken on success
 * @fd:           stays the caller's, who keeps it open
 *
 * Return: 0 or -ENOMEM.
 */
int tls_new(struct tls **tp, struct tls_credentials *credentials, int fd);
struct tls *tls_free(struct tls *t); /* NULL */

/* Return: 0: the session stands; or TLS_E_*. */
int tls_handshake(struct tls *t);

/* Does the session stand?  And since when (monotonic)? */
bool tls_is_open(const struct tls *t);
uint64_t tls_opened_ns(const struct tls *t);

/* Did it go on from a ticket of an earlier one? */
bool tls_is_resumed(const struct tls *t);

/*
 * As recv(2) and send(2): octets, 0 at the end of the stream, -EAGAIN, or
 * -EPROTO (-ECONNRESET, ... of the socket) with more in tls_error_text().
 * tls_recv() says its end again whenever it is asked.
 */
ssize_t tls_recv(struct tls *t, void *data, size_t cap);
ssize_t tls_send(struct tls *t, const void *data, size_t len);

/*
 * How many octets tls_recv() can give whatever the socket has; 1 when it is
 * the end that it has to tell.
 */
size_t tls_pending(const struct tls *t);

/* Tells the peer that nothing more will come, if it can be told at once. */
void tls_bye(struct tls *t);

/* Why the last call failed. */
enum { TLS_TEXT_MAX = 256 };
void tls_error_text(const struct tls *t, char text[TLS_TEXT_MAX]);

/*
 * tls_describe() - of a session that stands, for the log
 *
 * version=TLS1.3 cipher=AES-256-GCM resumed=no subject="CN=resolver1"
 * (no subject where the client showed no certificate).  What the peer chose
 * cannot break the line.
 */
void tls_describe(const struct tls *t, char text[TLS_TEXT_MAX]);

#endif
