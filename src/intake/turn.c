#include "intake/turn.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "intake/stream.h"

enum {
	/* a turn ends at so many reads or octets, whichever comes first */
	TURN_READS = 4,
	TURN_BYTES = 256 * 1024,
	TURN_GREETING_READS = 8, /* a control frame takes two */
};

static const char *listener_name(const struct worker *w, const struct conn *c)
{
	return w->crew->settings->listeners[c->listener].name;
}

/* Takes it out of this worker's hands. */
static void leave(struct worker *w, struct conn *c)
{
	worker_watch(w, c, EPOLL_CTL_DEL, 0);
	cds_list_del_init(&c->link);
	w->connections--;
	atomic_fetch_sub(&w->load->connections, 1);
}

void turn_close(struct worker *w, struct conn *c)
{
	leave(w, c);
	crew_retire(w->crew, c, w->stats);
}

static void close_violation(struct worker *w, struct conn *c, const char *why)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_warn_limited(INTAKE_PROTOCOL_ERROR,
		"connection closed: not a dnstap stream",
		"listener=%s peer=%s reason=\"%s\"", listener_name(w, c), peer,
		why);
	stat_inc(w->stats, INTAKE_PROTOCOL_ERRORS);
	turn_close(w, c);
}

static void close_failure(
	struct worker *w, struct conn *c, const char *what, int error)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_info_limited(INTAKE_IO_ERROR, "connection lost",
		"listener=%s peer=%s call=%s error=\"%s\"", listener_name(w, c),
		peer, what, strerror(-error));
	stat_inc(w->stats, INTAKE_IO_ERRORS);
	turn_close(w, c);
}

static void close_end(struct worker *w, struct conn *c)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_info_limited(INTAKE_CLOSED, "connection ended",
		"listener=%s peer=%s finished=%s within_frame=%s",
		listener_name(w, c), peer,
		c->handshake.state == HANDSHAKE_DONE ? "yes" : "no",
		stream_is_within_frame(c) ? "yes" : "no");
	turn_close(w, c);
}

void turn_adopt(struct worker *w, struct conn *c)
{
	int r;

	cds_list_add_tail(
		&c->link, c->streaming ? &w->streaming : &w->greeting);
	w->connections++;
	c->tick = w->tick;
	c->window = w->window;
	c->window_bytes = 0;
	if (w->draining && c->is_unix)
		shutdown(c->fd, SHUT_RD);
	r = worker_watch(w, c, EPOLL_CTL_ADD, EPOLLIN);
	if (r != 0)
		close_failure(w, c, "epoll_ctl", r);
}

void turn_pass_on(struct worker *w, struct conn *c, unsigned worker)
{
	leave(w, c);
	stat_inc(w->stats, INTAKE_CONNECTIONS_MOVED);
	crew_hand_over(w->crew, worker, c);
}

/* START came: from now on it is read in large pieces, while reading is on. */
static void begin_stream(struct worker *w, struct conn *c)
{
	int r;

	worker_watch(w, c, EPOLL_CTL_DEL, 0);
	c->streaming = true;
	cds_list_del(&c->link);
	cds_list_add_tail(&c->link, &w->streaming);
	r = worker_watch(w, c, EPOLL_CTL_ADD, EPOLLIN);
	if (r != 0)
		close_failure(w, c, "epoll_ctl", r);
}

/*
 * Writes what is left of the reply; what the socket does not take now is
 * finished on EPOLLOUT, and nothing is read until then.
 * Return: is the connection free to be read again?
 */
static bool write_reply(struct worker *w, struct conn *c)
{
	struct slice frame = c->reply == CONN_REPLY_ACCEPT ? handshake_accept
							   : handshake_finish;

	while (c->replied < frame.len) {
		ssize_t n = send(c->fd, frame.data + c->replied,
			frame.len - c->replied, MSG_NOSIGNAL);

		if (n >= 0) {
			c->replied += (uint8_t)n;
		} else if (errno == EAGAIN) {
			int r = worker_watch(w, c, EPOLL_CTL_MOD, EPOLLOUT);

			if (r != 0)
				close_failure(w, c, "epoll_ctl", r);
			return false;
		} else if (c->reply == CONN_REPLY_FINISH) {
			break; /* some do not wait for it */
		} else if (errno != EINTR) {
			close_failure(w, c, "send", -errno);
			return false;
		}
	}
	if (c->reply == CONN_REPLY_FINISH) {
		close_end(w, c);
		return false;
	}
	c->reply = CONN_REPLY_NONE;
	c->replied = 0;
	return true;
}

