/*
 * Stream: the bytes of one connection, cut and followed through the handshake.
 *
 * Knows no sockets: takes what was read, says what to do.
 */
#ifndef TAPFERRY_INTAKE_STREAM_H
#define TAPFERRY_INTAKE_STREAM_H

#include "base/slice.h"
#include "intake/conn.h"
#include "intake/sink.h"

enum {
	STREAM_E_ACCEPT = 1, /* send ACCEPT, go on with what is left */
	STREAM_E_FINISH,     /* send FINISH, then close */
	STREAM_E_END,        /* the stream ended well: close */
	STREAM_E_FULL,       /* wait for room in the sink, go on then */
	STREAM_E_STARVED,    /* no memory for a half frame is left: close */
	STREAM_E_VIOLATION,  /* *why says what the peer did: close */
};

/*
 * stream_take() - cut what was read, hand its data frames to the sink
 * @in:   in: octets just read; out: what was not looked at yet
 * @why:  a short sentence, set on STREAM_E_VIOLATION
 *
 * On 0 everything was taken; an unfinished frame is kept in the connection.
 * Return: 0, STREAM_E_* or -ENOMEM (the half frame could not be kept: close).
 */
int stream_take(
	struct conn *c, struct slice *in, struct sink *sink, const char **why);

/*
 * How many octets may be read without going past the frame at hand, so that
 * nothing but the handshake is read before it is through.
 */
size_t stream_wanted(const struct conn *c);

/* Is the connection in the middle of a frame? */
bool stream_is_within_frame(const struct conn *c);

#endif
