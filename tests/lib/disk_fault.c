#include "lib/disk_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic unsigned countdown;
static _Atomic bool happened, lasts;
static _Atomic unsigned settings; /* how often disk_fault_at() was called */
static _Atomic enum disk_fault fault;
static _Atomic int fault_error;

void disk_fault_at(unsigned k, enum disk_fault what, int error, bool lasting)
{
	atomic_fetch_add(&settings, 1);
	fault = what;
	fault_error = error;
	atomic_store(&lasts, lasting);
	atomic_store(&happened, false);
	atomic_store(&countdown, k);
}

bool disk_fault_happened(void)
{
	return atomic_load(&happened);
}

/* Is this the call? */
static bool strikes(void)
{
	unsigned left = atomic_load(&countdown);

	if (left == 0)
		return false;
	if (left > 1 || !atomic_load(&lasts))
		atomic_store(&countdown, left - 1);
	if (left == 1)
		atomic_store(&happened, true);
	return left == 1;
}

/* Before the call.  Return: true: it fails. */
static bool fails(bool struck)
{
	unsigned before = atomic_load(&settings);

	if (!struck)
		return false;
	switch ((enum disk_fault)atomic_load(&fault)) {
	case DISK_KILL:
		raise(SIGKILL);
		break;
	case DISK_HANG:
		while (atomic_load(&settings) == before)
			usleep(1000);
		break;
	case DISK_FAIL:
		errno = fault_error;
		return true;
	case DISK_KILL_AFTER:
		break;
	}
	return false;
}

static void after(bool struck)
{
	if (struck && fault == DISK_KILL_AFTER)
		raise(SIGKILL);
}

/* The names ld's --wrap gives to the caller's and to the real functions. */
#define WRAP(result, name, parameters, ...)     \
	result __real_##name parameters;        \
	result __wrap_##name parameters;        \
	result __wrap_##name parameters         \
	{                                       \
		bool struck = strikes();        \
		result r;                       \
                                                \
		if (fails(struck))              \
			return -1;              \
		r = __real_##name(__VA_ARGS__); \
		after(struck);                  \
		return r;                       \
	}

WRAP(int, fsync, (int fd), fd)
WRAP(int, fdatasync, (int fd), fd)
WRAP(int, renameat,
	(int from_dir, const char *from, int to_dir, const char *to), from_dir,
	from, to_dir, to)
WRAP(int, unlinkat, (int dir, const char *name, int flags), dir, name, flags)

int __real_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...);
ssize_t __real_writev(int fd, const struct iovec *parts, int n);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int n);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);

int __wrap_openat(int dir, const char *name, int flags, ...)
{
	bool struck = strikes();
	va_list ap;
	mode_t mode = 0;
	int fd;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (fails(struck))
		return -1;
	fd = __real_openat(dir, name, flags, mode);
	after(struck);
	return fd;
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int n)
{
	bool struck = strikes();
	ssize_t r;

	if (struck && fault != DISK_KILL_AFTER)
		r = __real_write(fd, parts[0].iov_base, parts[0].iov_len / 2);
	if (fails(struck))
		return -1;
	r = __real_writev(fd, parts, n);
	after(struck);
	return r;
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	bool struck = fd != STDERR_FILENO && strikes(); /* the log */
	ssize_t r;

	if (struck && fault == DISK_KILL)
		r = __real_write(fd, data, len / 2);
	if (fails(struck))
		return -1;
	r = __real_write(fd, data, len);
	after(struck);
	return r;
}
