#include "spool/directory.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS = 16, NAME_SIZE = DIGITS + sizeof(".damaged") };

static const char *file_name(uint64_t number, const char *suffix, char *text)
{
	snprintf(text, NAME_SIZE, "%016llx%s", (unsigned long long)number,
		suffix);
	return text;
}

/* Who holds the lock wrote its process id there. */
static void explain_busy(int lock, char *error, size_t cap)
{
	char pid[24] = "";
	ssize_t n = pread(lock, pid, sizeof(pid) - 1, 0);

	if (n <= 0)
		pid[0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	snprintf(error, cap,
		"is in use by another output or daemon (process %s): give "
		"each a folder of its own",
		pid[0] != '\0' ? pid : "unknown");
}

static int take_lock(struct directory *d, char *error, size_t cap)
{
	d->lock = openat(d->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (d->lock < 0) {
		int r = -errno;

		snprintf(error, cap,
			"cannot be written to: %s: check who owns it and "
			"where it is mounted",
			strerror(-r));
		return r;
	}
	if (flock(d->lock, LOCK_EX | LOCK_NB) != 0) {
		explain_busy(d->lock, error, cap);
		return -EBUSY;
	}
	/* for people; a full disk may refuse it */
	if (ftruncate(d->lock, 0) == 0)
		dprintf(d->lock, "%ld\n", (long)getpid());
	return 0;
}

int directory_open(struct directory *d, const char *path, bool sync,
	char *error, size_t cap)
{
	int r = 0;

	*d = DIRECTORY_NULL;
	d->sync = sync;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		r = -errno;
	if (r == 0) {
		d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (d->fd < 0 || faccessat(d->fd, ".", R_OK | W_OK | X_OK,
					 AT_EACCESS) != 0)
			r = -errno;
	}
	if (r != 0)
		snprintf(error, cap,
			"cannot be used: %s: check that the folder above it "
			"exists and that this user may write there",
			strerror(-r));
	else
		r = take_lock(d, error, cap);
	if (r != 0)
		directory_close(d);
	return r;
}

void directory_close(struct directory *d)
{
	if (d->lock >= 0)
		close(d->lock);
	if (d->fd >= 0)
		close(d->fd);
	*d = DIRECTORY_NULL;
}

static int write_all(int fd, const struct iovec *parts, int n_parts)
{
	struct iovec left[8];

	memcpy(left, parts, (size_t)n_parts * sizeof(*parts));
	for (int at = 0; at < n_parts;) {
		ssize_t n = writev(fd, left + at, n_parts - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		while (at < n_parts && (size_t)n >= left[at].iov_len)
			n -= (ssize_t)left[at++].iov_len;
		if (at < n_parts) {
			left[at].iov_base = (char *)left[at].iov_base + n;
			left[at].iov_len -= (size_t)n;
		}
	}
	return 0;
}

static int write_temporary(struct directory *d, const char *name,
	const struct iovec *parts, int n_parts)
{
	int fd = openat(d->fd, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, parts, n_parts);
	if (r == 0 && d->sync && fsync(fd) != 0)
		r = -errno;
	if (close(fd) != 0 && r == 0)
		r = -errno;
	return r;
}

int directory_write(struct directory *d, uint64_t number,
	const struct iovec *parts, int n_parts)
{
	char temporary[NAME_SIZE], name[NAME_SIZE];
	int r;

	file_name(number, ".tmp", temporary);
	file_name(number, ".batch", name);
	r = write_temporary(d, temporary, parts, n_parts);
	if (r == 0 && renameat(d->fd, temporary, d->fd, name) != 0)
		r = -errno;
	if (r != 0) {
		unlinkat(d->fd, temporary, 0);
		return r;
	}
	if (d->sync && fsync(d->fd) != 0) {
		/* the caller keeps the events: they must not be here too */
		r = -errno;
		unlinkat(d->fd, name, 0);
	}
	return r;
}

static int read_all(int fd, void *into, size_t cap, size_t *len)
{
	*len = 0;
	while (*len < cap) {
		ssize_t n = read(fd, (char *)into + *len, cap - *len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			*len += (size_t)n;
	}
	return 0;
}

int directory_read(struct directory *d, uint64_t number, void *into, size_t cap,
	size_t *len, uint64_t *size)
{
	char name[NAME_SIZE];
	struct stat st;
	int fd = openat(d->fd, file_name(number, ".batch", name),
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else
		r = read_all(fd, into, cap, len);
	if (r == 0)
		*size = (uint64_t)st.st_size;
	close(fd);
	return r;
}

int directory_remove(struct directory *d, uint64_t number)
{
	char name[NAME_SIZE];

	return unlinkat(d->fd, file_name(number, ".batch", name), 0) == 0
		       ? 0
		       : -errno;
}

int directory_set_aside(struct directory *d, uint64_t number)
{
	char from[NAME_SIZE], to[NAME_SIZE];

	return renameat(d->fd, file_name(number, ".batch", from), d->fd,
		       file_name(number, ".damaged", to)) == 0
		       ? 0
		       : -errno;
}

/* Return: the suffix of a name of ours, or NULL. */
static const char *read_name(const char *name, uint64_t *number)
{
	*number = 0;
	for (int i = 0; i < DIGITS; i++) {
		char c = name[i];

		if (!isxdigit((unsigned char)c) || isupper((unsigned char)c))
			return NULL;
		*number = *number << 4 |
			  (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return name + DIGITS;
}

int directory_scan(
	struct directory *d, int (*fn)(void *arg, uint64_t number), void *arg)
{
	int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	int r = 0;

	if (dir == NULL) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (errno = 0, e = readdir(dir)) != NULL) {
		uint64_t number;
		const char *suffix = read_name(e->d_name, &number);

		if (suffix != NULL && strcmp(suffix, ".tmp") == 0)
			unlinkat(d->fd, e->d_name, 0);
		else if (suffix != NULL && strcmp(suffix, ".batch") == 0)
			r = fn(arg, number);
	}
	if (r == 0)
		r = -errno;
	closedir(dir);
	return r;
}
