#include "load/producer.h"

#include <assert.h>
#include <errno.h>
#include <fstrm.h>

#include "wire/handshake.h"

/*
 * The head of a TLS record with a ClientHello of 512 octets in it, and as many
 * of those as tell a server that it is one.
 */
static const uint8_t half_hello[] = { 22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 0 };

/* Appends a control frame to what is to be written. */
static int put_control(struct producer *p, fstrm_control_type type)
{
	struct fstrm_control *control = fstrm_control_init();
	size_t room = sizeof(p->out) - p->out_len;
	fstrm_res res;

	fstrm_control_set_type(control, type);
	if (type != FSTRM_CONTROL_STOP)
		fstrm_control_add_field_content_type(control,
			(const uint8_t *)HANDSHAKE_CONTENT_TYPE,
			sizeof(HANDSHAKE_CONTENT_TYPE) - 1);
	res = fstrm_control_encode(control, p->out + p->out_len, &room,
		FSTRM_CONTROL_FLAG_WITH_HEADER);
	fstrm_control_destroy(&control);
	if (res != fstrm_res_success)
		return -ENOBUFS;
	p->out_len += room;
	p->out_stop = p->out_len;
	return 0;
}

void producer_init(struct producer *p, unsigned number,
	const struct producer_settings *settings, const struct tape *tape)
{
	*p = (struct producer){
		.magic = PRODUCER_MAGIC,
		.number = number,
		.settings = settings,
		.tape = tape,
		.link = LINK_NULL,
	};
}

int producer_open(struct producer *p, const struct address *from)
{
	int r;

	assert(p->magic == PRODUCER_MAGIC);
	p->state = PRODUCER_CONNECTING;
	p->error = 0;
	p->at = p->end = 0;
	p->out_at = p->out_stop = p->out_len = 0;
	p->in_len = 0;
	p->frames = p->bytes = 0;
	r = link_open(&p->link, &p->settings->link, from);
	if (r == LINK_E_BUSY)
		p->state = PRODUCER_CLOSED;
	else if (r != 0)
		producer_abort(p, r);
	return r;
}

static void close_socket(struct producer *p)
{
	link_close(&p->link);
	p->at = p->end;
	p->out_at = p->out_stop = p->out_len;
}

void producer_leave(struct producer *p)
{
	close_socket(p);
	p->state = PRODUCER_DONE;
}

void producer_abort(struct producer *p, int error)
{
	close_socket(p);
	p->state = PRODUCER_FAILED;
	p->error = error;
}

/* The peer is not there any more. */
static void abort_closed(struct producer *p)
{
	producer_abort(p, p->state == PRODUCER_GREETING ? PRODUCER_E_AWAY
							: PRODUCER_E_CLOSED);
}

static void abort_by_errno(struct producer *p, int e)
{
	if (e == EPIPE || e == ECONNRESET)
		abort_closed(p);
	else
		producer_abort(p, e == EPROTO ? LINK_E_TLS : -e);
}

void producer_play(struct producer *p, size_t first, size_t last)
{
	assert(p->state == PRODUCER_OPEN && p->at == p->end);
	p->frame = first;
	p->at = tape_start(p->tape, first);
	p->end = tape_start(p->tape, last);
}

void producer_trim(struct producer *p)
{
	size_t taken = p->at + p->link.held; /* TLS has them already */
	size_t frame;

	if (p->at == p->end)
		return;
	frame = tape_find(p->tape, p->frame, taken);
	p->end = taken == tape_start(p->tape, frame) ? taken
						     : p->tape->ends[frame];
}

void producer_stop(struct producer *p)
{
	assert(p->state == PRODUCER_OPEN && p->at == p->end);
	p->state = PRODUCER_STOPPING;
	if (put_control(p, FSTRM_CONTROL_STOP) != 0)
		producer_abort(p, -ENOBUFS);
}

/* The connection stands: what is said first? */
static void greet(struct producer *p)
{
	bool first = !p->settings->unidirectional;

	p->state = first ? PRODUCER_GREETING : PRODUCER_OPEN;
	if (put_control(p, first ? FSTRM_CONTROL_READY : FSTRM_CONTROL_START))
		producer_abort(p, -ENOBUFS);
}

static void stall_in_handshake(struct producer *p)
{
	if (p->settings->link.dial != NULL) {
		p->out_len = sizeof(half_hello);
		memcpy(p->out, half_hello, sizeof(half_hello));
	} else {
		greet(p);
	}
	p->out_stop = p->out_len / 2;
	p->state = PRODUCER_STALLED;
}

/* As far as the middle of the tape's first frame. */
static void stall_in_frame(struct producer *p)
{
	producer_play(p, 0, 1);
	p->end /= 2;
	p->state = PRODUCER_STALLED;
}

void producer_trickle(struct producer *p)
{
	if (p->state != PRODUCER_STALLED || !producer_is_idle(p))
		return;
	if (p->settings->stall == PRODUCER_STALL_FRAME) {
		if (p->end < p->tape->len)
			p->end++;
	} else if (p->out_stop + 1 < p->out_len) {
		p->out_stop++;
	}
	producer_write(p);
}

/* Return: can octets go? */
static bool establish(struct producer *p)
{
	bool stall = p->settings->stall == PRODUCER_STALL_HANDSHAKE;
	int r;

	if (p->state != PRODUCER_CONNECTING)
		return !producer_is_over(p) && p->state != PRODUCER_CLOSED;
	r = link_establish(&p->link, &p->settings->link, !stall);
	if (r == LINK_E_WAIT)
		return false;
	if (r != 0) {
		producer_abort(p, r == -ECONNRESET ? PRODUCER_E_CLOSED : r);
		return false;
	}
	if (stall)
		stall_in_handshake(p);
	else
		greet(p);
	return !producer_is_over(p);
}

