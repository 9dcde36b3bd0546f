#include "intake/turn.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "intake/channel.h"
#include "intake/shake.h"
#include "intake/stream.h"

enum {
	/* a turn ends at so many reads or octets, whichever comes first */
	TURN_READS = 4,
	TURN_BYTES = 256 * 1024,
	TURN_GREETING_READS = 8, /* a control frame takes two */
};

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

static void close_stranger(struct worker *w, struct conn *c,
	enum intake_stat counted, const char *why)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_warn_limited(INTAKE_PROTOCOL_ERROR,
		"connection closed: not a dnstap stream",
		"listener=%s peer=%s reason=\"%s\"",
		crew_listener_name(w->crew, c), peer, why);
	stat_inc(w->stats, counted);
	turn_close(w, c);
}

void turn_close_violation(struct worker *w, struct conn *c, const char *why)
{
	close_stranger(w, c, INTAKE_PROTOCOL_ERRORS, why);
}

void turn_close_late(struct worker *w, struct conn *c)
{
	close_stranger(w, c, INTAKE_START_TIMEOUTS,
		"no START within the handshake timeout");
}

static void close_failure(
	struct worker *w, struct conn *c, const char *what, int error)
{
	char peer[CONN_PEER_TEXT_MAX], text[CHANNEL_TEXT_MAX];

	conn_peer_text(c, peer);
	channel_error_text(c, error, text);
	log_info_limited(INTAKE_IO_ERROR, "connection lost",
		"listener=%s peer=%s call=%s error=\"%s\"",
		crew_listener_name(w->crew, c), peer, what, text);
	stat_inc(w->stats, INTAKE_IO_ERRORS);
	turn_close(w, c);
}

static void close_starved(struct worker *w, struct conn *c)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_warn_limited(INTAKE_FRAME_MEMORY,
		"connection closed: limits.frame_memory is used up by frames "
		"that came in part",
		"listener=%s peer=%s frame_memory=%zu kept=%u",
		crew_listener_name(w->crew, c), peer, c->memory->size,
		c->rest_len);
	stat_inc(w->stats, INTAKE_FRAME_MEMORY_CLOSED);
	turn_close(w, c);
}

static void close_end(struct worker *w, struct conn *c)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_info_limited(INTAKE_CLOSED, "connection ended",
		"listener=%s peer=%s finished=%s within_frame=%s",
		crew_listener_name(w->crew, c), peer,
		c->handshake.state == HANDSHAKE_DONE ? "yes" : "no",
		stream_is_within_frame(c) ? "yes" : "no");
	turn_close(w, c);
}

void turn_adopt(struct worker *w, struct conn *c)
{
	bool shakes = c->tls == NULL && shake_is_due(w, c);
	int begun = shakes ? shake_begin(w, c) : 0;
	int r;

	cds_list_add_tail(&c->link, worker_list(w, c));
	w->connections++;
	c->tick = w->tick;
	c->window = w->window;
	c->window_bytes = 0;
	if (w->draining && c->is_unix)
		shutdown(c->fd, SHUT_RD);
	r = worker_watch(w, c, EPOLL_CTL_ADD, channel_wake_events(c));
	if (begun != 0)
		close_failure(w, c, "gnutls_init", begun);
	else if (r != 0)
		close_failure(w, c, "epoll_ctl", r);
}

bool turn_watch(struct worker *w, struct conn *c, uint32_t events)
{
	int r = worker_watch(w, c, EPOLL_CTL_MOD, events);

	if (r != 0)
		close_failure(w, c, "epoll_ctl", r);
	return r == 0;
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
	c->state = CONN_STREAMING;
	cds_list_del(&c->link);
	cds_list_add_tail(&c->link, worker_list(w, c));
	r = worker_watch(w, c, EPOLL_CTL_ADD, channel_wake_events(c));
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
		ssize_t n = channel_send(
			c, frame.data + c->replied, frame.len - c->replied);

		if (n >= 0) {
			c->replied += (uint8_t)n;
		} else if (n == -EAGAIN) {
			turn_watch(w, c, EPOLLOUT);
			return false;
		} else if (c->reply == CONN_REPLY_FINISH) {
			break; /* some do not wait for it */
		} else {
			close_failure(w, c, "send", (int)n);
			return false;
		}
	}
	if (c->reply == CONN_REPLY_FINISH) {
		close_end(w, c);
		return false;
	}
	histogram_add(&w->crew->accepts, crew_now_ns(w->crew) - c->accepted_ns);
	c->reply = CONN_REPLY_NONE;
	c->replied = 0;
	return true;
}

