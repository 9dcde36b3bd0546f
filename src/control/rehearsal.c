#include "control/rehearsal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/path.h"
#include "control/reach.h"

enum { ERROR_MAX = 512 };

/*
 * Can it be made, or used if it is there already?  A socket that is there may
 * be one that the service manager hands over, in a folder of its own.
 * Return: 0 or -errno.
 */
static int look_at_door(const char *path, bool socket)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return !socket                ? path_access(path, W_OK)
		       : S_ISSOCK(st.st_mode) ? 0
					      : -ENOTSOCK;
	return path_access_folder(path);
}

static void check_door(const char *what, const char *path, bool socket,
	const struct folders *coming, struct buf *problems)
{
	char user[ACCOUNT_NAME_MAX];
	int r;

	if (path == NULL || folders_have(coming, path))
		return;
	r = look_at_door(path, socket);
	if (r == -ENOTSOCK)
		buf_printf(problems,
			"%s: %s is there and is not a socket: name another "
			"path, or remove it\n",
			what, path);
	else if (r != 0)
		buf_printf(problems,
			"%s: %s cannot be made: %s: check that the folder "
			"above it exists and that user %s may write there\n",
			what, path, strerror(-r),
			account_user_name(geteuid(), user));
}

/* What is opened before the daemon becomes somebody else. */
static void check_doors(const struct config *c, const struct folders *coming,
	struct buf *problems)
{
	const struct folders none = FOLDERS_NULL;
	struct buf what = BUF_NULL;

	for (size_t i = 0; i < c->intake.n_listeners; i++) {
		const struct listener_settings *l = &c->intake.listeners[i];

		if (!address_is_unix(&l->listen.address))
			continue;
		buf_clear(&what);
		buf_printf(&what, "listeners.%s.address", l->name);
		check_door(buf_str(&what), l->listen.address.un.sun_path, true,
			coming, problems);
	}
	buf_deinit(&what);
	check_door("control.socket", c->control.path, true, coming, problems);
	check_door("pid_file", c->pid_file, false, &none, problems);
}

static int become(const struct config *c, struct identity *i,
	struct folders *coming, struct buf *problems)
{
	char error[ERROR_MAX] = "";
	int r = identity_find(i, c, error, sizeof(error));

	if (r == 0 && i->changes)
		r = folders_find(coming, c); /* root would make them */
	if (r == 0)
		check_doors(c, coming, problems);
	if (r == 0 && i->changes)
		r = identity_assume(i, error, sizeof(error));
	if (r != 0)
		buf_printf(problems, "%s\n",
			*error != '\0' ? error : strerror(-r));
	return r;
}

bool rehearse(const struct config *c, const char *file, struct buf *said,
	struct buf *problems)
{
	struct identity i = IDENTITY_NULL;
	struct folders coming = FOLDERS_NULL;
	struct buf notes = BUF_NULL;
	bool well;

	if (become(c, &i, &coming, problems) == 0)
		reach_check(c, file, &coming, problems, &notes);
	well = problems->len == 0 && !buf_failed(problems);
	if (well)
		buf_printf(said,
			"%s%sconfiguration ok: %zu listener%s, %zu output%s\n",
			config_notes(c), buf_str(&notes), c->intake.n_listeners,
			c->intake.n_listeners == 1 ? "" : "s", c->n_outputs,
			c->n_outputs == 1 ? "" : "s");
	buf_deinit(&notes);
	folders_deinit(&coming);
	identity_deinit(&i);
	return well;
}