static void take_control(struct producer *p, struct slice payload)
{
	fstrm_control_type due = p->state == PRODUCER_GREETING
					 ? FSTRM_CONTROL_ACCEPT
					 : FSTRM_CONTROL_FINISH;
	struct fstrm_control *control = fstrm_control_init();
	fstrm_control_type type;
	int error = 0;

	if (fstrm_control_decode(control, payload.data, payload.len, 0) !=
			fstrm_res_success ||
		fstrm_control_get_type(control, &type) != fstrm_res_success ||
		type != due ||
		(p->state != PRODUCER_GREETING &&
			p->state != PRODUCER_STOPPING)) {
		error = PRODUCER_E_PROTOCOL;
	} else if (type == FSTRM_CONTROL_ACCEPT &&
		   fstrm_control_match_field_content_type(control,
			   (const uint8_t *)HANDSHAKE_CONTENT_TYPE,
			   sizeof(HANDSHAKE_CONTENT_TYPE) - 1) !=
			   fstrm_res_success) {
		error = PRODUCER_E_REFUSED;
	}
	fstrm_control_destroy(&control);
	if (error != 0) {
		producer_abort(p, error);
	} else if (due == FSTRM_CONTROL_FINISH) {
		producer_leave(p);
	} else {
		p->state = PRODUCER_OPEN;
		if (put_control(p, FSTRM_CONTROL_START) != 0)
			producer_abort(p, -ENOBUFS);
	}
}

/* A peer says one control frame at a time and never a data frame. */
static void take_input(struct producer *p)
{
	static const uint8_t escape[4];
	uint32_t len;

	if (p->in_len < 8)
		return;
	len = (uint32_t)p->in[4] << 24 | (uint32_t)p->in[5] << 16 |
	      (uint32_t)p->in[6] << 8 | p->in[7];
	if (memcmp(p->in, escape, sizeof(escape)) != 0 ||
		len > FRAME_CONTROL_MAX) {
		producer_abort(p, PRODUCER_E_PROTOCOL);
		return;
	}
	if (p->in_len < 8 + len)
		return;
	take_control(p, slice_from(p->in + 8, len));
	p->in_len -= 8 + len;
	memmove(p->in, p->in + 8 + len, p->in_len);
}

/* The peer closed: what a unidirectional one that has said STOP waits for. */
static void take_end(struct producer *p)
{
	if (p->state != PRODUCER_STOPPING || !p->settings->unidirectional) {
		abort_closed(p);
		return;
	}
	producer_leave(p);
}

void producer_read(struct producer *p)
{
	assert(p->magic == PRODUCER_MAGIC);
	if (!establish(p))
		return;
	while (!producer_is_over(p)) {
		ssize_t n = link_recv(
			&p->link, p->in + p->in_len, sizeof(p->in) - p->in_len);

		if (n > 0) {
			p->in_len += (size_t)n;
			take_input(p);
		} else if (n == 0) {
			take_end(p);
		} else if (n == -EAGAIN) {
			return;
		} else {
			abort_by_errno(p, (int)-n);
		}
	}
}

/* Return: octets taken by the socket, 0 when it is full or failed. */
static size_t write_some(struct producer *p, const void *data, size_t len)
{
	ssize_t n = link_send(&p->link, data, len);

	if (n >= 0)
		return (size_t)n;
	if (n != -EAGAIN)
		abort_by_errno(p, (int)-n);
	return 0;
}

static void write_tape(struct producer *p)
{
	size_t n = write_some(p, p->tape->data + p->at, p->end - p->at);
	size_t frame = p->frame;

	if (n == 0)
		return;
	p->at += n;
	p->frame = tape_find(p->tape, frame, p->at);
	p->frames += p->frame - frame;
	p->bytes += tape_start(p->tape, p->frame) - tape_start(p->tape, frame);
}

/* START goes before the tape; STOP is put when the tape is written. */
static bool write_control(struct producer *p)
{
	while (!producer_is_over(p) && p->out_at < p->out_stop) {
		size_t n = write_some(
			p, p->out + p->out_at, p->out_stop - p->out_at);

		if (n == 0)
			return false;
		p->out_at += n;
		if (p->out_at == p->out_len)
			p->out_at = p->out_stop = p->out_len = 0;
	}
	return !producer_is_over(p);
}

/* STOP is written, and nobody answers it. */
static void end_unidirectional(struct producer *p)
{
	/* a close while a ticket of TLS 1.3 lies unread would reset the
	 * connection, and what is under way with it */
	if (p->link.tls != NULL) {
		link_shutdown(&p->link);
		return;
	}
	producer_leave(p);
}

bool producer_write(struct producer *p)
{
	assert(p->magic == PRODUCER_MAGIC);
	if (!establish(p) || !write_control(p))
		return false;
	if (p->state == PRODUCER_OPEN &&
		p->settings->stall == PRODUCER_STALL_FRAME)
		stall_in_frame(p);
	while (p->at < p->end && !producer_is_over(p)) {
		size_t at = p->at;

		write_tape(p);
		/* TLS takes a record at a time, a socket all there is room
		 * for */
		if (p->at == at || (p->at < p->end && p->link.tls == NULL))
			return false;
	}
	if (p->state == PRODUCER_STOPPING && p->settings->unidirectional &&
		producer_is_idle(p))
		end_unidirectional(p);
	return !producer_is_over(p);
}
