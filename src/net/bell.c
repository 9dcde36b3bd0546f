#include "net/bell.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int bell_init(struct bell *b)
{
	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return b->fd < 0 ? -errno : 0;
}

void bell_deinit(struct bell *b)
{
	if (b->fd >= 0)
		close(b->fd);
	*b = BELL_NULL;
}

void bell_ring(struct bell *b)
{
	const uint64_t once = 1;
	/* fails only when it has been rung 2^64 times and so still rings */
	ssize_t n = write(b->fd, &once, sizeof(once));

	(void)n;
}

uint64_t bell_silence(struct bell *b)
{
	uint64_t rung;

	return read(b->fd, &rung, sizeof(rung)) == sizeof(rung) ? rung : 0;
}

uint64_t bell_wait(struct bell *b, int timeout_ms)
{
	struct pollfd p = { .fd = b->fd, .events = POLLIN };

	poll(&p, 1, timeout_ms);
	return bell_silence(b);
}
