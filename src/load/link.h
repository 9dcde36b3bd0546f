/*
 * Link: the socket of one connection of `tapferry-load send`, plain or TLS.
 *
 * Nothing here waits.  The socket is meant for an edge-triggered epoll: a call
 * that cannot go on is made again at the next event.
 */
#ifndef TAPFERRY_LOAD_LINK_H
#define TAPFERRY_LOAD_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "load/tls_dial.h"
#include "net/address.h"

enum {
	LINK_E_WAIT = 1, /* go on when the socket is ready */
	LINK_E_BUSY,     /* the listener's queue is full: open again later */
	LINK_E_SOURCE,   /* the source address is not this machine's */
	LINK_E_PORTS,    /* from there to there no port is left */
	LINK_E_TLS,      /* link_error_text() says more */
};

struct link_settings {
	struct address to;
	const struct tls_dial *dial; /* NULL: no TLS */
};

struct link {
	int fd;
	bool established;
	bool ended;           /* its end is said */
	gnutls_session_t tls; /* NULL: plain, or not yet */
	size_t held;       /* octets GnuTLS has taken and the socket has not */
	int error;         /* GnuTLS's, of LINK_E_TLS and -EPROTO */
	const char *alert; /* the peer's, or NULL; const */
	unsigned cert_status; /* GnuTLS's, of a certificate that is refused */
};

#define LINK_NULL ((struct link){ .fd = -1 })

/*
 * link_open() - begin to connect
 * @from:  the address to come from, or NULL: the system's choice
 *
 * Return: 0, LINK_E_BUSY (a unix socket's; the link is closed), LINK_E_SOURCE,
 * LINK_E_PORTS or -errno.
 */
int link_open(struct link *l, const struct link_settings *settings,
	const struct address *from);

/*
 * link_establish() - go on connecting and shaking hands
 * @shake:  false: the socket is enough (TLS is not begun)
 *
 * Return: 0 when it stands, LINK_E_WAIT, LINK_E_TLS or -errno.
 */
int link_establish(
	struct link *l, const struct link_settings *settings, bool shake);

/*
 * As send(2) and recv(2): octets, 0 at the end of the stream (recv), -EAGAIN,
 * or -errno; -EPROTO with more in link_error_text().
 *
 * After -EAGAIN of a TLS link, `held` of the octets are on their way: they
 * must be among the next call's, and are counted by it.
 */
ssize_t link_send(struct link *l, const void *data, size_t len);
ssize_t link_recv(struct link *l, void *data, size_t cap);

/* Says that nothing more will come, and still reads. */
void link_shutdown(struct link *l);
void link_close(struct link *l);

/* Why TLS failed. */
enum { LINK_TEXT_MAX = 200 };
void link_error_text(const struct link *l, char text[LINK_TEXT_MAX]);

#endif
