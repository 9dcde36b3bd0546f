#include "control/control_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/listen.h"

enum {
	BACKLOG = 128, /* clients that may wait to be accepted */
	READ_PIECE = 16 * 1024,
	SEND_PIECE = 32 * 1024,
	EVENTS = 16,
};

/* between two requests */
#define IDLE_NS (600 * NS_PER_S)
/* half a request; a reply that stays unread */
#define HURRY_NS (10 * NS_PER_S)
/* after the system had no descriptor */
#define RETRY_NS NS_PER_S

struct client {
	int fd;
	struct control_peer peer;
	uint32_t awaits; /* EPOLL* it is registered with */
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

struct control_socket {
	control_answer *answer;
	void *arg;
	int set; /* epoll: clients, and the listening socket as NULL */
	struct listen_socket listening;
	struct listen_settings listen;                          /* of that */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* "": none */
	uint64_t accept_ns; /* monotonic: not before; 0: at once */
	struct client *clients[CONTROL_CLIENTS_MAX];
	size_t n;
};

static struct client *client_free(struct client *c)
{
	close(c->fd);
	if (c->more && c->rest.free != NULL)
		c->rest.free(c->rest.source);
	buf_deinit(&c->in);
	buf_deinit(&c->out);
	free(c);
	return NULL;
}

static void drop(struct control_socket *s, struct client *c)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->clients[i] == c)
			s->clients[i] = s->clients[--s->n];
	client_free(c);
}

static bool has_to_send(const struct client *c)
{
	return c->sent < c->out.len || c->more;
}

static bool has_line(const struct client *c)
{
	return c->in.len > c->looked && memchr(c->in.data + c->looked, '\n',
						c->in.len - c->looked) != NULL;
}

/* --- requests */

static void say(struct client *c, const char *line)
{
	buf_add_str(&c->out, line);
	buf_add_str(&c->out, "\n");
}

static void take_reply(struct client *c, struct control_reply *reply)
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
static void answer_one(struct control_socket *s, struct client *c, uint64_t now)
{
	struct control_reply reply = { .text = BUF_NULL };
	size_t left;
	char *end;

	if (has_to_send(c) || !has_line(c))
		return;
	end = memchr(c->in.data, '\n', c->in.len);
	s->answer(s->arg, &c->peer,
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
static bool receive(struct client *c, uint64_t now)
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
static bool refill(struct client *c)
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
static bool transmit(struct client *c, uint64_t now)
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

/* --- clients */

/* Of what is it to be told?  A line that waits is served when it can be
 * answered, which is the next time. */
static void await(struct control_socket *s, struct client *c)
{
	struct epoll_event e = { .data.ptr = c };

	if (has_to_send(c) || has_line(c))
		e.events = EPOLLOUT;
	else if (!c->ended)
		e.events = EPOLLIN;
	if (e.events != c->awaits)
		epoll_ctl(s->set, EPOLL_CTL_MOD, c->fd, &e);
	c->awaits = e.events;
}

static bool is_done(const struct client *c)
{
	return !has_to_send(c) && (c->closing || (c->ended && !has_line(c)));
}

static void turn(struct control_socket *s, struct client *c, uint64_t now)
{
	bool alive = receive(c, now);

	if (alive)
		answer_one(s, c, now);
	if (alive)
		alive = transmit(c, now);
	if (!alive || is_done(c))
		drop(s, c);
	else
		await(s, c);
}

static uint64_t client_due_ns(const struct client *c)
{
	if (has_to_send(c))
		return c->sent_ns + HURRY_NS;
	return c->began_ns + (c->in.len > 0 ? HURRY_NS : IDLE_NS);
}

/* Whoever has been silent longest makes room.  Return: is there some? */
static bool make_room(struct control_socket *s)
{
	struct client *quiet = NULL;

	if (s->n < CONTROL_CLIENTS_MAX)
		return true;
	for (size_t i = 0; i < s->n; i++) {
		struct client *c = s->clients[i];

		if (!has_to_send(c) && c->in.len == 0 &&
			(quiet == NULL || c->began_ns < quiet->began_ns))
			quiet = c;
	}
	if (quiet == NULL)
		return false;
	drop(s, quiet);
	return true;
}

static void refuse(int fd)
{
	static const char line[] =
		"{\"v\":1,\"ok\":false,\"error\":\"too many clients are "
		"served now\",\"cure\":\"try again in a moment\"}\n";
	ssize_t n = send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL);

	(void)n; /* there is nobody to tell */
	close(fd);
}

static void admit(struct control_socket *s, int fd, uint64_t now)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct client *c = calloc(1, sizeof(*c));
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);

	e.data.ptr = c;
	if (c == NULL || epoll_ctl(s->set, EPOLL_CTL_ADD, fd, &e) != 0) {
		free(c);
		close(fd);
		return;
	}
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	c->fd = fd;
	c->peer = (struct control_peer){ who.uid, who.pid };
	c->awaits = EPOLLIN;
	c->began_ns = c->sent_ns = now;
	s->clients[s->n++] = c;
}

