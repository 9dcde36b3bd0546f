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
	EVENTS = 16,
};

/* after the system had no descriptor */
#define RETRY_NS NS_PER_S

struct control_socket {
	control_answer *answer;
	void *arg;
	int set; /* epoll: clients, and the listening socket as NULL */
	struct listen_socket listening;
	struct listen_settings listen; /* of that */
	struct listen_socket next;     /* that is to take its place */
	struct listen_settings next_listen;
	uint64_t accept_ns; /* monotonic: not before; 0: at once */
	struct control_client *clients[CONTROL_CLIENTS_MAX];
	size_t n;
};

static void drop(struct control_socket *s, struct control_client *c)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->clients[i] == c)
			s->clients[i] = s->clients[--s->n];
	control_client_free(c);
}

static void turn(
	struct control_socket *s, struct control_client *c, uint64_t now)
{
	struct epoll_event e;

	if (!control_client_turn(c, s->answer, s->arg, now))
		drop(s, c);
	else if (control_client_await(c, &e))
		epoll_ctl(s->set, EPOLL_CTL_MOD, control_client_fd(c), &e);
}

/* Whoever has been silent longest makes room.  Return: is there some? */
static bool make_room(struct control_socket *s)
{
	struct control_client *quiet = NULL;
	uint64_t longest = UINT64_MAX, since;

	if (s->n < CONTROL_CLIENTS_MAX)
		return true;
	for (size_t i = 0; i < s->n; i++) {
		if (!control_client_is_quiet(s->clients[i], &since) ||
			since >= longest)
			continue;
		quiet = s->clients[i];
		longest = since;
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
	struct control_client *c = control_client_new(fd, now);
	struct epoll_event e;

	if (c == NULL) {
		close(fd);
		return;
	}
	control_client_await(c, &e);
	if (epoll_ctl(s->set, EPOLL_CTL_ADD, fd, &e) != 0)
		control_client_free(c);
	else
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
		if (now >= control_client_due_ns(s->clients[i]))
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
		if (control_client_due_ns(s->clients[i]) < due)
			due = control_client_due_ns(s->clients[i]);
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
	s->next = LISTEN_SOCKET_NULL;
	s->set = epoll_create1(EPOLL_CLOEXEC);
	if (s->set < 0) {
		int r = -errno;

		free(s);
		return r;
	}
	*sp = s;
	return 0;
}

static int read_settings(struct listen_settings *listen,
	const struct control_settings *settings, char *error, size_t cap)
{
	*listen = (struct listen_settings){
		.mode = settings->mode,
		.group = settings->group,
		.owner = settings->owner,
		.backlog = BACKLOG,
	};
	if (address_parse(&listen->address, settings->path) == 0)
		return 0;
	snprintf(error, cap,
		"control.socket: %s is no path of a socket: give an absolute "
		"one of at most 107 octets",
		settings->path);
	return -EINVAL;
}

static int open_next(struct control_socket *s,
	const struct listen_settings *listen, char *error, size_t cap)
{
	struct epoll_event e = { .events = EPOLLIN };
	int r = listen_open(&s->next, listen, error, cap);

	if (r != 0)
		return r;
	s->next_listen = *listen;
	s->next_listen.group = NULL; /* was needed to open it */
	s->next_listen.owner = NULL;
	if (epoll_ctl(s->set, EPOLL_CTL_ADD, s->next.fd, &e) == 0)
		return 0;
	r = -errno;
	snprintf(error, cap, "control.socket: %s", strerror(-r));
	control_socket_abandon(s);
	return r;
}

static void take_next(struct control_socket *s)
{
	listen_close(&s->listening, &s->listen);
	s->listening = s->next;
	s->listen = s->next_listen;
	s->next = LISTEN_SOCKET_NULL;
	s->accept_ns = 0;
	log_info(CONTROL_LISTENING, "control socket", "path=%s",
		s->listen.address.un.sun_path);
}

static bool listens_at(const struct control_socket *s, const struct address *a)
{
	return s->listening.fd >= 0 && address_equal(&s->listen.address, a);
}

int control_socket_prepare(struct control_socket *s,
	const struct control_settings *settings, char *error, size_t cap)
{
	struct listen_settings listen;
	int r;

	if (settings->path == NULL)
		return 0;
	r = read_settings(&listen, settings, error, cap);
	if (r != 0)
		return r;
	return listens_at(s, &listen.address)
		       ? listen_check_change(&s->listening, &listen, error, cap)
		       : open_next(s, &listen, error, cap);
}

void control_socket_abandon(struct control_socket *s)
{
	listen_close(&s->next, &s->next_listen);
}

int control_socket_follow(struct control_socket *s,
	const struct control_settings *settings, char *error, size_t cap)
{
	struct listen_settings listen;
	int r;

	if (settings->path == NULL) {
		listen_close(&s->listening, &s->listen);
		return 0;
	}
	r = read_settings(&listen, settings, error, cap);
	if (r != 0)
		return r;
	if (listens_at(s, &listen.address))
		return listen_change(&s->listening, &listen, error, cap);
	if (s->next.fd < 0)
		r = open_next(s, &listen, error, cap);
	if (r == 0)
		take_next(s);
	return r;
}

struct control_socket *control_socket_free(struct control_socket *s)
{
	if (s == NULL)
		return NULL;
	/* who waits for the end of his connection finds no socket then */
	listen_close(&s->listening, &s->listen);
	control_socket_abandon(s);
	while (s->n > 0) {
		s->n--;
		control_client_flush(s->clients[s->n]);
		control_client_free(s->clients[s->n]);
	}
	close(s->set);
	free(s);
	return NULL;
}
