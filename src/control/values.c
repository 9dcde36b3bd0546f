#include "control/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const config_setting_t *values_element(
	const struct tree *t, enum setting_scope list, size_t i)
{
	const config_setting_t *s = config_setting_get_member(
		config_root_setting(&t->t), scopes[list].key);

	return config_setting_get_elem(s, (unsigned)i);
}

/* [ "a", "b" ] or ( "a", "b" ) as "a, b".  Return: false: not of texts. */
static bool join_texts(
	const config_setting_t *list, const char *between, struct buf *joined)
{
	for (int i = 0; i < config_setting_length(list); i++) {
		const char *text = config_setting_get_string_elem(list, i);

		if (text == NULL)
			return false;
		buf_printf(joined, "%s%s", i == 0 ? "" : between, text);
	}
	return true;
}

static void read_value(struct tree *t, const config_setting_t *s,
	const struct setting *row, void *base)
{
	struct buf why = BUF_NULL, joined = BUF_NULL;
	const char *kind = "";
	char number[32];
	int r = 0;
	const char *text = tree_value(t, s, row->type, number, &kind);

	if ((row->type == SETTING_NETWORKS || row->type == SETTING_HEADERS) &&
		config_setting_is_aggregate(s) && !config_setting_is_group(s) &&
		join_texts(
			s, row->type == SETTING_HEADERS ? "\n" : ", ", &joined))
		text = buf_str(&joined);
	if (text == NULL)
		tree_problem(t, s, NULL, "%s", kind);
	else if (!buf_failed(&joined))
		r = setting_parse(row, text, base, &why);
	if (r == -EINVAL)
		tree_problem(t, s, NULL, "%s", buf_str(&why));
	else if (r == -ENOMEM || buf_failed(&joined))
		t->problems->failed = true; /* there may be one untold */
	buf_deinit(&why);
	buf_deinit(&joined);
}

static void read_default(struct tree *t, const config_setting_t *group,
	const struct setting *row, void *base, unsigned fits)
{
	struct buf why = BUF_NULL;

	if (row->def != NULL)
		setting_parse(row, row->def, base, &why);
	else if ((row->fits & fits) == fits) /* not if the type is unclear */
		tree_problem(t, group, row->key, "is missing: %s%s%s%s",
			row->help, *row->allowed ? " (allowed: " : "",
			row->allowed, *row->allowed ? ")" : "");
	buf_deinit(&why);
}

static void unknown_key(struct tree *t, const config_setting_t *s,
	enum setting_scope scope, unsigned fits)
{
	const char *key = config_setting_name(s);
	unsigned owners = setting_fits(scope, key);
	struct buf near = BUF_NULL;

	if (owners != 0)
		tree_problem(t, s, NULL, "belongs to %s only",
			setting_owners(owners));
	else if (setting_nearest(scope, key, fits, &near) ||
		 setting_nearest(scope, key, FITS_ALL, &near))
		tree_problem(t, s, NULL,
			"there is no such setting (did you mean %s?)",
			buf_str(&near));
	else
		tree_problem(t, s, NULL, "there is no such setting");
	buf_deinit(&near);
}

/* @group: NULL when there is none: all defaults */
static void read_group(struct tree *t, const config_setting_t *group,
	enum setting_scope scope, void *base, unsigned fits)
{
	for (size_t i = 0; i < n_settings; i++) {
		const struct setting *row = &settings[i];
		const config_setting_t *s = NULL;

		if (row->scope != scope ||
			row != setting_find(scope, row->key, fits))
			continue;
		if (group != NULL)
			s = config_setting_get_member(group, row->key);
		if (s != NULL)
			read_value(t, s, row, base);
		else
			read_default(t, group, row, base, fits);
	}
	for (unsigned i = SCOPE_TOP + 1; i < SCOPE_COUNT; i++) {
		const config_setting_t *s = NULL;

		if (!scope_is_part(&scopes[i], scope, fits))
			continue;
		if (group != NULL)
			s = config_setting_get_member(group, scopes[i].key);
		if (s != NULL && !config_setting_is_group(s)) {
			tree_problem(t, s, NULL,
				"must be a group: %s = { ... };",
				scopes[i].key);
			s = NULL;
		}
		read_group(t, s, scopes[i].id, base, fits);
	}
	for (int i = 0; group != NULL && i < config_setting_length(group);
		i++) {
		const config_setting_t *s =
			config_setting_get_elem(group, (unsigned)i);
		const char *key = config_setting_name(s);

		if (setting_find(scope, key, fits) == NULL &&
			scope_find(scope, key, fits) == NULL)
			unknown_key(t, s, scope, fits);
	}
}

