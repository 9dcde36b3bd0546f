#include "net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/clock.h"
#include "net/unix_path.h"

/* Where the sentence about a failure goes. */
struct complaint {
	char *text;
	size_t cap;
	char address[ADDRESS_TEXT_MAX];
};

__attribute__((format(printf, 3, 4))) static int complain(
	struct complaint *c, int error, const char *format, ...)
{
	int n = snprintf(c->text, c->cap, "%s: ", c->address);
	va_list ap;

	if (n >= 0 && (size_t)n < c->cap) {
		va_start(ap, format);
		vsnprintf(c->text + n, c->cap - (size_t)n, format, ap);
		va_end(ap);
	}
	return error;
}

static int complain_bind(struct complaint *c, int error)
{
	switch (-error) {
	case EADDRINUSE:
		return complain(c, error,
			"another program listens there: stop it (ss -ltnp "
			"shows which one), or choose another address");
	case EADDRNOTAVAIL:
		return complain(c, error,
			"no interface of this machine has that address: ip "
			"addr lists those there are");
	case EACCES:
		return complain(c, error,
			"not permitted: ports below 1024 need "
			"CAP_NET_BIND_SERVICE; choose a higher one");
	case EAFNOSUPPORT:
		return complain(c, error,
			"this kernel has that address family switched off");
	default:
		return complain(
			c, error, "cannot listen: %s", strerror(-error));
	}
}

/*
 * A fixed SO_RCVBUF switches the kernel's own growing off, which goes to
 * tcp_rmem (usually 6 MB); a size that net.core.rmem_max would cut is
 * therefore worse than none.  The option cannot be taken back, so another
 * socket tries it.
 */
static void set_receive_buffer(int fd, int family, size_t bytes)
{
	int want = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int)bytes;
	int got = 0;
	socklen_t len = sizeof(got);
	int probe;

	if (want == 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &want,
				 sizeof(want)) == 0)
		return;
	probe = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return;
	setsockopt(probe, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
	getsockopt(probe, SOL_SOCKET, SO_RCVBUF, &got, &len);
	close(probe);
	if (got >= 2 * want) /* the kernel doubles it for its own needs */
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
}

static void set_option(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static int round_up_s(uint64_t ns)
{
	return (int)((ns + NS_PER_S - 1) / NS_PER_S);
}

static void set_keepalive(int fd, const struct listen_settings *s)
{
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, s->keepalive_time_ns != 0);
	if (s->keepalive_time_ns == 0)
		return;
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE,
		round_up_s(s->keepalive_time_ns));
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL,
		round_up_s(s->keepalive_interval_ns));
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, (int)s->keepalive_count);
}

/* All of these are inherited by the connections. */
static void set_tcp_options(int fd, const struct listen_settings *s)
{
	set_keepalive(fd, s);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
		(int)(s->user_timeout_ns / NS_PER_MS));
	set_receive_buffer(fd, s->address.sa.sa_family, s->receive_buffer);
}

static int find_owner(const struct listen_settings *s, uid_t *uid, gid_t *gid,
	struct complaint *c)
{
	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	if (s->owner != NULL && account_user(s->owner, uid) != 0)
		return complain(c, -EINVAL,
			"there is no user \"%s\": create it, or correct owner",
			s->owner);
	if (s->group != NULL && account_group(s->group, gid) != 0)
		return complain(c, -EINVAL,
			"there is no group \"%s\": create it, or correct group",
			s->group);
	return 0;
}

/* The path must be free, or held by a socket nobody answers on. */
static int clear_path(const char *path, struct complaint *c)
{
	int r = unix_path_clear(path);

	switch (r) {
	case UNIX_PATH_E_LIVE:
		return complain(c, -EADDRINUSE,
			"another program listens there: stop it (ss -lxp "
			"shows which one), or choose another path");
	case UNIX_PATH_E_NOT_SOCKET:
		return complain(c, -EEXIST,
			"a file that is no socket has that name: remove it, or "
			"choose another path");
	case -ENOENT:
		return complain(c, r,
			"its directory does not exist: create it, or put "
			"RuntimeDirectory= into the service's unit");
	case -EACCES:
	case -EPERM:
		return complain(c, r,
			"not permitted: let this user (uid %u) write to its "
			"directory",
			(unsigned)geteuid());
	case 0:
		return 0;
	default:
		return complain(c, r, "cannot replace it: %s", strerror(-r));
	}
}

