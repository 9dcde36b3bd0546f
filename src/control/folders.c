#include "control/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/log.h"
#include "base/path.h"

/* those of sockets are for DNS servers, those of pipes for readers, too */
enum { MODE_SPOOL = 0700, MODE_FILES = 0750, MODE_SOCKETS = 0755 };

/* Return: false: the root or where we are, or the path is too long. */
static bool outer(const char *path, char parent[PATH_MAX])
{
	return path_folder(path, parent) == 0 && strcmp(parent, "/") != 0 &&
	       strcmp(parent, ".") != 0;
}

static bool is_missing(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 && errno == ENOENT;
}

static bool is_listed(const struct folders *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->of[i].path, path) == 0)
			return true;
	return false;
}

bool folders_have(const struct folders *f, const char *path)
{
	char parent[PATH_MAX];

	return path != NULL &&
	       (is_listed(f, path) ||
		       (outer(path, parent) && is_listed(f, parent)));
}

static int add(struct folders *f, const char *path, mode_t mode)
{
	struct folder *more;

	if (is_listed(f, path))
		return 0;
	more = realloc(f->of, (f->n + 1) * sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	f->of = more;
	f->of[f->n] = (struct folder){ strdup(path), mode };
	return f->of[f->n++].path != NULL ? 0 : -ENOMEM;
}

static int want(struct folders *f, const char *path, mode_t mode)
{
	mode_t of_outer = mode == MODE_SPOOL ? MODE_FILES : mode;
	char parent[PATH_MAX], next[PATH_MAX];
	int r = 0;

	if (!is_missing(path) || !outer(path, parent))
		return 0;
	if (is_missing(parent)) {
		if (!outer(parent, next) || is_missing(next))
			return 0;
		r = add(f, parent, of_outer);
	}
	return r != 0 ? r : add(f, path, mode);
}

static int want_outer(struct folders *f, const char *path, mode_t mode)
{
	char parent[PATH_MAX];

	return path != NULL && outer(path, parent) ? want(f, parent, mode) : 0;
}

static int want_for_sockets(struct folders *f, const struct config *c)
{
	int r = want_outer(f, c->control.path, MODE_SOCKETS);

	for (size_t i = 0; r == 0 && i < c->intake.n_listeners; i++) {
		const struct address *a =
			&c->intake.listeners[i].listen.address;

		if (address_is_unix(a))
			r = want_outer(f, a->un.sun_path, MODE_SOCKETS);
	}
	return r;
}

int folders_find(struct folders *f, const struct config *c)
{
	int r;

	*f = FOLDERS_NULL;
	r = want_for_sockets(f, c);
	for (size_t i = 0; r == 0 && i < c->n_outputs; i++) {
		const struct output_settings *o = &c->outputs[i];

		r = want_outer(f, o->file.path, MODE_FILES);
		if (r == 0 && o->type == OUTPUT_TYPE_PIPE)
			r = want_outer(f, o->local.path, MODE_SOCKETS);
		if (r == 0)
			r = want_outer(
				f, o->keeper.dead_letters.path, MODE_FILES);
		if (r == 0 && o->keeper.spool.path != NULL)
			r = want(f, o->keeper.spool.path, MODE_SPOOL);
	}
	return r;
}

void folders_deinit(struct folders *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->of[i].path);
	free(f->of);
	*f = FOLDERS_NULL;
}

/*
 * By descriptor: the outer folder may be the user's already, and nothing it
 * puts in the place of what was made must become its own.
 */
static int make(const struct folder *f, const struct identity *i)
{
	int fd, r = 0;

	if (mkdir(f->path, 0700) != 0)
		return errno == EEXIST ? 0 : -errno;
	fd = open(f->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, f->mode) != 0 || fchown(fd, i->uid, i->gid) != 0)
		r = -errno;
	close(fd);
	return r;
}

int folders_make(const struct folders *f, const struct identity *i, char *error,
	size_t cap)
{
	char user[ACCOUNT_NAME_MAX];

	account_user_name(i->uid, user);
	for (size_t n = 0; n < f->n; n++) {
		int r = make(&f->of[n], i);

		if (r != 0) {
			snprintf(error, cap,
				"folder %s cannot be made: %s: make it, and "
				"give it to user %s",
				f->of[n].path, strerror(-r), user);
			return r;
		}
		log_info(FOLDER_MADE, "made a folder", "path=%s user=%s",
			f->of[n].path, user);
	}
	return 0;
}