/*
 * The list of that scope in `group`; its elements are made by the caller.
 * Return: NULL when it is missing, empty or no list.
 */
static const config_setting_t *find_list(struct tree *t,
	const config_setting_t *group, enum setting_scope scope, size_t *n)
{
	const char *key = scopes[scope].key;
	const config_setting_t *list = config_setting_get_member(group, key);

	*n = 0;
	if (list != NULL && !config_setting_is_list(list)) {
		tree_problem(t, list, NULL,
			"must be a list of groups: %s = ( { ... }, { ... } );",
			key);
		return NULL;
	}
	if (list == NULL || config_setting_length(list) == 0) {
		tree_problem(t, list != NULL ? list : group,
			list != NULL ? NULL : key, "there are none: %s",
			scope == SCOPE_LISTENER
				? "name one, listeners = ( { name = \"local\"; "
				  "address = \"unix:/run/tapferry/"
				  "dnstap.sock\"; } );"
			: scope == SCOPE_OUTPUT
				? "name one, outputs = ( { name = \"screen\"; "
				  "type = \"stdout\"; } );"
				: "name one, backends = ( { url = "
				  "\"https://host:8088\"; } );");
		return NULL;
	}
	*n = (size_t)config_setting_length(list);
	return list;
}

static const config_setting_t *find_element(
	struct tree *t, const config_setting_t *list, size_t i)
{
	const config_setting_t *e = config_setting_get_elem(list, (unsigned)i);

	if (config_setting_is_group(e))
		return e;
	tree_problem(t, e, NULL, "must be a group: { ... }");
	return NULL;
}

/* @fits: of the output */
static int read_backends(struct tree *t, const config_setting_t *output,
	struct output_values *o, unsigned fits)
{
	const config_setting_t *list, *e;
	size_t n;

	list = find_list(t, output, SCOPE_BACKEND, &n);
	if (list == NULL)
		return 0;
	o->backends = calloc(n, sizeof(*o->backends));
	if (o->backends == NULL)
		return -ENOMEM;
	o->out.remote.backends = o->backends;
	o->out.remote.n_backends = n;
	for (size_t i = 0; i < n; i++) {
		e = find_element(t, list, i);
		if (e != NULL)
			read_group(t, e, SCOPE_BACKEND, &o->backends[i], fits);
	}
	return 0;
}

int values_read(struct values *v, struct tree *t)
{
	const config_setting_t *root = config_root_setting(&t->t), *list, *e;
	size_t n;
	int r = 0;

	*v = (struct values){ 0 };
	read_group(t, root, SCOPE_TOP, &v->main, FITS_ALL);

	list = find_list(t, root, SCOPE_LISTENER, &n);
	if (list != NULL) {
		v->listeners = calloc(n, sizeof(*v->listeners));
		if (v->listeners == NULL)
			return -ENOMEM;
		v->n_listeners = n;
	}
	for (size_t i = 0; i < v->n_listeners; i++) {
		e = find_element(t, list, i);
		if (e != NULL)
			read_group(t, e, SCOPE_LISTENER, &v->listeners[i],
				tree_fits(e, SCOPE_LISTENER));
	}

	list = find_list(t, root, SCOPE_OUTPUT, &n);
	if (list != NULL) {
		v->outputs = calloc(n, sizeof(*v->outputs));
		if (v->outputs == NULL)
			return -ENOMEM;
		v->n_outputs = n;
	}
	for (size_t i = 0; r == 0 && i < v->n_outputs; i++) {
		unsigned fits;

		e = find_element(t, list, i);
		if (e == NULL)
			continue;
		fits = tree_fits(e, SCOPE_OUTPUT);
		read_group(t, e, SCOPE_OUTPUT, &v->outputs[i], fits);
		if (fits != FITS_ALL && fits & FITS_REMOTE)
			r = read_backends(t, e, &v->outputs[i], fits);
	}
	return r;
}

void values_deinit(struct values *v)
{
	for (size_t i = 0; i < v->n_outputs; i++) {
		struct remote_settings *s = &v->outputs[i].out.remote;

		header_list_deinit(&s->access.headers);
		for (size_t b = 0; b < s->n_backends; b++)
			header_list_deinit(
				&v->outputs[i].backends[b].access.headers);
		free(v->outputs[i].backends);
	}
	free(v->outputs);
	for (size_t i = 0; i < v->n_listeners; i++) {
		cidr_list_deinit(&v->listeners[i].allow);
		cidr_list_deinit(&v->listeners[i].deny);
	}
	free(v->listeners);
	*v = (struct values){ 0 };
}
