#include "control/control_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	READ_PIECE = 16 * 1024,
	SEND_PIECE = 32 * 1024,
};

/* between two requests */
#define IDLE_NS (600 * NS_PER_S)
/* half a request; a reply that stays unread */
#define HURRY_NS (10 * NS_PER_S)

struct control_client {
	int fd;
	struct control_peer peer;
	uint32_t awaits; /* EPOLL* its caller was last told */
	struct buf in;   /* what came and was not answered yet */
	size_t looked;   /* octets of it that have no newline */
	struct buf out;  /* what is to be sent, from `sent` on */
	size_t sent;
	struct control_reply rest; /* what comes behind `out` */
	bool more;                 /* there is such a rest */
	bool ended;                /* nothing more comes in */
	bool closing;              /* when all is sent */
	uint64_t began_ns; /* monotonic: the half request, or the silence */
	uint64_t sent_ns;  /* monotonic: something was taken last */
};

struct control_client *control_client_new(int fd, uint64_t mono_ns)
{
	struct control_client *c = calloc(1, sizeof(*c));
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);

	if (c == NULL)
		return NULL;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	c->fd = fd;
	c->peer = (struct control_peer){ who.uid, who.pid };
	c->began_ns = c->sent_ns = mono_ns;
	return c;
}

struct control_client *control_client_free(struct control_client *c)
{
	close(c->fd);
	if (c->more && c->rest.free != NULL)
		c->rest.free(c->rest.source);
	buf_deinit(&c->in);
	buf_deinit(&c->out);
	free(c);
	return NULL;
}

static bool has_to_send(const struct control_client *c)
{
	return c->sent < c->out.len || c->more;
}

static bool has_line(const struct control_client *c)
{
	return c->in.len > c->looked && memchr(c->in.data + c->looked, '\n',
						c->in.len - c->looked) != NULL;
}

/* --- requests */

static void say(struct control_client *c, const char *line)
{
	buf_add_str(&c->out, line);
	buf_add_str(&c->out, "\n");
}

static void take_reply(struct control_client *c, struct control_reply *reply)
{
	buf_add(&c->out, buf_str(&reply->text), reply->text.len);
	c->out.failed |= buf_failed(&reply->text);
	buf_deinit(&reply->text);
	c->more = reply->read != NULL;
	if (c->more)
		c->rest = *reply;
	else
		buf_add_str(&c->out, "\n");
}

/* The first line there is, if any. */
static void answer_one(struct control_client *c, control_answer *answer,
	void *arg, uint64_t now)
{
	struct control_reply reply = { .text = BUF_NULL };
	size_t left;
	char *end;

	if (has_to_send(c) || !has_line(c))
		return;
	end = memchr(c->in.data, '\n', c->in.len);
	answer(arg, &c->peer,
		slice_from((uint8_t *)c->in.data, (size_t)(end - c->in.data)),
		&reply);
	left = c->in.len - (size_t)(end + 1 - c->in.data);
	memmove(c->in.data, end + 1, left);
	c->in.len = left;
	c->looked = 0;
	c->began_ns = c->sent_ns = now;
	take_reply(c, &reply);
}

/* Return: false: it is gone. */
static bool receive(struct control_client *c, uint64_t now)
{
	char piece[READ_PIECE];
	ssize_t n;

	if (c->ended || c->closing || has_to_send(c) || has_line(c))
		return true;
	n = recv(c->fd, piece, sizeof(piece), 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0) {
		c->ended = true;
		return true;
	}
	if (c->in.len == 0)
		c->began_ns = now;
	c->looked = c->in.len;
	buf_add(&c->in, piece, (size_t)n);
	if (!has_line(c))
		c->looked = c->in.len;
	if (c->in.len > CONTROL_LINE_MAX && !has_line(c)) {
		say(c, "{\"v\":1,\"ok\":false,\"error\":\"the request is "
		       "longer than 65536 octets\",\"cure\":\"end each request "
		       "with a newline\"}");
		c->closing = true;
	}
	return !buf_failed(&c->in);
}

/* --- replies */

/* The next piece of a long one.  Return: false: it cannot be made. */
static bool refill(struct control_client *c)
{
	char piece[SEND_PIECE];
	ssize_t n;

	buf_clear(&c->out);
	c->sent = 0;
	if (!c->more)
		return true;
	n = c->rest.read(c->rest.source, piece, sizeof(piece));
	if (n < 0)
		return false;
	for (ssize_t i = 0; i < n; i++)
		if (piece[i] == '\n')
			piece[i] = ' ';
	buf_add(&c->out, piece, (size_t)n);
	if (n > 0)
		return true;
	buf_add_str(&c->out, c->rest.rest);
	buf_add_str(&c->out, "\n");
	c->rest.free(c->rest.source);
	c->more = false;
	return true;
}

/* As much as goes at once, one piece at most.  Return: false: it is gone. */
static bool transmit(struct control_client *c, uint64_t now)
{
	ssize_t n;

	if (c->sent == c->out.len && c->more && !refill(c))
		return false;
	if (buf_failed(&c->out))
		return false;
	if (c->sent < c->out.len) {
		n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->sent += (size_t)n;
		c->sent_ns = now;
	}
	if (c->sent == c->out.len) {
		buf_clear(&c->out);
		c->sent = 0;
	}
	return true;
}

static bool is_done(const struct control_client *c)
{
	return !has_to_send(c) && (c->closing || (c->ended && !has_line(c)));
}

uint64_t control_client_due_ns(const struct control_client *c)
{
	if (has_to_send(c))
		return c->sent_ns + HURRY_NS;
	return c->began_ns + (c->in.len > 0 ? HURRY_NS : IDLE_NS);
}

bool control_client_turn(struct control_client *c, control_answer *answer,
	void *arg, uint64_t mono_ns)
{
	if (!receive(c, mono_ns))
		return false;
	answer_one(c, answer, arg, mono_ns);
	return transmit(c, mono_ns) && !is_done(c);
}

void control_client_flush(struct control_client *c)
{
	if (c->sent < c->out.len && !buf_failed(&c->out))
		transmit(c, c->sent_ns);
}

/* A line that waits is served when it can be answered, which is the next
 * time. */
bool control_client_await(struct control_client *c, struct epoll_event *e)
{
	uint32_t before = c->awaits;

	c->awaits = has_to_send(c) || has_line(c) ? EPOLLOUT
		    : c->ended                    ? 0
						  : EPOLLIN;
	*e = (struct epoll_event){ .events = c->awaits, .data.ptr = c };
	return c->awaits != before;
}

bool control_client_is_quiet(const struct control_client *c, uint64_t *since_ns)
{
	*since_ns = c->began_ns;
	return !has_to_send(c) && c->in.len == 0;
}

int control_client_fd(const struct control_client *c)
{
	return c->fd;
}