void turn_reply(struct worker *w, struct conn *c)
{
	int r;

	if (!write_reply(w, c))
		return;
	r = worker_watch(w, c, EPOLL_CTL_MOD, EPOLLIN);
	if (r != 0)
		close_failure(w, c, "epoll_ctl", r);
}

/* recv(2) without its interruptions.  Return: octets, 0 at the end, -errno. */
static ssize_t receive(struct conn *c, uint8_t *buffer, size_t cap)
{
	ssize_t n;

	do
		n = recv(c->fd, buffer, cap, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Return: is the connection still there, to be read? */
static bool received(struct worker *w, struct conn *c, ssize_t n)
{
	if (n == -EAGAIN)
		return false;
	if (n == 0)
		close_end(w, c);
	else if (n < 0)
		close_failure(w, c, "recv", (int)n);
	return n > 0;
}

static void count_bytes(struct worker *w, struct conn *c, size_t bytes)
{
	c->tick = w->tick;
	if (c->window != w->window) {
		c->window = w->window;
		c->window_bytes = 0;
	}
	c->window_bytes += (uint32_t)bytes;
}

/*
 * Takes what was read.
 * Return: is the connection still there, to be read?
 */
static bool take(struct worker *w, struct conn *c, struct slice in)
{
	const char *why = "";
	int r;

	count_bytes(w, c, in.len);
	w->sink.bytes += in.len;
	w->sink.mono_ns = clock_mono_ns(&clock_system);
	w->sink.real_ns = clock_real_ns(&clock_system);
	while ((r = stream_take(c, &in, &w->sink, &why)) == STREAM_E_FULL)
		worker_wait_for_room(w);
	sink_count(&w->sink);
	switch (r) {
	case 0:
		return true;
	case STREAM_E_ACCEPT:
		c->reply = CONN_REPLY_ACCEPT;
		return write_reply(w, c);
	case STREAM_E_FINISH:
		stat_inc(w->stats, INTAKE_STREAMS_FINISHED);
		c->reply = CONN_REPLY_FINISH;
		return write_reply(w, c);
	case STREAM_E_END:
		stat_inc(w->stats, INTAKE_STREAMS_FINISHED);
		close_end(w, c);
		return false;
	case STREAM_E_VIOLATION:
		close_violation(w, c, why);
		return false;
	default:
		close_failure(w, c, "malloc", r);
		return false;
	}
}

void turn_greet(struct worker *w, struct conn *c)
{
	uint8_t chunk[8 + FRAME_CONTROL_MAX];

	for (unsigned i = 0; i < TURN_GREETING_READS; i++) {
		size_t want = stream_wanted(c);
		ssize_t n;

		if (want > sizeof(chunk)) {
			close_violation(w, c, "data before START");
			return;
		}
		n = receive(c, chunk, want);
		if (!received(w, c, n) ||
			!take(w, c, slice_from(chunk, (size_t)n)))
			return;
		if (c->handshake.state == HANDSHAKE_OPEN) {
			begin_stream(w, c);
			return;
		}
	}
}

void turn_read(struct worker *w, struct conn *c)
{
	size_t cap = w->crew->settings->read_buffer, taken = 0;

	for (unsigned i = 0; i < TURN_READS && taken < TURN_BYTES; i++) {
		ssize_t n = receive(c, w->buffer, cap);

		if (!received(w, c, n) ||
			!take(w, c, slice_from(w->buffer, (size_t)n)))
			return;
		if ((size_t)n < cap)
			return; /* most likely all there was */
		taken += (size_t)n;
	}
}

void turn_read_last(struct worker *w, struct conn *c)
{
	size_t cap = w->crew->settings->read_buffer;
	size_t left = conn_unread(c);

	if (left != 0 && !c->streaming) {
		turn_greet(w, c); /* then it is with the streams, or gone */
		return;
	}
	while (left > 0) {
		ssize_t n = receive(c, w->buffer, left < cap ? left : cap);

		if (!received(w, c, n) ||
			!take(w, c, slice_from(w->buffer, (size_t)n)))
			return;
		left -= (size_t)n;
	}
}

void turn_expire_greetings(struct worker *w)
{
	uint64_t timeout_ns = w->crew->settings->handshake_timeout_ns;

	while (!cds_list_empty(&w->greeting)) {
		struct conn *c =
			cds_list_first_entry(&w->greeting, struct conn, link);

		if (w->now_ns < c->accepted_ns + timeout_ns)
			return;
		close_violation(w, c, "no START within the handshake timeout");
	}
}