static void listen_to(struct control_socket *s, uint32_t events)
{
	struct epoll_event e = { .events = events };

	epoll_ctl(s->set, EPOLL_CTL_MOD, s->listening.fd, &e);
}

static void accept_some(struct control_socket *s, uint64_t now)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		int fd = s->listening.fd < 0
				 ? -1
				 : accept4(s->listening.fd, NULL, NULL,
					   SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			break;
		if (make_room(s))
			admit(s, fd, now);
		else
			refuse(fd);
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		errno == ENOBUFS) {
		s->accept_ns = now + RETRY_NS;
		listen_to(s, 0);
	}
}

void control_socket_serve(struct control_socket *s, uint64_t now)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(s->set, events, EVENTS, 0);

	if (s->accept_ns != 0 && now >= s->accept_ns) {
		s->accept_ns = 0;
		if (s->listening.fd >= 0)
			listen_to(s, EPOLLIN);
	}
	/* one that is dropped is no other one's business: each event is of
	 * another client, and only new ones make room */
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr != NULL)
			turn(s, events[i].data.ptr, now);
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr == NULL) {
			errno = 0;
			accept_some(s, now);
		}
	for (size_t i = s->n; i-- > 0;)
		if (now >= client_due_ns(s->clients[i]))
			drop(s, s->clients[i]);
}

int control_socket_fd(const struct control_socket *s)
{
	return s->set;
}

uint64_t control_socket_due_ns(const struct control_socket *s)
{
	uint64_t due = s->accept_ns != 0 ? s->accept_ns : UINT64_MAX;

	for (size_t i = 0; i < s->n; i++)
		if (client_due_ns(s->clients[i]) < due)
			due = client_due_ns(s->clients[i]);
	return due;
}

/* --- the listening socket */

int control_socket_new(
	struct control_socket **sp, control_answer *answer, void *arg)
{
	struct control_socket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->answer = answer;
	s->arg = arg;
	s->listening = LISTEN_SOCKET_NULL;
	s->set = epoll_create1(EPOLL_CLOEXEC);
	if (s->set < 0) {
		int r = -errno;

		free(s);
		return r;
	}
	*sp = s;
	return 0;
}

static int open_other(struct control_socket *s,
	const struct control_settings *settings,
	const struct listen_settings *listen, char *error, size_t cap)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct listen_socket next;
	int r = listen_open(&next, listen, error, cap);

	if (r != 0)
		return r;
	if (epoll_ctl(s->set, EPOLL_CTL_ADD, next.fd, &e) != 0) {
		r = -errno;
		snprintf(error, cap, "control.socket: %s", strerror(-r));
		listen_close(&next, listen);
		return r;
	}
	listen_close(&s->listening, &s->listen);
	s->listening = next;
	s->listen = *listen;
	s->listen.group = NULL; /* was needed to open it */
	s->accept_ns = 0;
	snprintf(s->path, sizeof(s->path), "%s", settings->path);
	log_info(CONTROL_LISTENING, "control socket", "path=%s", s->path);
	return 0;
}

int control_socket_follow(struct control_socket *s,
	const struct control_settings *settings, char *error, size_t cap)
{
	struct listen_settings listen = {
		.mode = settings->mode,
		.group = settings->group,
		.backlog = BACKLOG,
	};

	if (settings->path == NULL) {
		listen_close(&s->listening, &s->listen);
		s->path[0] = '\0';
		return 0;
	}
	if (address_parse(&listen.address, settings->path) != 0) {
		snprintf(error, cap,
			"control.socket: %s is no path of a socket: give an "
			"absolute one of at most 107 octets",
			settings->path);
		return -EINVAL;
	}
	if (s->listening.fd >= 0 && strcmp(s->path, settings->path) == 0)
		return listen_change(&s->listening, &listen, error, cap);
	return open_other(s, settings, &listen, error, cap);
}

struct control_socket *control_socket_free(struct control_socket *s)
{
	if (s == NULL)
		return NULL;
	while (s->n > 0) {
		struct client *c = s->clients[--s->n];

		if (c->sent < c->out.len && !buf_failed(&c->out))
			transmit(c, c->sent_ns);
		client_free(c);
	}
	listen_close(&s->listening, &s->listen);
	close(s->set);
	free(s);
	return NULL;
}
