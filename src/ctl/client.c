#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PIECE = 64 * 1024,
	SILENCE_MS = 60 * 1000, /* of the daemon: a slow disk takes its time */
};

static const char *cure_of(int error)
{
	switch (error) {
	case ENOENT:
		return "is tapferryd running, and has its configuration "
		       "control = { socket = ...; }?  Name another socket with "
		       "--socket or TAPFERRY_SOCKET";
	case ECONNREFUSED:
		return "the daemon that made it has ended; start it";
	case EACCES:
	case EPERM:
		return "become a user who may: root, or a member of the "
		       "socket's group";
	default:
		return "see whether tapferryd is running";
	}
}

/* Who listens there.  Return: -1: not known. */
static int process_of(int fd)
{
	struct ucred who = { .pid = 0 };
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 ||
		who.pid <= 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, who.pid, 0);
}

int client_open(struct client_link *l, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int r;

	*l = (struct client_link){ .fd = -1, .process = -1 };
	if (strlen(path) >= sizeof(un.sun_path)) {
		buf_printf(&l->error,
			"%s: no path of a socket has more than %zu octets",
			path, sizeof(un.sun_path) - 1);
		return CTL_USAGE;
	}
	strcpy(un.sun_path, path);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd >= 0 &&
		connect(l->fd, (struct sockaddr *)&un, sizeof(un)) == 0) {
		l->process = process_of(l->fd);
		return 0;
	}
	r = errno;
	buf_printf(&l->error, "%s: %s: %s", path, strerror(r), cure_of(r));
	return CTL_NO_DAEMON;
}

void client_close(struct client_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->process >= 0)
		close(l->process);
	l->fd = l->process = -1;
	buf_deinit(&l->in);
	buf_deinit(&l->error);
}

static int lost(struct client_link *l, const char *what)
{
	buf_printf(&l->error, "%s: see the daemon's log", what);
	return CTL_NO_DAEMON;
}

static bool send_line(struct client_link *l, const char *text)
{
	struct buf line = BUF_NULL;
	size_t sent = 0;
	ssize_t n = 0;

	buf_printf(&line, "%s\n", text);
	while (n >= 0 && sent < line.len) {
		n = send(
			l->fd, line.data + sent, line.len - sent, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
	}
	buf_deinit(&line);
	return n >= 0;
}

/* Return: 0 or CTL_*; the line is all there is in l->in then. */
static int read_line(struct client_link *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	char *piece = malloc(PIECE);
	int r = 0;
	ssize_t n;

	if (piece == NULL)
		return lost(l, "out of memory");
	buf_clear(&l->in);
	do {
		n = poll(&p, 1, SILENCE_MS);
		if (n == 0)
			r = lost(l, "the daemon does not answer");
		else if (n > 0)
			n = recv(l->fd, piece, PIECE, 0);
		if (r == 0 && n < 0 && errno == EINTR)
			continue;
		if (r == 0 && n <= 0)
			r = lost(l, "the daemon has closed the connection");
		else if (r == 0)
			buf_add(&l->in, piece, (size_t)n);
		if (buf_failed(&l->in))
			r = lost(l, "out of memory");
	} while (r == 0 &&
		 (l->in.len == 0 || l->in.data[l->in.len - 1] != '\n'));
	free(piece);
	return r;
}

int client_ask(struct client_link *l, json_t *request, json_t **reply)
{
	char *text;
	json_error_t why;
	int r;

	json_object_set_new(request, "v", json_integer(1));
	text = json_dumps(request, JSON_COMPACT);
	if (text == NULL)
		return lost(l, "out of memory");
	/* a reply may be there though the daemon takes nothing more */
	send_line(l, text);
	free(text);
	r = read_line(l);
	if (r != 0)
		return r;
	*reply = json_loadb(l->in.data, l->in.len, 0, &why);
	if (json_is_object(*reply))
		return 0;
	json_decref(*reply);
	buf_printf(&l->error,
		"the reply is no JSON (%s): is that the control socket of "
		"tapferryd?",
		why.text);
	return CTL_NO_DAEMON;
}

void client_await_end(struct client_link *l)
{
	struct pollfd p = { .fd = l->process, .events = POLLIN };
	char rest[256];
	ssize_t n;

	do
		n = recv(l->fd, rest, sizeof(rest), 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	while (l->process >= 0 && poll(&p, 1, -1) < 0 && errno == EINTR)
		;
}
