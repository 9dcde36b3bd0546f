/* Dead letters that go through their output again. */
#include "spool/dead_letters_own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

bool dead_letters_are_resent(const struct dead_letters *d)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < letters_numbers(d); i++)
		if (access(letters_resent(d, i, path), F_OK) == 0)
			return true;
	return false;
}

int dead_letters_resend(struct dead_letters *d)
{
	char from[PATH_MAX], to[PATH_MAX];
	bool any = dead_letters_are_resent(d);

	/* those of an earlier request are still to be sent: they come first */
	if (any)
		return 0;
	for (unsigned i = 0; i < letters_numbers(d); i++) {
		if (i == 0 && d->file.size == 0)
			continue;
		if (rename(letters_older(d, i, from),
			    letters_resent(d, i, to)) == 0)
			any = true;
		else if (errno != ENOENT)
			return -errno;
	}
	if (!any)
		return DEAD_LETTERS_E_NONE;
	return letters_reopen(d);
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
	if (fchmod(fileno(out), DEAD_LETTERS_MODE) != 0 ||
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

void letters_end_resent(struct dead_letters *d, bool whole)
{
	char path[PATH_MAX], aside[PATH_MAX];
	int r = 0;

	letters_resent(d, d->resent_number, path);
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

	for (unsigned i = letters_numbers(d); i-- > 0;) {
		d->resent = fopen(letters_resent(d, i, path), "re");
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
		letters_end_resent(d, true);
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
