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

/* What is known of a session once it stands, and stays true. */
struct tls_about {
	const char *version; /* as "TLS1.3" */
	const char *cipher;  /* as "AES-256-GCM" */
	bool resumed;        /* from a ticket of an earlier one */
	char subject[];      /* the client's certificate's, "": none shown;
			      * nothing in it breaks a quoted text */
};

enum { TLS_SUBJECT_MAX = 160 }; /* octets of it, longer ones are cut */

/*
 * tls_new() - a session that will shake hands
 * @credentials:  a reference, taken on success
 * @fd:           stays the caller's, who keeps it open
 *
 * Return: 0 or -ENOMEM.
 */
int tls_new(struct tls **tp, struct tls_credentials *credentials, int fd);
struct tls *tls_free(struct tls *t); /* NULL */

/*
 * tls_close() - the end of the session
 * Tells the peer that nothing more will come, if it can be told at once, and
 * gives back its memory.  What is left is for tls_about() and tls_free().
 */
void tls_close(struct tls *t);

/* @mono_ns: now.  Return: 0: the session stands; or TLS_E_*. */
int tls_handshake(struct tls *t, uint64_t mono_ns);

/* Does the session stand?  And since when (mono_ns)? */
bool tls_is_open(const struct tls *t);
uint64_t tls_opened_ns(const struct tls *t);

/*
 * tls_about() - NULL: it has never stood
 * Thread: the session's, or any in an RCU read section that *t outlives.
 */
const struct tls_about *tls_about(const struct tls *t);

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

/* Why the last call failed. */
enum { TLS_TEXT_MAX = 256 };
void tls_error_text(const struct tls *t, char text[TLS_TEXT_MAX]);

#endif
