#include "spool/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum {
	CHUNK = 1 << 20,
	LEVEL = 6,       /* nobody waits for it */
	SUFFIX_MAX = 20, /* ".4294967295.gz" and the NUL */
};

/* path.number, path.number.gz, or with number 0 the file being made. */
static const char *name(const struct rotation *r, unsigned number,
	const char *suffix, char *text)
{
	if (number == 0)
		snprintf(text, PATH_MAX, "%s.gz~", r->path);
	else
		snprintf(text, PATH_MAX, "%s.%u%s", r->path, number, suffix);
	return text;
}

/* Missing files are no error: there may be fewer than keep. */
static int move(const char *from, const char *to)
{
	return rename(from, to) == 0 || errno == ENOENT ? 0 : -errno;
}

int rotation_shift(struct rotation *r)
{
	static const char *const suffixes[] = { "", ".gz" };
	char from[PATH_MAX], to[PATH_MAX];
	int result = 0;

	pthread_mutex_lock(&r->lock);
	for (unsigned s = 0; s < 2; s++)
		unlink(name(r, r->keep, suffixes[s], to));
	for (unsigned i = r->keep; i > 1 && result == 0; i--)
		for (unsigned s = 0; s < 2 && result == 0; s++)
			result = move(name(r, i - 1, suffixes[s], from),
				name(r, i, suffixes[s], to));
	if (result == 0 && r->busy != 0)
		r->busy++;
	if (result == 0 && rename(r->path, name(r, 1, "", to)) != 0)
		result = -errno;
	if (result == 0) {
		r->wanted = true;
		pthread_cond_signal(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return result;
}

static bool is_ending(struct rotation *r)
{
	pthread_mutex_lock(&r->lock);
	bool ending = r->ending;

	pthread_mutex_unlock(&r->lock);
	return ending;
}

static int write_all(int fd, struct slice in)
{
	while (in.len > 0) {
		ssize_t n = write(fd, in.data, in.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			in = slice_from(in.data + n, in.len - (size_t)n);
	}
	return 0;
}

/* Return: 0, -ECANCELED at the end of the daemon, or -errno. */
static int copy(struct rotation *r, int in, int out, uint8_t *chunk)
{
	struct slice zipped;
	ssize_t n;
	int e;

	while ((n = read(in, chunk, CHUNK)) > 0) {
		if (is_ending(r))
			return -ECANCELED;
		e = compressor_run(
			r->compressor, slice_from(chunk, (size_t)n), &zipped);
		if (e == 0)
			e = write_all(out, zipped);
		if (e != 0)
			return e;
	}
	if (n < 0)
		return -errno;
	/* the original goes next: this one has to be on the disk */
	return fsync(out) == 0 ? 0 : -errno;
}

/* Opens file `number` and what it becomes, then copies. */
static int compress_file(struct rotation *r, int in)
{
	char made[PATH_MAX];
	struct stat st;
	uint8_t *chunk;
	int out, e;

	if (fstat(in, &st) != 0)
		return -errno;
	out = open(name(r, 0, "", made),
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	e = fchmod(out, st.st_mode & 07777) == 0 ? 0 : -errno;
	chunk = malloc(CHUNK);
	if (chunk == NULL)
		e = -ENOMEM;
	if (e == 0)
		e = copy(r, in, out, chunk);
	free(chunk);
	close(out);
	return e;
}

/* The oldest rotated file that is not compressed; lock held.  -1: none. */
static int open_oldest(struct rotation *r)
{
	char from[PATH_MAX];

	for (unsigned i = r->keep; i > 0; i--) {
		int fd = open(name(r, i, "", from),
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

		if (fd >= 0) {
			r->busy = i;
			return fd;
		}
	}
	return -1;
}

/* Puts the new file in the old one's place, wherever that is by now; lock
 * held. */
static void finish(struct rotation *r, int e)
{
	char made[PATH_MAX], from[PATH_MAX], to[PATH_MAX];

	name(r, 0, "", made);
	if (e == 0 && r->busy <= r->keep &&
		rename(made, name(r, r->busy, ".gz", to)) == 0)
		unlink(name(r, r->busy, "", from));
	else
		unlink(made);
	r->busy = 0;
}

static void run(void *arg)
{
	struct rotation *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->ending) {
		int fd = r->wanted ? open_oldest(r) : -1;
		int e;

		if (fd < 0) {
			r->wanted = false;
			pthread_cond_wait(&r->changed, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		e = compress_file(r, fd);
		close(fd);
		if (e != 0 && e != -ECANCELED)
			log_warn_limited(ROTATE_GZIP_FAILED,
				"a rotated file stays uncompressed until the "
				"next rotation",
				"path=%s error=\"%s\"", r->path, strerror(-e));
		pthread_mutex_lock(&r->lock);
		finish(r, e);
		if (e != 0)
			r->wanted = false;
	}
	pthread_mutex_unlock(&r->lock);
}

int rotation_init(
	struct rotation *r, const char *path, unsigned keep, bool gzip)
{
	char made[PATH_MAX];
	int e = 0;

	*r = (struct rotation){ .path = path, .keep = keep, .wanted = true };
	if (strlen(path) + SUFFIX_MAX > PATH_MAX)
		return -ENAMETOOLONG;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	if (gzip) {
		unlink(name(r, 0, "", made)); /* of a run that was killed */
		e = compressor_new(&r->compressor, COMPRESSION_GZIP, LEVEL);
		if (e == 0)
			e = thread_start(&r->thread, "gzip", run, r);
	}
	if (e != 0)
		rotation_deinit(r);
	return e;
}

void rotation_deinit(struct rotation *r)
{
	pthread_mutex_lock(&r->lock);
	r->ending = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	thread_join(&r->thread);
	r->compressor = compressor_free(r->compressor);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
}
