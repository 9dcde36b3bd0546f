#include "base/log_socket.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int log_socket_look(const char *path)
{
	struct sockaddr_un there = { .sun_family = AF_UNIX };
	int r = 0, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(there.sun_path, sizeof(there.sun_path), "%s", path);
	/* EPROTOTYPE: one that takes streams, as syslog(3) can */
	if (connect(fd, (const struct sockaddr *)&there, sizeof(there)) != 0 &&
		errno != EPROTOTYPE)
		r = -errno;
	close(fd);
	return r;
}
