/*
 * Channel: what a connection's octets go through, the bare socket or TLS.
 *
 * Thread: the connection's worker.
 */
#ifndef TAPFERRY_INTAKE_CHANNEL_H
#define TAPFERRY_INTAKE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "intake/conn.h"

/*
 * As recv(2) and send(2), never interrupted.  Through TLS it gathers what many
 * small records bring: some senders make two of every frame.
 * Return: octets, 0 at the end of the stream, or -errno.
 */
ssize_t channel_recv(struct conn *c, uint8_t *buffer, size_t cap);
ssize_t channel_send(struct conn *c, const uint8_t *data, size_t len);

/* Is there something to be read that epoll cannot see on the socket? */
bool channel_has_pending(const struct conn *c);

/* What is there to be read now, at most; 0: nothing. */
size_t channel_unread(const struct conn *c);

/*
 * The epoll events that make a reader wake up.  While something is pending the
 * socket is waited for to be writable as well, which it nearly always is: so
 * the connection waits in the queue of the ready ones like every other.
 */
uint32_t channel_wake_events(const struct conn *c);

/* What an error of the above means, in words. */
enum { CHANNEL_TEXT_MAX = TLS_TEXT_MAX };
void channel_error_text(
	const struct conn *c, int error, char text[CHANNEL_TEXT_MAX]);

#endif
