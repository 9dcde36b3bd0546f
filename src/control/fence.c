#include "control/fence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"

void fence_deinit(struct fence *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->rules[i].path);
	free(r->rules);
	*r = FENCE_NULL;
}

static const struct fence_rule *find(
	const struct fence *r, const struct stat *st)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->rules[i].dev == st->st_dev &&
			r->rules[i].ino == st->st_ino)
			return &r->rules[i];
	return NULL;
}

void fence_add(struct fence *r, const char *path, unsigned rights)
{
	struct fence_rule *rule;
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	rule = (struct fence_rule *)find(r, &st);
	if (rule != NULL) {
		rule->rights |= rights;
		return;
	}
	rule = reallocarray(r->rules, r->n + 1, sizeof(*rule));
	if (rule == NULL) {
		r->failed = true;
		return;
	}
	r->rules = rule;
	rule += r->n;
	*rule = (struct fence_rule){
		.path = strdup(path),
		.rights = rights,
		.folder = S_ISDIR(st.st_mode),
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	if (rule->path == NULL)
		r->failed = true;
	else
		r->n++;
}

/* Under whatever name: a rule on it would be one on everything. */
static bool is_root(const char *folder)
{
	struct stat st, root;

	return stat(folder, &st) == 0 && stat("/", &root) == 0 &&
	       st.st_ino == root.st_ino && st.st_dev == root.st_dev;
}

/* Something else than a file that could be renamed or replaced: a terminal,
 * /dev/null. */
static bool is_device(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode);
}

/* A path and what is to be allowed there. */
typedef bool take_rule(void *arg, const char *path, unsigned rights);

/* The folders of a file, or it alone. */
static bool for_file(
	const char *path, unsigned rights, take_rule *take, void *arg)
{
	char folder[PATH_MAX], *real = realpath(path, NULL);
	bool alone = is_device(path) || path_folder(path, folder) != 0 ||
		     is_root(folder);
	bool done = take(arg, alone ? path : folder, rights);

	if (real != NULL && !is_device(real) && path_folder(real, folder) == 0)
		done = take(arg, is_root(folder) ? real : folder, rights) &&
		       done;
	free(real);
	return done;
}

static bool for_use(
	const char *path, enum fence_use use, take_rule *take, void *arg)
{
	char folder[PATH_MAX];

	switch (use) {
	case FENCE_USE_READ:
		return for_file(path, FENCE_READ, take, arg);
	case FENCE_USE_WRITE:
		return for_file(path, FENCE_READ | FENCE_WRITE, take, arg);
	case FENCE_USE_SOCKET:
	case FENCE_USE_REMOVE:
		return path_folder(path, folder) != 0 || is_root(folder) ||
		       take(arg, folder,
			       use == FENCE_USE_SOCKET ? FENCE_SOCKET
						       : FENCE_REMOVE);
	case FENCE_USE_FOLDER:
		return take(arg, path, FENCE_READ | FENCE_WRITE);
	case FENCE_USE_TO_READ:
		return take(arg, path, FENCE_READ);
	case FENCE_USE_TO_WRITE:
		return take(arg, path, FENCE_READ | FENCE_WRITE | FENCE_SOCKET);
	case FENCE_USE_CONNECT:
		break;
	}
	return true;
}

static bool take_to_add(void *arg, const char *path, unsigned rights)
{
	fence_add(arg, path, rights);
	return true;
}

void fence_add_use(struct fence *r, const char *path, enum fence_use use)
{
	for_use(path, use, take_to_add, r);
}

static bool take_to_ask(void *arg, const char *path, unsigned rights)
{
	return fence_has(arg, path, rights);
}

bool fence_has_use(const struct fence *r, const char *path, enum fence_use use)
{
	return for_use(path, use, take_to_ask, (void *)r);
}

/* What is there, or the nearest folder above it. */
static int nearest(const char *path, struct stat *st, char folder[PATH_MAX])
{
	int n = snprintf(folder, PATH_MAX, "%s", path);

	if (n < 0 || n >= PATH_MAX)
		return -ENAMETOOLONG;
	while (stat(folder, st) != 0) {
		char above[PATH_MAX];

		if (errno != ENOENT || strcmp(folder, "/") == 0 ||
			strcmp(folder, ".") == 0)
			return -errno;
		if (path_folder(folder, above) != 0)
			return -ENAMETOOLONG;
		strcpy(folder, above);
	}
	return 0;
}

static unsigned given(const struct fence *r, const struct stat *st)
{
	const struct fence_rule *rule = find(r, st);

	return rule != NULL ? rule->rights : 0;
}

/* What a folder's rule, and those of all above it, give: by their names, since
 * one may stand in a folder that this user may not look into. */
static unsigned given_above(const struct fence *r, char real[PATH_MAX])
{
	char above[PATH_MAX];
	unsigned found = 0;
	struct stat st;

	for (;;) {
		if (stat(real, &st) == 0)
			found |= given(r, &st);
		if (strcmp(real, "/") == 0 || path_folder(real, above) != 0)
			return found;
		strcpy(real, above);
	}
}

bool fence_has(const struct fence *r, const char *path, unsigned rights)
{
	char there[PATH_MAX], real[PATH_MAX];
	struct stat st;
	unsigned found;

	if (nearest(path, &st, there) != 0)
		return true; /* whoever uses it has the better word for that */
	found = given(r, &st);
	if (realpath(there, real) != NULL) /* a pipe has none */
		found |= given_above(r, real);
	return (found & rights) == rights;
}
