#include "deliver/named_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver/local_end.h"

/* Whoever may write to the folder must not have us change another file. */
static int give_pipe(const char *path, gid_t gid, mode_t mode)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), r = 0;
	char open_file[40];
	struct stat st;

	if (fd < 0)
		return -errno;
	snprintf(open_file, sizeof(open_file), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) != 0)
		r = -errno;
	else if (!S_ISFIFO(st.st_mode) || st.st_uid != geteuid())
		r = -EEXIST;
	else if (fchownat(fd, "", (uid_t)-1, gid, AT_EMPTY_PATH) != 0 ||
		 chmod(open_file, mode) != 0)
		r = -errno;
	close(fd);
	return r;
}

int named_pipe_make(
	const struct local_settings *s, gid_t gid, char *why, size_t cap)
{
	int r;

	/* not wider than it is to be while it has not its group yet */
	if (mkfifo(s->path, s->mode & 0600) != 0) {
		r = -errno;
		if (r == -EEXIST)
			return 0;
		snprintf(why, cap,
			"cannot be made: %s; check that its folder exists and "
			"that this user may write there",
			strerror(-r));
		return r;
	}
	r = give_pipe(s->path, gid, s->mode);
	if (r != 0) {
		snprintf(why, cap,
			"cannot get group \"%s\" and its mode: %s (run as a "
			"member of that group, or as root)",
			s->group != NULL ? s->group : "", strerror(-r));
		unlink(s->path);
		return r;
	}
	return 0;
}

/* May every user make files in the folder of path?  (One that cannot be looked
 * at: yes.) */
static bool folder_is_open(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	struct stat st;

	if (slash != NULL && (size_t)(slash - path) < sizeof(folder) - 1)
		snprintf(folder, sizeof(folder), "%.*s",
			(int)(slash - path) + 1, path);
	return stat(folder, &st) != 0 || (st.st_mode & S_IWOTH) != 0;
}

static int check_pipe(const char *path, const struct stat *st)
{
	if (!S_ISFIFO(st->st_mode))
		return -EEXIST;
	if (st->st_uid != 0 && st->st_uid != geteuid() && folder_is_open(path))
		return -NAMED_PIPE_FOREIGN;
	return 0;
}

int named_pipe_open(const struct local_settings *s, gid_t gid, int *fd)
{
	struct stat st;
	char why[256];
	int r;

	/* not a device: opening alone may do something to that */
	if (stat(s->path, &st) == 0)
		r = check_pipe(s->path, &st);
	else
		r = errno == ENOENT ? named_pipe_make(s, gid, why, sizeof(why))
				    : -errno;
	if (r != 0)
		return r;
	*fd = open(s->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (*fd < 0)
		return errno == ENXIO ? LOCAL_E_ABSENT : -errno;
	r = fstat(*fd, &st) != 0 ? -errno : check_pipe(s->path, &st);
	if (r != 0)
		close(*fd);
	return r;
}

bool named_pipe_is_read(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) < 0 || !(p.revents & POLLERR);
}

int named_pipe_write(int fd, struct slice in, size_t *n)
{
	ssize_t written = write(fd, in.data, in.len);

	if (written >= 0) {
		*n = (size_t)written;
		return 0;
	}
	if (errno == EAGAIN || errno == EINTR)
		return LOCAL_E_FULL;
	if (errno != EPIPE)
		return -errno;
	/* another reader may have come in the meantime: it reads on where the
	 * first one ended */
	return named_pipe_is_read(fd) ? LOCAL_E_FULL : LOCAL_E_GONE;
}

size_t named_pipe_unread(int fd)
{
	int n;

	return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}
