#include "intake/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* so many records at a time, so that empty ones hold up nobody else */
enum { GATHER_RECORDS = 256 };

static ssize_t gather(struct tls *tls, uint8_t *buffer, size_t cap)
{
	size_t have = 0;

	for (unsigned i = 0; i < GATHER_RECORDS && have < cap; i++) {
		ssize_t n = tls_recv(tls, buffer + have, cap - have);

		if (n <= 0)
			return have != 0 ? (ssize_t)have : n;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

ssize_t channel_recv(struct conn *c, uint8_t *buffer, size_t cap)
{
	ssize_t n;

	if (c->tls != NULL)
		return gather(c->tls, buffer, cap);
	do
		n = recv(c->fd, buffer, cap, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t channel_send(struct conn *c, const uint8_t *data, size_t len)
{
	ssize_t n;

	if (c->tls != NULL)
		return tls_send(c->tls, data, len);
	do
		n = send(c->fd, data, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

bool channel_has_pending(const struct conn *c)
{
	return c->tls != NULL && tls_pending(c->tls) != 0;
}

size_t channel_unread(const struct conn *c)
{
	return conn_unread(c) + (c->tls != NULL ? tls_pending(c->tls) : 0);
}

uint32_t channel_wake_events(const struct conn *c)
{
	return channel_has_pending(c) ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

void channel_error_text(
	const struct conn *c, int error, char text[CHANNEL_TEXT_MAX])
{
	if (c->tls != NULL && error == -EPROTO)
		tls_error_text(c->tls, text);
	else
		snprintf(text, CHANNEL_TEXT_MAX, "%s", strerror(-error));
}
