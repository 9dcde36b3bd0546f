#include "deliver/places.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/path.h"
#include "deliver/local_end.h"

static int check_place(const char *path, bool folder)
{
	struct stat st;

	if (!folder && path[strlen(path) - 1] == '/')
		return -EISDIR;
	if (stat(path, &st) != 0)
		return errno == ENOENT ? path_access_folder(path) : -errno;
	if (S_ISDIR(st.st_mode) != folder)
		return folder ? -ENOTDIR : -EISDIR;
	return path_access(path, folder ? R_OK | W_OK | X_OK : W_OK);
}

/* A socket is somebody else's. */
static const char *pipe_of(const struct output_settings *s)
{
	return s->type == OUTPUT_TYPE_PIPE ? s->local.path : NULL;
}

int places_check(const struct output_settings *s,
	const struct output_settings *had, char *error, size_t cap)
{
	const struct {
		const char *what, *path, *had;
		bool folder;
	} places[] = {
		{ "spool", s->keeper.spool.path, had->keeper.spool.path, true },
		{ "dead letters", s->keeper.dead_letters.path,
			had->keeper.dead_letters.path, false },
		{ "file", s->file.path, had->file.path, false },
		{ "pipe", pipe_of(s), had->local.path, false },
	};

	char user[ACCOUNT_NAME_MAX];

	if (output_is_local(s->type)) {
		int r = local_end_check(s, error, cap);

		if (r != 0)
			return r;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *path = places[i].path;
		int r;

		if (path == NULL || (places[i].had != NULL &&
					    strcmp(path, places[i].had) == 0))
			continue;
		r = check_place(path, places[i].folder);
		if (r == 0)
			continue;
		snprintf(error, cap,
			"output %s: %s %s cannot be used: %s: check that the "
			"folder above it exists and that user %s may write "
			"there",
			s->feed.name, places[i].what, path, strerror(-r),
			account_user_name(geteuid(), user));
		return r;
	}
	return 0;
}
