#include "spool/dead_letters_own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { SUFFIX_MAX = 24 };

int dead_letters_open(struct dead_letters *d,
	const struct dead_letter_settings *settings, const char *output,
	char *error, size_t cap)
{
	int r;

	*d = (struct dead_letters){ .settings = settings, .output = output };
	r = strlen(settings->path) + SUFFIX_MAX > PATH_MAX ? -ENAMETOOLONG : 0;
	if (r == 0)
		r = file_open(&d->file, settings->path, DEAD_LETTERS_MODE);
	if (r == 0 && !d->file.regular) {
		file_close(&d->file);
		r = -EINVAL;
	}
	if (r == 0) {
		r = rotation_init(
			&d->rotation, settings->path, settings->keep, false);
		if (r != 0)
			file_close(&d->file);
	}
	if (r == 0)
		return 0;
	d->settings = NULL; /* not open */
	snprintf(error, cap,
		"dead letters %s cannot be written: %s: check that its folder "
		"exists and that this user may write there",
		settings->path,
		r == -EINVAL ? "not a regular file" : strerror(-r));
	return r;
}

static int shift(struct dead_letters *d)
{
	struct file next;
	int r = rotation_shift(&d->rotation);

	if (r == 0)
		r = file_open(&next, d->settings->path, DEAD_LETTERS_MODE);
	if (r != 0)
		return r;
	dead_letters_sync(d);
	file_close(&d->file);
	d->file = next;
	return 0;
}

int letters_reopen(struct dead_letters *d)
{
	struct file next;
	int r;

	if (!file_moved(&d->file, d->settings->path))
		return 0;
	r = file_open(&next, d->settings->path, DEAD_LETTERS_MODE);
	if (r != 0)
		return r;
	file_close(&d->file);
	d->file = next;
	return 0;
}

/* Room for len more. */
static int prepare(struct dead_letters *d, size_t len)
{
	int r = letters_reopen(d);

	if (r != 0)
		return r;
	if (d->file.size != 0 && d->file.size + len > d->settings->max_size)
		return shift(d);
	return 0;
}

/* How many whole lines are in the first len octets, and how long they are. */
static uint32_t whole_lines(const struct buf *b, size_t len, size_t *octets)
{
	uint32_t n = 0;

	*octets = 0;
	for (size_t i = 0; i < len; i++) {
		if (b->data[i] == '\n') {
			n++;
			*octets = i + 1;
		}
	}
	return n;
}

int dead_letters_write(
	struct dead_letters *d, const struct letter *l, uint32_t *written)
{
	size_t done = 0, whole, n;
	int r;

	*written = 0;
	buf_clear(&d->lines);
	for (uint32_t i = 0; i < l->events; i++)
		letter_write(l, i, d->output, &d->lines);
	if (buf_failed(&d->lines)) {
		buf_deinit(&d->lines);
		return -ENOMEM;
	}
	r = prepare(d, d->lines.len);
	while (r == 0 && done < d->lines.len) {
		r = file_write(&d->file,
			slice_from(d->lines.data + done, d->lines.len - done),
			&n);
		if (r == 0)
			done += n;
		else if (r == FILE_E_FULL) /* interrupted */
			r = 0;
	}
	d->unsynced = d->unsynced || done > 0;
	*written = whole_lines(&d->lines, done, &whole);
	file_cut_back(&d->file, done - whole);
	return r;
}

void dead_letters_sync(struct dead_letters *d)
{
	if (d->unsynced && fdatasync(d->file.fd) != 0)
		log_limited(LOG_LEVEL_ERROR, DEAD_LETTER_SYNC_FAILED,
			"dead letters may not survive a crash of the machine",
			"path=%s error=\"%s\"", d->settings->path,
			strerror(errno));
	d->unsynced = false;
}

static int each_line(
	const char *path, int (*fn)(void *arg, struct slice line), void *arg)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int r = 0;

	if (f == NULL)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (n = getline(&line, &cap, f)) > 0) {
		size_t len = (size_t)n - (line[n - 1] == '\n');

		if (len > 0)
			r = fn(arg, slice_from(line, len));
	}
	if (r == 0 && ferror(f))
		r = -EIO;
	free(line);
	fclose(f);
	return r;
}

int dead_letters_each(struct dead_letters *d,
	int (*fn)(void *arg, struct slice line), void *arg)
{
	char path[PATH_MAX];
	int r = 0;

	for (unsigned i = letters_numbers(d); i-- > 0 && r == 0;)
		r = each_line(letters_resent(d, i, path), fn, arg);
	for (unsigned i = letters_numbers(d); i-- > 0 && r == 0;)
		r = each_line(letters_older(d, i, path), fn, arg);
	return r;
}

int dead_letters_discard(struct dead_letters *d)
{
	char path[PATH_MAX];
	int r = 0;

	for (unsigned i = letters_numbers(d); i-- > 1;)
		if (unlink(letters_older(d, i, path)) != 0 && errno != ENOENT)
			r = -errno;
	if (r == 0)
		r = letters_reopen(d);
	if (r == 0 && ftruncate(d->file.fd, 0) != 0)
		r = -errno;
	if (r == 0)
		d->file.size = 0;
	return r;
}

void dead_letters_close(struct dead_letters *d)
{
	if (d->resent != NULL) {
		if (d->resent_to > 0)
			letters_end_resent(d, false);
		else
			fclose(d->resent);
	}
	dead_letters_sync(d);
	rotation_deinit(&d->rotation);
	file_close(&d->file);
	buf_deinit(&d->lines);
	free(d->read_ends);
	free(d->line);
}
