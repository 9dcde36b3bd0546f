#include "control/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/log.h"

enum {
	CONTENT_MAX = 16, /* "4194304\n", and to see that there is more */
	MODE = 0644,
};

static int complain(char *error, size_t cap, const char *path, int r)
{
	char user[ACCOUNT_NAME_MAX];

	snprintf(error, cap,
		"pid_file: %s: %s: check that the folder above it exists and "
		"that user %s may write there",
		path, strerror(-r), account_user_name(geteuid(), user));
	return r;
}

/* Is it still what the path names?  Who held it may just have removed it. */
static bool is_at(int fd, const char *path)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 && lstat(path, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* Return: false: there is something else in it.  *pid: 0: nothing. */
static bool read_pid(int fd, long *pid)
{
	char text[CONTENT_MAX + 1], *end;
	ssize_t n = pread(fd, text, CONTENT_MAX, 0);

	*pid = 0;
	if (n <= 0)
		return n == 0;
	text[n] = '\0';
	*pid = strtol(text, &end, 10);
	return n<CONTENT_MAX && * pid> 0 && (*end == '\n' || *end == '\0');
}

static int is_held(char *error, size_t cap, const char *path, int fd)
{
	long pid;

	if (read_pid(fd, &pid) && pid != 0)
		snprintf(error, cap,
			"pid_file: %s: another daemon runs already, process "
			"%ld: end that one, or give this one another pid_file",
			path, pid);
	else
		snprintf(error, cap,
			"pid_file: %s: another daemon is just starting or "
			"ending: wait for it, or give this one another "
			"pid_file",
			path);
	return -EALREADY;
}

/*
 * Of the open file, not of the process, as flock(2)'s; but for writing, which
 * takes more than leave to read: whoever may read it must not be able to keep
 * the daemon from starting.
 */
static int lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole);
}

static int take_over(char *error, size_t cap, const char *path, int fd)
{
	struct stat st;
	long pid;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		!read_pid(fd, &pid)) {
		snprintf(error, cap,
			"pid_file: %s has something else in it than a process "
			"id: remove it, or choose another path",
			path);
		return -EEXIST;
	}
	if (pid != 0)
		log_info(PID_FILE_STALE, "took over what an earlier run left",
			"path=%s pid=%ld", path, pid);
	if (ftruncate(fd, 0) != 0)
		return complain(error, cap, path, -errno);
	fchmod(fd, MODE); /* the umask has no say; failure leaves less */
	return 0;
}

int pid_file_open(struct pid_file *p, const char *path, char *error, size_t cap)
{
	int r = -EAGAIN, fd = -1;

	*p = PID_FILE_NULL;
	if (path == NULL)
		return 0;
	while (r == -EAGAIN) {
		fd = open(path,
			O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			MODE);
		if (fd < 0)
			return complain(error, cap, path, -errno);
		if (lock(fd) != 0)
			r = errno == EAGAIN || errno == EACCES
				    ? is_held(error, cap, path, fd)
				    : complain(error, cap, path, -errno);
		else if (is_at(fd, path))
			r = take_over(error, cap, path, fd);
		if (r != 0)
			close(fd);
	}
	if (r == 0)
		*p = (struct pid_file){ fd, path };
	return r;
}

int pid_file_write(struct pid_file *p, char *error, size_t cap)
{
	char text[CONTENT_MAX];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	ssize_t written;

	if (p->fd < 0)
		return 0;
	written = pwrite(p->fd, text, (size_t)n, 0);
	if (written == n)
		return 0;
	return complain(error, cap, p->path, written < 0 ? -errno : -ENOSPC);
}

void pid_file_close(struct pid_file *p)
{
	if (p->fd < 0)
		return;
	if (is_at(p->fd, p->path) && unlink(p->path) != 0 &&
		ftruncate(p->fd, 0) != 0)
		log_warn(PID_FILE_STALE, "could not be removed",
			"path=%s errno=%d", p->path, errno);
	close(p->fd); /* and with it the lock */
	*p = PID_FILE_NULL;
}
