#include "spool/dead_letters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { MODE = 0600, SUFFIX_MAX = 24 };

int dead_letters_open(struct dead_letters *d,
	const struct dead_letter_settings *settings, const char *output,
	char *error, size_t cap)
{
	int r;

	*d = (struct dead_letters){ .settings = settings, .output = output };
	r = strlen(settings->path) + SUFFIX_MAX > PATH_MAX ? -ENAMETOOLONG : 0;
	if (r == 0)
		r = file_open(&d->file, settings->path, MODE);
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

static const char *older(
	const struct dead_letters *d, unsigned number, char *text)
{
	if (number == 0)
		snprintf(text, PATH_MAX, "%s", d->settings->path);
	else
		snprintf(text, PATH_MAX, "%s.%u", d->settings->path, number);
	return text;
}

static const char *resent(
	const struct dead_letters *d, unsigned number, char *text)
{
	snprintf(text, PATH_MAX, "%s.resend.%u", d->settings->path, number);
	return text;
}

static int shift(struct dead_letters *d)
{
	struct file next;
	int r = rotation_shift(&d->rotation);

	if (r == 0)
		r = file_open(&next, d->settings->path, MODE);
	if (r != 0)
		return r;
	dead_letters_sync(d);
	file_close(&d->file);
	d->file = next;
	return 0;
}

/* The file anew if somebody has moved it away. */
static int reopen(struct dead_letters *d)
{
	struct file next;
	int r;

	if (!file_moved(&d->file, d->settings->path))
		return 0;
	r = file_open(&next, d->settings->path, MODE);
	if (r != 0)
		return r;
	file_close(&d->file);
	d->file = next;
	return 0;
}

/* Room for len more. */
static int prepare(struct dead_letters *d, size_t len)
{
	int r = reopen(d);

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

/* One more than the number of the oldest one there can be. */
static unsigned numbers(const struct dead_letters *d)
{
	return d->settings->keep + 2;
}

int dead_letters_each(struct dead_letters *d,
	int (*fn)(void *arg, struct slice line), void *arg)
{
	char path[PATH_MAX];
	int r = 0;

	for (unsigned i = numbers(d); i-- > 0 && r == 0;)
		r = each_line(resent(d, i, path), fn, arg);
	for (unsigned i = numbers(d); i-- > 0 && r == 0;)
		r = each_line(older(d, i, path), fn, arg);
	return r;
}

int dead_letters_discard(struct dead_letters *d)
{
	char path[PATH_MAX];
	int r = 0;

	for (unsigned i = numbers(d); i-- > 1;)
		if (unlink(older(d, i, path)) != 0 && errno != ENOENT)
			r = -errno;
	if (r == 0)
		r = reopen(d);
	if (r == 0 && ftruncate(d->file.fd, 0) != 0)
		r = -errno;
	if (r == 0)
		d->file.size = 0;
	return r;
}

static bool any_resent(const struct dead_letters *d)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < numbers(d); i++)
		if (access(resent(d, i, path), F_OK) == 0)
			return true;
	return false;
}

int dead_letters_resend(struct dead_letters *d)
{
	char from[PATH_MAX], to[PATH_MAX];
	bool any = any_resent(d);

	/* those of an earlier request are still to be sent: they come first */
	if (any)
		return 0;
	for (unsigned i = 0; i < numbers(d); i++) {
		if (i == 0 && d->file.size == 0)
			continue;
		if (rename(older(d, i, from), resent(d, i, to)) == 0)
			any = true;
		else if (errno != ENOENT)
			return -errno;
	}
	if (!any)
		return DEAD_LETTERS_E_NONE;
	return reopen(d);
}

