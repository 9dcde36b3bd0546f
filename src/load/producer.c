#include "load/producer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <fstrm.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "wire/handshake.h"

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
	return 0;
}

static int open_socket(const struct address *to, unsigned timeout_ms, int *out)
{
	struct timeval limit = { .tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000 };
	int on = 1;
	int r;
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* the time limit of a blocking connect, on Linux */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0)
		goto fail;
	if (!address_is_unix(to) &&
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		goto fail;
	if (connect(fd, &to->sa, to->len) != 0)
		goto fail;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		goto fail;
	*out = fd;
	return 0;
fail:
	r = errno == EINPROGRESS || errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(fd);
	return r;
}

int producer_open(struct producer *p, unsigned number, const struct address *to,
	const struct tape *tape, bool bidirectional, unsigned timeout_ms)
{
	int r;

	*p = (struct producer){
		.magic = PRODUCER_MAGIC,
		.fd = -1,
		.number = number,
		.state = bidirectional ? PRODUCER_GREETING : PRODUCER_OPEN,
		.bidirectional = bidirectional,
		.tape = tape,
	};
	r = put_control(
		p, bidirectional ? FSTRM_CONTROL_READY : FSTRM_CONTROL_START);
	if (r == 0)
		r = open_socket(to, timeout_ms, &p->fd);
	if (r != 0)
		producer_abort(p, r);
	return r;
}

static void close_socket(struct producer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->at = p->end;
	p->out_at = p->out_len;
}

void producer_abort(struct producer *p, int error)
{
	close_socket(p);
	p->state = PRODUCER_FAILED;
	p->error = error;
}

static void abort_by_errno(struct producer *p, int e)
{
	producer_abort(
		p, e == EPIPE || e == ECONNRESET ? PRODUCER_E_CLOSED : -e);
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
	if (p->at == p->end)
		return;
	p->end = p->at == tape_start(p->tape, p->frame)
			 ? p->at
			 : p->tape->ends[p->frame];
}

void producer_stop(struct producer *p)
{
	assert(p->state == PRODUCER_OPEN && p->at == p->end);
	p->state = PRODUCER_STOPPING;
	if (put_control(p, FSTRM_CONTROL_STOP) != 0)
		producer_abort(p, -ENOBUFS);
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
		type != due || p->state == PRODUCER_OPEN) {
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
		close_socket(p);
		p->state = PRODUCER_DONE;
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

void producer_read(struct producer *p)
{
	assert(p->magic == PRODUCER_MAGIC);
	while (!producer_is_over(p)) {
		ssize_t n = recv(
			p->fd, p->in + p->in_len, sizeof(p->in) - p->in_len, 0);

		if (n > 0) {
			p->in_len += (size_t)n;
			take_input(p);
		} else if (n == 0) {
			producer_abort(p, PRODUCER_E_CLOSED);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			abort_by_errno(p, errno);
		}
	}
}

/* Return: octets taken by the socket, 0 when it is full or failed. */
static size_t write_some(struct producer *p, const void *data, size_t len)
{
	for (;;) {
		ssize_t n = send(p->fd, data, len, MSG_NOSIGNAL);

		if (n >= 0)
			return (size_t)n;
		if (errno == EAGAIN)
			return 0;
		if (errno != EINTR) {
			abort_by_errno(p, errno);
			return 0;
		}
	}
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

bool producer_write(struct producer *p)
{
	assert(p->magic == PRODUCER_MAGIC);
	/* START goes before the tape; STOP is put when the tape is written */
	while (!producer_is_over(p) && p->out_at < p->out_len) {
		size_t n = write_some(
			p, p->out + p->out_at, p->out_len - p->out_at);

		if (n == 0)
			return false;
		p->out_at += n;
		if (p->out_at == p->out_len)
			p->out_at = p->out_len = 0;
	}
	if (p->at < p->end && !producer_is_over(p)) {
		write_tape(p);
		if (p->at < p->end)
			return false;
	}
	if (p->state == PRODUCER_STOPPING && !p->bidirectional &&
		producer_is_idle(p)) {
		close_socket(p);
		p->state = PRODUCER_DONE;
	}
	return !producer_is_over(p);
}

const char *producer_error_text(int error)
{
	switch (error) {
	case PRODUCER_E_CLOSED:
		return "the receiver closed the connection";
	case PRODUCER_E_REFUSED:
		return "the receiver does not accept " HANDSHAKE_CONTENT_TYPE;
	case PRODUCER_E_PROTOCOL:
		return "the receiver does not speak Frame Streams";
	case PRODUCER_E_SILENT:
		return "the receiver did not answer in time";
	default:
		return strerror(-error);
	}
}
