#include "net/unix_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Does nobody answer?  Only a refusal says so; a full backlog is an answer. */
static bool is_stale(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	bool stale;
	int fd;

	strncpy(sa.sun_path, path, sizeof(sa.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

/* A path without a file is free if its directory is there. */
static int check_directory(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	size_t len = (size_t)(strrchr(path, '/') - path);
	struct stat st;

	if (len == 0)
		return 0; /* the root */
	if (len >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, len);
	dir[len] = '\0';
	if (stat(dir, &st) != 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return access(dir, W_OK | X_OK) == 0 ? 0 : -errno;
}

int unix_path_clear(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? check_directory(path) : -errno;
	if (!S_ISSOCK(st.st_mode))
		return UNIX_PATH_E_NOT_SOCKET;
	if (!is_stale(path))
		return UNIX_PATH_E_LIVE;
	return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

void unix_path_remove(const char *path, dev_t dev, ino_t ino)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_dev == dev && st.st_ino == ino)
		unlink(path);
}
