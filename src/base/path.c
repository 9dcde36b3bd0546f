#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Without slashes at the end, but for the root's. */
static size_t trimmed(const char *path, size_t len)
{
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

int path_folder(const char *path, char folder[PATH_MAX])
{
	size_t len = trimmed(path, strlen(path));

	while (len > 0 && path[len - 1] != '/')
		len--;
	len = trimmed(path, len);
	if (len == 0) {
		path = ".";
		len = 1;
	}
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(folder, path, len);
	folder[len] = '\0';
	return 0;
}

/* Behind the slashes that are there, if any; one at the end is none. */
static const char *behind_slashes(const char *at)
{
	const char *next = at + strspn(at, "/");

	return *next == '\0' ? next : at == next ? at : next - 1;
}

bool path_same(const char *a, const char *b)
{
	bool rooted = *a == '/';

	if (rooted != (*b == '/'))
		return false;
	for (;; a++, b++) {
		a = behind_slashes(a);
		b = behind_slashes(b);
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

int path_access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : -errno;
}

int path_access_folder(const char *path)
{
	char folder[PATH_MAX];
	int r = path_folder(path, folder);

	return r != 0 ? r : path_access(folder, W_OK | X_OK);
}
