#include "deliver/local_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	DATAGRAMS = 64,          /* to one system call */
	FRAME_BYTES = 64 * 1024, /* about as much as a socket takes at once */
};

/* Return: 0, LOCAL_E_ABSENT or -errno. */
static int reach(const struct local_settings *s, int fd)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(s->path);

	if (len >= sizeof(un.sun_path))
		return -ENAMETOOLONG;
	memcpy(un.sun_path, s->path, len + 1);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return 0;
	switch (errno) {
	case ECONNREFUSED: /* the socket of a program that has ended */
	case EAGAIN:       /* its backlog is full */
		return LOCAL_E_ABSENT;
	default:
		return -errno;
	}
}

int local_socket_open(const struct local_settings *s, int *fd)
{
	int type = s->datagram ? SOCK_DGRAM : SOCK_STREAM, r;

	*fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return -errno;
	r = reach(s, *fd);
	if (r != 0)
		close(*fd);
	return r;
}

static int outcome_of(int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
		return LOCAL_E_FULL;
	case EPIPE:
	case ECONNRESET:
	case ECONNREFUSED:
	case ENOTCONN:
		return LOCAL_E_GONE;
	case EMSGSIZE:
		return LOCAL_E_TOO_LARGE;
	default:
		return -error;
	}
}

int local_socket_write(int fd, struct slice in, size_t *n)
{
	ssize_t sent = send(fd, in.data, in.len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0)
		return outcome_of(errno);
	*n = (size_t)sent;
	return 0;
}

/* Event i of the batch, without its newline. */
static struct slice event_of(const struct batch *b, uint32_t i)
{
	size_t start = batch_start(b, i);

	return slice_from(b->data + start, b->ends[i] - start - 1);
}

static void fill_frame(struct local_frame *f, const struct batch *b)
{
	uint32_t left = batch_left(b);

	buf_clear(&f->text);
	f->done = 0;
	f->sent = 0;
	for (f->n = 0; f->n < left && f->n < LOCAL_FRAME_EVENTS &&
		       f->text.len < FRAME_BYTES;
		f->n++) {
		struct slice event = event_of(b, b->first + f->n);

		buf_printf(&f->text, "%zu ", event.len);
		buf_add(&f->text, event.data, event.len);
		f->ends[f->n] = (uint32_t)f->text.len;
	}
}

int local_socket_write_counted(int fd, struct local_frame *f,
	const struct batch *b, size_t *n, size_t *sent)
{
	uint32_t before;
	int r;

	if (f->sent == f->text.len)
		fill_frame(f, b);
	if (buf_failed(&f->text)) {
		buf_deinit(&f->text);
		*f = (struct local_frame){ .text = BUF_NULL };
		return -ENOMEM;
	}
	r = local_socket_write(fd,
		slice_from((uint8_t *)f->text.data + f->sent,
			f->text.len - f->sent),
		sent);
	if (r != 0)
		return r;
	f->sent += *sent;
	before = f->done;
	while (f->done < f->n && f->ends[f->done] <= f->sent)
		f->done++;
	/* those before are settled: the batch begins behind them */
	*n = batch_start(b, b->first + f->done - before) -
	     batch_start(b, b->first);
	return 0;
}

int local_socket_send_each(
	int fd, const struct batch *b, size_t *n, size_t *sent)
{
	struct mmsghdr messages[DATAGRAMS];
	struct iovec parts[DATAGRAMS];
	uint32_t count = batch_left(b);
	int done;

	if (count > DATAGRAMS)
		count = DATAGRAMS;
	for (uint32_t i = 0; i < count; i++) {
		struct slice event = event_of(b, b->first + i);

		parts[i].iov_base = (void *)event.data;
		parts[i].iov_len = event.len;
		messages[i] = (struct mmsghdr){
			.msg_hdr = { .msg_iov = &parts[i], .msg_iovlen = 1 },
		};
	}
	done = sendmmsg(fd, messages, count, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (done < 0)
		return outcome_of(errno);
	*n = batch_start(b, b->first + (uint32_t)done) -
	     batch_start(b, b->first);
	*sent = *n - (size_t)done;
	return 0;
}

bool local_socket_is_read(const struct local_settings *s, int fd)
{
	struct pollfd p = { .fd = fd };

	/* a datagram socket says so to those only who send or connect; this
	 * finds the one that has taken its place, too */
	if (s->datagram)
		return reach(s, fd) == 0;
	return poll(&p, 1, 0) < 0 || !(p.revents & (POLLHUP | POLLERR));
}