/* chmod(2), and not of what the path may have become meanwhile. */
static int change_mode(int fd, mode_t mode)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, mode);
}

/* One of them is set, or both. */
static const char *whom(const struct listen_settings *s, char *text, size_t cap)
{
	if (s->owner != NULL && s->group != NULL)
		snprintf(text, cap, "owner \"%s\", group \"%s\"", s->owner,
			s->group);
	else if (s->owner != NULL)
		snprintf(text, cap, "owner \"%s\"", s->owner);
	else
		snprintf(text, cap, "group \"%s\"", s->group);
	return text;
}

/*
 * Owner, group and mode, where they are others: who has given up root could not
 * even give the file what it has.  Whoever may write to the folder must not
 * have us change another file.
 */
static int give_file(const char *path, const struct listen_settings *s,
	uid_t uid, gid_t gid, struct complaint *c)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), r = 0;
	struct stat st;
	char text[2 * ACCOUNT_NAME_MAX];

	if (fd < 0 || fstat(fd, &st) != 0)
		r = complain(
			c, -errno, "cannot look at it: %s", strerror(errno));
	else if (!S_ISSOCK(st.st_mode))
		r = complain(c, -EEXIST, "a file has taken its place");
	else if (((uid != (uid_t)-1 && uid != st.st_uid) ||
			 (gid != (gid_t)-1 && gid != st.st_gid)) &&
		 fchownat(fd, "", uid, gid, AT_EMPTY_PATH) != 0)
		r = complain(c, -errno,
			"cannot give it to %s: %s "
			"(run as a member of that group, or as root)",
			whom(s, text, sizeof(text)), strerror(errno));
	else if ((st.st_mode & 07777) != s->mode && /* what the umask took */
		 change_mode(fd, s->mode) != 0)
		r = complain(
			c, -errno, "cannot set its mode: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

/*
 * Nobody can connect before listen(), and fchmod() on the unbound socket
 * makes bind() create the file with no more than that mode; so owner and
 * mode are never wider than asked for, whatever the umask.
 */
static int bind_unix(struct listen_socket *l, const struct listen_settings *s,
	struct complaint *c)
{
	const char *path = s->address.un.sun_path;
	struct stat st;
	uid_t uid;
	gid_t gid;
	int r;

	r = find_owner(s, &uid, &gid, c);
	if (r != 0)
		return r;
	r = clear_path(path, c);
	if (r != 0)
		return r;
	if (fchmod(l->fd, s->mode) != 0 ||
		bind(l->fd, &s->address.sa, s->address.len) != 0)
		return complain(c, -errno, "cannot create the socket: %s",
			strerror(errno));
	if (lstat(path, &st) == 0) {
		l->dev = st.st_dev;
		l->ino = st.st_ino;
	}
	return give_file(path, s, uid, gid, c);
}

static int bind_tcp(struct listen_socket *l, const struct listen_settings *s,
	struct complaint *c)
{
	set_option(l->fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (s->address.sa.sa_family == AF_INET6)
		set_option(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, !s->address.dual);
	set_tcp_options(l->fd, s);
	if (bind(l->fd, &s->address.sa, s->address.len) != 0)
		return complain_bind(c, -errno);
	return 0;
}

int listen_open(struct listen_socket *l, const struct listen_settings *s,
	char *error, size_t cap)
{
	struct complaint c = { .text = error, .cap = cap };
	int r;

	*l = LISTEN_SOCKET_NULL;
	address_format(
		&s->address.sa, s->address.len, c.address, sizeof(c.address));
	l->fd = socket(s->address.sa.sa_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return complain_bind(&c, -errno);
	r = address_is_unix(&s->address) ? bind_unix(l, s, &c)
					 : bind_tcp(l, s, &c);
	if (r == 0 && listen(l->fd, s->backlog) != 0)
		r = complain_bind(&c, -errno);
	if (r != 0)
		listen_close(l, s);
	return r;
}

/* Return: a SOL_SOCKET option, 0 for what has none. */
static int get_option(int fd, int option)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value
								     : 0;
}

int listen_adopt(struct listen_socket *l, const struct listen_settings *s,
	int *fdp, char *error, size_t cap)
{
	struct complaint c = { .text = error, .cap = cap };
	struct address a = { .len = sizeof(a.storage) };
	int flags;

	*l = LISTEN_SOCKET_NULL;
	address_format(
		&s->address.sa, s->address.len, c.address, sizeof(c.address));
	if (get_option(*fdp, SO_TYPE) != SOCK_STREAM ||
		get_option(*fdp, SO_ACCEPTCONN) == 0 ||
		getsockname(*fdp, &a.sa, &a.len) != 0)
		return complain(&c, -EINVAL,
			"the socket passed for it does not listen: its unit "
			"needs ListenStream= and Accept=no");
	if (address_is_unix(&a) != address_is_unix(&s->address))
		return complain(&c, -EINVAL,
			"the socket passed for it is %s socket: correct "
			"ListenStream= or address",
			address_is_unix(&a) ? "a unix" : "an internet");
	flags = fcntl(*fdp, F_GETFL);
	if (flags < 0 || fcntl(*fdp, F_SETFL, flags | O_NONBLOCK) != 0 ||
		fcntl(*fdp, F_SETFD, FD_CLOEXEC) != 0)
		return complain(&c, -errno, "the socket passed for it: %s",
			strerror(errno));
	if (!address_is_unix(&a))
		set_tcp_options(*fdp, s);
	l->fd = *fdp;
	l->inherited = true;
	*fdp = -1;
	return 0;
}

int listen_change(const struct listen_socket *l,
	const struct listen_settings *s, char *error, size_t cap)
{
	struct complaint c = { .text = error, .cap = cap };
	uid_t uid;
	gid_t gid;
	int r;

	address_format(
		&s->address.sa, s->address.len, c.address, sizeof(c.address));
	if (!address_is_unix(&s->address))
		set_tcp_options(l->fd, s);
	if (l->inherited)
		return 0;
	if (listen(l->fd, s->backlog) != 0)
		return complain_bind(&c, -errno);
	if (!address_is_unix(&s->address))
		return 0;
	r = find_owner(s, &uid, &gid, &c);
	return r != 0 ? r : give_file(s->address.un.sun_path, s, uid, gid, &c);
}

static bool is_member(gid_t gid)
{
	gid_t groups[256];
	int n = getgroups(256, groups);

	if (n < 0)
		return true; /* of more than that: chown(2) will tell */
	while (n > 0)
		if (groups[--n] == gid)
			return true;
	return gid == getegid();
}

int listen_check_change(const struct listen_socket *l,
	const struct listen_settings *s, char *error, size_t cap)
{
	struct complaint c = { .text = error, .cap = cap };
	char text[2 * ACCOUNT_NAME_MAX];
	struct stat st;
	uid_t uid;
	gid_t gid;
	int r;

	if (l->inherited || !address_is_unix(&s->address))
		return 0;
	address_format(
		&s->address.sa, s->address.len, c.address, sizeof(c.address));
	r = find_owner(s, &uid, &gid, &c);
	if (r != 0 || geteuid() == 0 || lstat(s->address.un.sun_path, &st) != 0)
		return r;
	if ((uid == (uid_t)-1 || uid == st.st_uid) &&
		(gid == (gid_t)-1 || gid == st.st_gid || is_member(gid)))
		return 0;
	return complain(&c, -EPERM,
		"cannot be given to %s without a restart as root, or as a "
		"member of that group",
		whom(s, text, sizeof(text)));
}

void listen_refuse(
	const struct listen_socket *l, const struct listen_settings *s)
{
	/* a shutdown(2) would end the socket for its other holders, too */
	if (l->inherited || !address_is_unix(&s->address))
		return;
	if (l->ino != 0)
		unix_path_remove(s->address.un.sun_path, l->dev, l->ino);
	shutdown(l->fd, SHUT_RD);
}

void listen_close(struct listen_socket *l, const struct listen_settings *s)
{
	if (l->fd < 0)
		return;
	listen_refuse(l, s);
	close(l->fd);
	*l = LISTEN_SOCKET_NULL;
}
