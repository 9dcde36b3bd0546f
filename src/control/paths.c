#include "control/paths.h"

#include <limits.h>
#include <string.h>

struct visiting {
	path_visit *visit;
	void *arg;
};

static enum fence_use use_of(const struct setting *row)
{
	static const struct {
		enum setting_scope scope;
		const char *key;
		unsigned fits;
		enum fence_use use;
	} uses[] = {
		{ SCOPE_TOP, "pid_file", FITS_ALL, FENCE_USE_REMOVE },
		{ SCOPE_CONTROL, "socket", FITS_ALL, FENCE_USE_SOCKET },
		{ SCOPE_OUTPUT, "path", FITS_SOCKET, FENCE_USE_CONNECT },
		{ SCOPE_OUTPUT, "path", FITS_ALL, FENCE_USE_WRITE },
		{ SCOPE_SPOOL, "path", FITS_ALL, FENCE_USE_FOLDER },
		{ SCOPE_DEAD_LETTER, "path", FITS_ALL, FENCE_USE_WRITE },
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
		if (uses[i].scope == row->scope && uses[i].fits & row->fits &&
			strcmp(uses[i].key, row->key) == 0)
			return uses[i].use;
	return FENCE_USE_READ;
}

static const config_setting_t *member(
	const config_setting_t *group, const char *key)
{
	return group != NULL && config_setting_is_group(group)
		       ? config_setting_get_member(group, key)
		       : NULL;
}

/* @base: the struct that the scope's rows are fields of */
static void visit_scope(const struct visiting *v, const config_setting_t *group,
	enum setting_scope scope, unsigned fits, const void *base)
{
	for (size_t i = 0; i < n_settings; i++) {
		const struct setting *row = &settings[i];
		const char *path;

		if (row->scope != scope || row->type != SETTING_PATH ||
			!(row->fits & fits))
			continue;
		path = *(const char *const *)((const char *)base + row->offset);
		if (path != NULL)
			v->visit(v->arg, member(group, row->key), path,
				use_of(row));
	}
	for (unsigned i = SCOPE_TOP + 1; i < SCOPE_COUNT; i++)
		if (scopes[i].parent == scope && scopes[i].fits & fits &&
			scopes[i].kind == SCOPE_IS_GROUP)
			visit_scope(v, member(group, scopes[i].key),
				scopes[i].id, fits, base);
}

static void visit_listener(const struct visiting *v,
	const config_setting_t *group, const struct listener_values *l)
{
	const struct address *a = &l->listen.address;

	if (a->len != 0 && address_is_unix(a))
		v->visit(v->arg, member(group, "address"), a->un.sun_path,
			FENCE_USE_SOCKET);
	visit_scope(
		v, group, SCOPE_LISTENER, tree_fits(group, SCOPE_LISTENER), l);
}

static void visit_output(const struct visiting *v,
	const config_setting_t *group, const struct output_values *o)
{
	const unsigned fits = 1U << o->out.type;
	const config_setting_t *list = member(group, scopes[SCOPE_BACKEND].key);

	visit_scope(v, group, SCOPE_OUTPUT, fits, o);
	if (output_collector(o->out.type) == NULL)
		return;
	for (size_t i = 0; i < o->out.remote.n_backends; i++)
		visit_scope(v, config_setting_get_elem(list, (unsigned)i),
			SCOPE_BACKEND, fits, &o->backends[i]);
}

/* "/a:/b" */
static void visit_list(const struct visiting *v, const config_setting_t *at,
	const char *list, enum fence_use use)
{
	char path[PATH_MAX];

	while (list != NULL && *list != '\0') {
		size_t len = strcspn(list, ":");

		if (len > 0 && len < sizeof(path)) {
			memcpy(path, list, len);
			path[len] = '\0';
			v->visit(v->arg, at, path, use);
		}
		list += len + (list[len] == ':');
	}
}

void paths_visit(const struct values *v, const struct tree *t,
	path_visit *visit, void *arg)
{
	const struct visiting to = { visit, arg };
	const config_setting_t *root = config_root_setting(&t->t);
	const config_setting_t *sandbox =
		member(root, scopes[SCOPE_SANDBOX].key);
	const size_t n_files = tree_files(t);

	for (size_t i = 0; i < n_files; i++)
		visit(arg, NULL, t->t.filenames[i], FENCE_USE_READ);
	visit_list(&to, member(sandbox, "read"), v->main.sandbox.read,
		FENCE_USE_TO_READ);
	visit_list(&to, member(sandbox, "write"), v->main.sandbox.write,
		FENCE_USE_TO_WRITE);
	visit_scope(&to, root, SCOPE_TOP, FITS_ALL, &v->main);
	for (size_t i = 0; i < v->n_listeners; i++)
		visit_listener(&to, values_element(t, SCOPE_LISTENER, i),
			&v->listeners[i]);
	for (size_t i = 0; i < v->n_outputs; i++)
		visit_output(&to, values_element(t, SCOPE_OUTPUT, i),
			&v->outputs[i]);
}