/* The rest of a file in its place.  Return: 0 or -errno. */
static int cut_front(const char *path, FILE *f, uint64_t from)
{
	char made[PATH_MAX], chunk[16384];
	FILE *out;
	size_t n;
	int r = 0;

	snprintf(made, sizeof(made), "%.*s~", PATH_MAX - 2, path);
	out = fopen(made, "we");
	if (out == NULL)
		return -errno;
	if (fchmod(fileno(out), MODE) != 0 ||
		fseeko(f, (off_t)from, SEEK_SET) != 0)
		r = -errno;
	while (r == 0 && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		if (fwrite(chunk, 1, n, out) != n)
			r = -errno;
	if (r == 0 &&
		(ferror(f) || fflush(out) != 0 || fsync(fileno(out)) != 0))
		r = -EIO;
	fclose(out);
	if (r == 0 && rename(made, path) != 0)
		r = -errno;
	if (r != 0)
		unlink(made);
	return r;
}

/* What is settled goes: the whole file, or its front. */
static void end_resent(struct dead_letters *d, bool whole)
{
	char path[PATH_MAX], aside[PATH_MAX];
	int r = 0;

	resent(d, d->resent_number, path);
	snprintf(aside, sizeof(aside), "%.*s.damaged", PATH_MAX - 9,
		d->settings->path);
	if (!whole)
		r = cut_front(path, d->resent, d->resent_to);
	else if (d->unreadable ? rename(path, aside) != 0 : unlink(path) != 0)
		r = -errno;
	if (r != 0)
		log_limited(LOG_LEVEL_ERROR, DEAD_LETTER_RESENT,
			"dead letters that were sent again cannot be removed "
			"from their file",
			"path=%s error=\"%s\"", path, strerror(-r));
	fclose(d->resent);
	d->resent = NULL;
}

static int open_resent(struct dead_letters *d)
{
	char path[PATH_MAX];

	for (unsigned i = numbers(d); i-- > 0;) {
		d->resent = fopen(resent(d, i, path), "re");
		if (d->resent != NULL) {
			d->resent_number = i;
			d->resent_to = 0;
			d->unreadable = false;
			return 0;
		}
		if (errno != ENOENT)
			return -errno;
	}
	return DEAD_LETTERS_E_NONE;
}

static int reserve_ends(struct dead_letters *d, uint32_t n)
{
	uint64_t *grown;

	if (n <= d->read_cap)
		return 0;
	grown = realloc(d->read_ends, n * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	d->read_ends = grown;
	d->read_cap = n;
	return 0;
}

/* Lines into b, as many as it has room for; the first one in any case. */
static int fill(
	struct dead_letters *d, struct batch_pool *pool, struct batch *b)
{
	uint64_t at = d->resent_to;
	ssize_t n;
	int r = 0;

	if (fseeko(d->resent, (off_t)at, SEEK_SET) != 0)
		return -errno;
	while (r == 0 && b->events < pool->batch_events &&
		(n = getline(&d->line, &d->line_cap, d->resent)) > 0) {
		struct slice event;

		at += (uint64_t)n;
		if (letter_read(slice_from(d->line, (size_t)n), &event) != 0) {
			d->unreadable = true;
			continue;
		}
		if (b->events == 0)
			r = batch_reserve(pool, b, event.len + 1, 1);
		else if (b->len + event.len + 1 > pool->batch_bytes)
			break;
		if (r != 0)
			break;
		memcpy(b->data + b->len, event.data, event.len);
		b->data[b->len + event.len] = '\n';
		b->len += event.len + 1;
		d->read_ends[b->events] = at;
		b->ends[b->events++] = (uint32_t)b->len;
	}
	if (r == 0 && ferror(d->resent))
		r = -EIO;
	return r;
}

int dead_letters_read(
	struct dead_letters *d, struct batch_pool *pool, struct batch *b)
{
	int r = reserve_ends(d, pool->batch_events);

	while (r == 0) {
		if (d->resent == NULL)
			r = open_resent(d);
		if (r == 0)
			r = fill(d, pool, b);
		if (r != 0 || b->events != 0)
			break;
		end_resent(d, true);
	}
	if (r == -EIO && d->resent != NULL)
		clearerr(d->resent);
	return r;
}

void dead_letters_settled(struct dead_letters *d, uint32_t n)
{
	if (n > 0)
		d->resent_to = d->read_ends[n - 1];
}

void dead_letters_close(struct dead_letters *d)
{
	if (d->resent != NULL) {
		if (d->resent_to > 0)
			end_resent(d, false);
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
