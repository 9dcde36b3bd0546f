#include "control/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_MAX = 4096 };

static void why_not_opened(struct buf *why, int error)
{
	buf_printf(why, "cannot be read: %s", strerror(error));
	if (error == ENOENT)
		buf_add_str(why,
			": write the token to it, or name the file that has "
			"it");
	else if (error == EACCES)
		buf_printf(why,
			": let user %lu read it (chown or chgrp, and chmod "
			"0640)",
			(unsigned long)geteuid());
}

/* Up to max bytes.  Return: how many, or -errno. */
static ssize_t read_all(int fd, char *text, size_t max)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n = read(fd, text + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int token_read(char **token, const char *path, bool *exposed, struct buf *why)
{
	/* a FIFO without a writer must not stop the start */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[TOKEN_MAX + 1];
	struct stat st;
	ssize_t len;

	if (fd < 0) {
		why_not_opened(why, errno);
		return -EINVAL;
	}
	*exposed = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		   st.st_mode & S_IROTH;
	len = read_all(fd, text, sizeof(text));
	close(fd);
	if (len < 0) {
		why_not_opened(why, (int)-len);
		return -EINVAL;
	}
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (len == 0)
		buf_add_str(why, "is empty: write the token to it");
	else if (len > TOKEN_MAX)
		buf_add_str(why, "is too long for a token");
	else if (memchr(text, '\n', (size_t)len) != NULL)
		buf_add_str(why,
			"has several lines: leave only the one with the token");
	else if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		buf_add_str(why,
			"begins with a byte-order mark: write it anew without "
			"one (UTF-8 without BOM)");
	else if (memchr(text, '\0', (size_t)len) != NULL)
		buf_add_str(why, "has binary data in it, no token");
	else {
		*token = strndup(text, (size_t)len);
		explicit_bzero(text, sizeof(text));
		return *token != NULL ? 0 : -ENOMEM;
	}
	explicit_bzero(text, sizeof(text));
	return -EINVAL;
}
