#include "spool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_RDWR: to look at the last byte; and a FIFO opens without its reader. */
enum { OPEN_FLAGS = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

static int open_path(const char *path, mode_t mode, bool *created)
{
	int fd = open(path, OPEN_FLAGS);

	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : -errno;
	fd = open(path, OPEN_FLAGS | O_CREAT, mode);
	if (fd < 0)
		return -errno;
	*created = true;
	fchmod(fd, mode); /* the umask has no say; failure leaves less */
	return fd;
}

/*
 * Standard output may be shared with the shell and everybody in it, so it
 * cannot be made non-blocking; a pipe or a terminal is opened anew instead.
 */
static int open_stdout(struct file *f)
{
	struct stat st;
	int fd;

	if (fstat(STDOUT_FILENO, &st) != 0)
		return -errno;
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		fd = open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_CLOEXEC |
						     O_NOCTTY | O_NONBLOCK);
		if (fd >= 0) {
			f->owned = true;
			return fd;
		}
	}
	/* poll(2) promises room for this much and no more */
	if (!S_ISREG(st.st_mode))
		f->most = PIPE_BUF;
	return STDOUT_FILENO;
}

static int end_line(struct file *f)
{
	char last;

	if (f->size == 0 || pread(f->fd, &last, 1, (off_t)f->size - 1) != 1 ||
		last == '\n')
		return 0;
	if (write(f->fd, "\n", 1) != 1)
		return -errno;
	f->size++;
	return 0;
}

int file_open(struct file *f, const char *path, mode_t mode)
{
	struct stat st;
	int r;

	*f = (struct file){ .most = SSIZE_MAX, .owned = path != NULL };
	f->fd = path != NULL ? open_path(path, mode, &f->created)
			     : open_stdout(f);
	if (f->fd < 0) {
		r = f->fd;
		*f = FILE_NULL;
		return r;
	}
	if (fstat(f->fd, &st) != 0) {
		r = -errno;
		goto out;
	}
	f->regular = path != NULL && S_ISREG(st.st_mode);
	f->size = f->regular ? (uint64_t)st.st_size : 0;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	r = f->regular ? end_line(f) : 0;
	if (r == 0)
		return 0;
out:
	file_close(f);
	return r;
}

void file_close(struct file *f)
{
	if (f->owned && f->fd >= 0)
		close(f->fd);
	*f = FILE_NULL;
}

int file_write(struct file *f, struct slice in, size_t *written)
{
	struct pollfd p = { .fd = f->fd, .events = POLLOUT };
	ssize_t n;

	if (!f->regular && poll(&p, 1, FILE_WAIT_MS) == 0)
		return FILE_E_FULL;
	n = write(f->fd, in.data, in.len < f->most ? in.len : f->most);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return FILE_E_FULL;
	if (n < 0)
		return -errno;
	*written = (size_t)n;
	if (f->regular)
		f->size += (uint64_t)n;
	return 0;
}

void file_cut_back(struct file *f, size_t octets)
{
	if (f->regular && octets <= f->size &&
		ftruncate(f->fd, (off_t)(f->size - octets)) == 0)
		f->size -= octets;
}

void file_take_back(const struct file *f, const char *path)
{
	struct stat st;

	if (f->created && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		st.st_size == 0 && st.st_dev == f->dev && st.st_ino == f->ino)
		unlink(path);
}

bool file_moved(const struct file *f, const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || st.st_dev != f->dev ||
	       st.st_ino != f->ino;
}