void turn_reply(struct worker *w, struct conn *c)
{
	if (write_reply(w, c))
		turn_watch(w, c, channel_wake_events(c));
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

void turn_note_activity(struct worker *w, struct conn *c)
{
	if (c->tick == w->tick)
		return;
	c->tick = w->tick;
	if (!conn_is_streaming(c) || w->draining)
		return;
	cds_list_del(&c->link);
	cds_list_add_tail(&c->link, worker_list(w, c));
}

static void count_bytes(struct worker *w, struct conn *c, size_t bytes)
{
	turn_note_activity(w, c);
	if (c->window != w->window) {
		c->window = w->window;
		c->window_bytes = 0;
	}
	c->window_bytes += (uint32_t)bytes;
}

/* What the sink has counted since it last was is this connection's. */
static void credit(struct worker *w, struct conn *c, size_t octets)
{
	struct gate_counts *gates = &w->crew->gates[1 + w->index];
	uint64_t errors =
		w->sink.not_dnstap + w->sink.too_large + w->sink.malformed;

	conn_count(c, octets, w->sink.received, errors);
	gate_count(gates, c->listener, LISTENER_RECEIVED, w->sink.received);
	gate_count(gates, c->listener, LISTENER_RECEIVED_BYTES, octets);
	gate_count(gates, c->listener, LISTENER_ERRORS, errors);
	sink_count(&w->sink);
}

/*
 * Takes what was read.
 * Return: is the connection still there, to be read?
 */
static bool take(struct worker *w, struct conn *c, struct slice in)
{
	const char *why = "";
	size_t octets = in.len;
	int r;

	count_bytes(w, c, in.len);
	w->sink.bytes += in.len;
	w->sink.mono_ns = crew_now_ns(w->crew);
	w->sink.real_ns = clock_real_ns(w->crew->clock);
	while ((r = stream_take(c, &in, &w->sink, &why)) == STREAM_E_FULL) {
		/* others are greeted meanwhile, or a plan is taken up */
		credit(w, c, 0);
		worker_wait_for_room(w);
	}
	credit(w, c, octets);
	switch (r) {
	case 0:
		return true;
	case STREAM_E_ACCEPT:
		c->reply = CONN_REPLY_ACCEPT;
		return write_reply(w, c);
	case STREAM_E_FINISH:
		stat_inc(w->stats, INTAKE_STREAMS_FINISHED);
		c->state = CONN_ENDING;
		c->reply = CONN_REPLY_FINISH;
		return write_reply(w, c);
	case STREAM_E_END:
		stat_inc(w->stats, INTAKE_STREAMS_FINISHED);
		close_end(w, c);
		return false;
	case STREAM_E_STARVED:
		close_starved(w, c);
		return false;
	case STREAM_E_VIOLATION:
		turn_close_violation(w, c, why);
		return false;
	default:
		close_failure(w, c, "malloc", r);
		return false;
	}
}

/*
 * What is pending is read now, so the socket's own word is enough again.
 * Return: is the connection still there?
 */
static bool take_up_pending(struct worker *w, struct conn *c)
{
	return !channel_has_pending(c) || turn_watch(w, c, EPOLLIN);
}

void turn_greet(struct worker *w, struct conn *c)
{
	uint8_t chunk[8 + FRAME_CONTROL_MAX];

	if (c->tls != NULL && !tls_is_open(c->tls) && !shake_step(w, c))
		return;
	if (!take_up_pending(w, c))
		return;
	for (unsigned i = 0; i < TURN_GREETING_READS; i++) {
		size_t want = stream_wanted(c);
		ssize_t n;

		if (want > sizeof(chunk)) {
			turn_close_violation(w, c, "data before START");
			return;
		}
		n = channel_recv(c, chunk, want);
		if (!received(w, c, n) ||
			!take(w, c, slice_from(chunk, (size_t)n)))
			return;
		if (c->handshake.state == HANDSHAKE_OPEN) {
			begin_stream(w, c);
			return;
		}
	}
	if (channel_has_pending(c))
		turn_watch(w, c, channel_wake_events(c));
}

void turn_read(struct worker *w, struct conn *c)
{
	size_t cap = crew_settings(w->crew)->read_buffer, taken = 0;

	if (!take_up_pending(w, c))
		return;
	for (unsigned i = 0; i < TURN_READS && taken < TURN_BYTES; i++) {
		ssize_t n = channel_recv(c, w->buffer, cap);

		if (!received(w, c, n) ||
			!take(w, c, slice_from(w->buffer, (size_t)n)))
			return;
		if ((size_t)n < cap && !channel_has_pending(c))
			return; /* most likely all there was */
		taken += (size_t)n;
	}
	if (channel_has_pending(c))
		turn_watch(w, c, channel_wake_events(c));
}

void turn_read_last(struct worker *w, struct conn *c)
{
	size_t cap = crew_settings(w->crew)->read_buffer;
	size_t left = channel_unread(c);

	if (left != 0 && !conn_is_streaming(c)) {
		turn_greet(w, c); /* then it is one list further, or gone */
		return;
	}
	while (left > 0) {
		ssize_t n = channel_recv(c, w->buffer, left < cap ? left : cap);

		if (!received(w, c, n) ||
			!take(w, c, slice_from(w->buffer, (size_t)n)))
			return;
		left -= (size_t)n;
	}
}
