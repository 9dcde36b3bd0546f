#include "control/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/account.h"
#include "base/path.h"
#include "control/memory.h"
#include "deliver/places.h"

enum { ERROR_MAX = 512 };

struct look {
	struct buf *problems, *notes;
	const char *of; /* "outputs.splunk." */
};

static bool is_readable(const char *path)
{
	return path_access(path, R_OK) == 0;
}

/* Is it a file that is read, not a place to write to? */
static bool is_source(const struct setting *row)
{
	return row->type == SETTING_PATH && strcmp(row->key, "path") != 0 &&
	       strcmp(row->key, "socket") != 0 &&
	       strcmp(row->key, "pid_file") != 0;
}

/* libcurl reads these for every connection. */
static bool is_read_again(enum setting_scope scope)
{
	return scope == SCOPE_TLS || scope == SCOPE_BACKEND_TLS;
}

static void look_at(const struct look *l, const struct setting *row,
	const char *group, const char *path)
{
	char user[ACCOUNT_NAME_MAX], group_name[ACCOUNT_NAME_MAX];
	int error;

	if (path == NULL || is_readable(path))
		return;
	error = errno;
	buf_printf(is_read_again(row->scope) ? l->problems : l->notes,
		"%s%s%s%s: %s cannot be read by user %s%s: %s: chgrp %s and "
		"chmod 0640\n",
		l->of, group, *group != '\0' ? "." : "", row->key, path,
		account_user_name(geteuid(), user),
		is_read_again(row->scope) ? "" : ", so a reload will fail",
		strerror(error), account_group_name(getegid(), group_name));
}

static void look_at_scope(const struct look *l, enum setting_scope scope,
	unsigned fits, const void *base)
{
	const char *group =
		scopes[scope].kind == SCOPE_IS_GROUP ? scopes[scope].key : "";

	for (size_t i = 0; i < n_settings; i++) {
		const struct setting *row = &settings[i];

		if (row->scope == scope && row->fits & fits && is_source(row))
			look_at(l, row, group,
				*(const char *const *)((const char *)base +
						       row->offset));
	}
	for (unsigned i = SCOPE_TOP + 1; i < SCOPE_COUNT; i++)
		if (scope_is_part(&scopes[i], scope, fits))
			look_at_scope(l, scopes[i].id, fits, base);
}

static void look_at_element(struct look l, enum setting_scope scope,
	const char *name, unsigned fits, const void *base)
{
	struct buf of = BUF_NULL;

	buf_printf(&of, "%s.%s.", scopes[scope].key, name);
	l.of = buf_str(&of);
	look_at_scope(&l, scope, fits, base);
	buf_deinit(&of);
}

/* A place in a folder that is to be made is as good as had. */
static void check_places(const struct output_settings *s,
	const struct folders *coming, struct buf *problems)
{
	struct output_settings had = { 0 };
	char error[ERROR_MAX];

	if (folders_have(coming, s->keeper.spool.path))
		had.keeper.spool.path = s->keeper.spool.path;
	if (folders_have(coming, s->keeper.dead_letters.path))
		had.keeper.dead_letters.path = s->keeper.dead_letters.path;
	if (folders_have(coming, s->file.path))
		had.file.path = s->file.path;
	if (folders_have(coming, s->local.path))
		had.local.path = s->local.path;
	if (places_check(s, &had, error, sizeof(error)) != 0)
		buf_printf(problems, "%s\n", error);
}

static void look_at_output(const struct look *l, const struct output_values *o)
{
	unsigned fits = 1U << o->out.type;

	look_at_element(*l, SCOPE_OUTPUT, o->out.feed.name, fits, o);
	for (size_t b = 0; b < o->out.remote.n_backends; b++)
		look_at_element(*l, SCOPE_BACKEND, o->backends[b].url, fits,
			&o->backends[b]);
}

/* systemd gives credentials to the user that it starts. */
static void look_at_credential(const struct look *l)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct buf path = BUF_NULL;
	char user[ACCOUNT_NAME_MAX];

	if (dir == NULL)
		return;
	buf_printf(&path, "%s/hec.token", dir);
	if (access(buf_str(&path), F_OK) != 0 || is_readable(buf_str(&path)))
		buf_clear(&path);
	if (path.len != 0)
		buf_printf(l->notes,
			"%s cannot be read by user %s, so a reload will fail: "
			"have the unit start it as that user (User=)\n",
			buf_str(&path), account_user_name(geteuid(), user));
	buf_deinit(&path);
}

void reach_check(const struct config *c, const char *file,
	const struct folders *coming, struct buf *problems, struct buf *notes)
{
	const struct values *v = &c->memory->values;
	const struct look l = { problems, notes, "" };
	char user[ACCOUNT_NAME_MAX], group_name[ACCOUNT_NAME_MAX];

	if (file != NULL && !is_readable(file))
		buf_printf(notes,
			"%s cannot be read by user %s, so a reload will fail: "
			"chgrp %s and chmod 0640\n",
			file, account_user_name(geteuid(), user),
			account_group_name(getegid(), group_name));
	look_at_scope(&l, SCOPE_TOP, FITS_ALL, &v->main);
	for (size_t i = 0; i < v->n_listeners; i++)
		if (v->listeners[i].listen.address.tls)
			look_at_element(l, SCOPE_LISTENER, v->listeners[i].name,
				FITS_TLS, &v->listeners[i]);
	for (size_t i = 0; i < c->n_outputs; i++) {
		check_places(&c->outputs[i], coming, problems);
		look_at_output(&l, &v->outputs[i]);
	}
	look_at_credential(&l);
}
