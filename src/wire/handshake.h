/*
 * Handshake: the control frames of one Frame Streams connection, as a machine.
 *
 *	bidirectional    READY (we: ACCEPT) START data... STOP (we: FINISH)
 *	unidirectional   START data... STOP
 *
 * The first control frame tells which.  READY in the place of START is a fresh
 * READY (libfstrm senders do that after an ACCEPT of a foreign type).  Unknown
 * control *fields* are skipped; a frame out of order, an unknown frame type or
 * another content type ends the connection; so does a READY or a START that
 * names none, and a START that names two.  ACCEPT always names the type.
 *
 * Pure: takes frames, says what to do.
 */
#ifndef TAPFERRY_WIRE_HANDSHAKE_H
#define TAPFERRY_WIRE_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define HANDSHAKE_CONTENT_TYPE "protobuf:dnstap.Dnstap"

enum handshake_state {
	HANDSHAKE_FIRST = 0, /* nothing yet: READY or START */
	HANDSHAKE_ACCEPTED,  /* ACCEPT sent: START, or READY again */
	HANDSHAKE_OPEN,      /* data frames may come */
	HANDSHAKE_DONE,      /* STOP came: nothing more is read */
};

struct handshake {
	enum handshake_state state;
	bool bidirectional; /* READY was seen: FINISH answers STOP */
};

#define HANDSHAKE_INIT ((struct handshake){ 0 })

/* What the caller does next, besides 0 (read on). */
enum {
	HANDSHAKE_E_ACCEPT = 1, /* send handshake_accept, read on */
	HANDSHAKE_E_FINISH,     /* send handshake_finish, then close */
	HANDSHAKE_E_CLOSE, /* the stream ended well, nothing to send: close */
	HANDSHAKE_E_CONTENT_TYPE, /* READY or START is not for dnstap: close */
	HANDSHAKE_E_ORDER,        /* a frame that does not belong here: close */
	HANDSHAKE_E_MALFORMED, /* a control frame that cannot be read: close */
};

/* Takes one control frame's payload.  Return: 0 or HANDSHAKE_E_*. */
int handshake_control(struct handshake *h, struct slice payload);

/* May a data frame come now?  Return: 0 or HANDSHAKE_E_ORDER. */
static inline int handshake_data(const struct handshake *h)
{
	return h->state == HANDSHAKE_OPEN ? 0 : HANDSHAKE_E_ORDER;
}

/* The two frames we send, escape and length included; const, for ever. */
extern const struct slice handshake_accept;
extern const struct slice handshake_finish;

/* One short sentence for a log line about HANDSHAKE_E_CONTENT_TYPE and on. */
const char *handshake_error_text(int error);

#endif
