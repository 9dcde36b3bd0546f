#include "control/override.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where an override is on its way down the tree. */
struct walk {
	struct tree *t;
	const struct config_override *o;
	bool each;        /* a `*` was passed: what does not fit is left out */
	unsigned applied; /* how many settings were set */
};

static void problem(const struct walk *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void problem(const struct walk *w, const char *format, ...)
{
	va_list ap;

	buf_printf(w->t->problems, "%s: %s: ", w->o->origin, w->o->path);
	va_start(ap, format);
	buf_vprintf(w->t->problems, format, ap);
	va_end(ap);
	buf_add_str(w->t->problems, "\n");
}

/* The origin is lent, libconfig only hands the pointer back. */
static config_setting_t *add(
	config_setting_t *parent, const char *key, int type, const char *origin)
{
	config_setting_t *s = config_setting_add(parent, key, type);

	if (s != NULL)
		config_setting_set_hook(s, (void *)origin);
	return s;
}

static int set_text(config_setting_t *group, const char *key, const char *value,
	const char *origin)
{
	config_setting_t *s;

	config_setting_remove(group, key);
	s = add(group, key, CONFIG_TYPE_STRING, origin);
	return s != NULL && config_setting_set_string(s, value) ? 0 : -ENOMEM;
}

/* An element's name that no other element of the list has. */
static void unique_name(
	const config_setting_t *list, const char *base, char name[64])
{
	const char *other;

	snprintf(name, 64, "%s", base);
	for (int i = 0, n = 2; i < config_setting_length(list); i++) {
		config_setting_t *e =
			config_setting_get_elem(list, (unsigned)i);

		if (config_setting_is_group(e) &&
			config_setting_lookup_string(e, "name", &other) &&
			strcmp(other, name) == 0) {
			snprintf(name, 64, "%s%d", base, n++);
			i = -1; /* that one may be taken as well */
		}
	}
}

/*
 * Adds a group to a top level list.  *element is NULL when the file has
 * something else of that name, which the checks will tell.
 */
static int add_element(struct tree *t, const char *key, const char *base,
	const char *origin, config_setting_t **element)
{
	config_setting_t *root = config_root_setting(&t->t);
	config_setting_t *list = config_setting_get_member(root, key);
	char name[64];

	*element = NULL;
	if (list == NULL)
		list = add(root, key, CONFIG_TYPE_LIST, origin);
	if (list == NULL)
		return -ENOMEM;
	if (!config_setting_is_list(list))
		return 0;
	unique_name(list, base, name);
	*element = add(list, NULL, CONFIG_TYPE_GROUP, origin);
	if (*element == NULL)
		return -ENOMEM;
	return set_text(*element, "name", name, origin);
}

int override_add_listener(struct tree *t, const struct config_addition *a)
{
	config_setting_t *e;
	int r = add_element(t, "listeners",
		strncmp(a->text, "tcp:", 4) == 0   ? "tcp"
		: strncmp(a->text, "tls:", 4) == 0 ? "tls"
						   : "unix",
		a->origin, &e);

	if (r == 0 && e != NULL)
		r = set_text(e, "address", a->text, a->origin);
	return r;
}

static int set_backend(
	config_setting_t *output, const char *url, const char *origin)
{
	config_setting_t *list, *e = NULL;

	config_setting_remove(output, "backends");
	list = add(output, "backends", CONFIG_TYPE_LIST, origin);
	if (list != NULL)
		e = add(list, NULL, CONFIG_TYPE_GROUP, origin);
	return e != NULL ? set_text(e, "url", url, origin) : -ENOMEM;
}

/* "hec" of "hec:URL"; NULL: no product is called so. */
static const char *product_of(const char *text, const char *colon)
{
	for (unsigned i = 0; colon != NULL && i < COLLECTOR_COUNT; i++)
		if (strlen(collector_names[i]) == (size_t)(colon - text) &&
			memcmp(collector_names[i], text,
				(size_t)(colon - text)) == 0)
			return collector_names[i];
	return NULL;
}

/* "file" of "file:PATH"; NULL: nothing that has a path. */
static const char *file_of(const char *text)
{
	static const char *const types[] = { "file", "pipe", "socket" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t len = strlen(types[i]);

		if (strncmp(text, types[i], len) == 0 && text[len] == ':')
			return types[i];
	}
	return NULL;
}

int override_add_output(struct tree *t, const struct config_addition *a)
{
#define WITH_URL(id, name) ", " #name ":URL"
	static const char allowed[] =
		"stdout, file:PATH, pipe:PATH, socket:PATH" COLLECTORS(
			WITH_URL, );
#undef WITH_URL
	const char *rest = strchr(a->text, ':');
	const char *file = file_of(a->text);
	const char *product = file != NULL ? NULL : product_of(a->text, rest);
	const char *type = file != NULL      ? file
			   : product != NULL ? product
					     : "stdout";
	config_setting_t *e;
	int r;

	if (strcmp(a->text, "stdout") != 0 &&
		((file == NULL && product == NULL) || rest[1] == '\0')) {
		buf_printf(t->problems,
			"%s: \"%s\" is no output (allowed: %s)\n", a->origin,
			a->text, allowed);
		return -EINVAL; /* no more about outputs that are missing */
	}
	r = add_element(t, "outputs", type, a->origin, &e);
	if (r != 0 || e == NULL)
		return r;
	r = set_text(e, "type", type, a->origin);
	if (r == 0 && file != NULL)
		r = set_text(e, "path", rest + 1, a->origin);
	if (r == 0 && product != NULL)
		r = set_backend(e, rest + 1, a->origin);
	return r;
}

/* Of a secret and its file, what was said last is meant. */
static void forget_other_secret(config_setting_t *output, const char *key)
{
	static const char *const pairs[][2] = { { "token", "token_file" },
		{ "password", "password_file" } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (size_t side = 0; side < 2; side++)
			if (strcmp(key, pairs[i][side]) == 0)
				config_setting_remove(
					output, pairs[i][1 - side]);
}

static void unknown(const struct walk *w, enum setting_scope scope,
	const char *key, unsigned fits)
{
	struct buf near = BUF_NULL;

	if (setting_find(scope, key, FITS_ALL) != NULL ||
		scope_find(scope, key, FITS_ALL) != NULL) {
		if (!w->each)
			problem(w, "%s of this type has no setting %s",
				scope == SCOPE_LISTENER ? "a listener"
							: "an output",
				key);
		return;
	}
	if (setting_nearest(scope, key, fits, &near))
		problem(w, "there is no setting %s (did you mean %s?)", key,
			buf_str(&near));
	else
		problem(w, "there is no setting %s", key);
	buf_deinit(&near);
}

static int set_last(struct walk *w, config_setting_t *group,
	enum setting_scope scope, const char *key, unsigned fits)
{
	const struct scope *child = scope_find(scope, key, fits);
	int r = 0;

	if (setting_find(scope, key, fits) != NULL) {
		r = set_text(group, key, w->o->value, w->o->origin);
		if (scope == SCOPE_OUTPUT)
			forget_other_secret(group, key);
		w->applied++;
	} else if (child != NULL && child->id == SCOPE_BACKEND) {
		r = set_backend(group, w->o->value, w->o->origin);
		w->applied++;
	} else if (child != NULL) {
		problem(w, "is a %s, set one of its settings: %s.%s",
			child->kind == SCOPE_IS_LIST ? "list" : "group",
			w->o->path,
			child->kind == SCOPE_IS_LIST ? "NAME.KEY" : "KEY");
	} else {
		unknown(w, scope, key, fits);
	}
	return r;
}

static int descend(struct walk *w, config_setting_t *group,
	enum setting_scope scope, const char *rest, unsigned fits);

/* "*" is all of them, "*:TYPE" all of that type. */
static bool selected(const config_setting_t *e, int index, const char *selector)
{
	const char *name;
	char *end;

	if (strcmp(selector, "*") == 0)
		return true;
	if (strncmp(selector, "*:", 2) == 0)
		return config_setting_lookup_string(e, "type", &name) &&
		       strcasecmp(name, selector + 2) == 0;
	if (config_setting_lookup_string(e, "name", &name) &&
		strcmp(name, selector) == 0)
		return true;
	return *selector != '\0' && strtol(selector, &end, 10) == index &&
	       *end == '\0';
}

static void no_element(const struct walk *w, const config_setting_t *list,
	const struct scope *scope, const char *selector)
{
	struct buf have = BUF_NULL;
	const char *name;

	for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
		config_setting_t *e =
			config_setting_get_elem(list, (unsigned)i);

		buf_add_str(&have, i == 0 ? "" : ", ");
		if (config_setting_is_group(e) &&
			config_setting_lookup_string(e, "name", &name))
			buf_add_str(&have, name);
		else
			buf_printf(&have, "%d", i);
	}
	problem(w, "%s has no element %s (it has: %s)", scope->key, selector,
		have.len != 0 ? buf_str(&have) : "none");
	buf_deinit(&have);
}

static int descend_list(struct walk *w, config_setting_t *list,
	const struct scope *scope, const char *rest, unsigned fits)
{
	size_t len = strcspn(rest, ".");
	char selector[80];
	unsigned found = 0;
	int r = 0;

	if (rest[len] == '\0') {
		problem(w, "names an element of %s, not a setting of it",
			scope->key);
		return 0;
	}
	snprintf(selector, sizeof(selector), "%.*s", (int)len, rest);
	if (*selector == '*')
		w->each = true;
	for (int i = 0;
		list != NULL && r == 0 && i < config_setting_length(list);
		i++) {
		config_setting_t *e =
			config_setting_get_elem(list, (unsigned)i);

		if (!config_setting_is_group(e) || !selected(e, i, selector))
			continue;
		found++;
		r = descend(w, e, scope->id, rest + len + 1,
			scopes[scope->id].parent == SCOPE_TOP
				? tree_fits(e, scope->id)
				: fits);
	}
	if (found == 0 && !w->each)
		no_element(w, list, scope, selector);
	return r;
}

/* Sets what `rest` names below `group`. */
static int descend(struct walk *w, config_setting_t *group,
	enum setting_scope scope, const char *rest, unsigned fits)
{
	size_t len = strcspn(rest, ".");
	const struct scope *child;
	config_setting_t *member;
	char key[80];

	snprintf(key, sizeof(key), "%.*s", (int)len, rest);
	if (rest[len] == '\0')
		return set_last(w, group, scope, key, fits);
	child = scope_find(scope, key, fits);
	if (child == NULL) {
		if (setting_find(scope, key, fits) != NULL)
			problem(w, "%s is no group", key);
		else
			unknown(w, scope, key, fits);
		return 0;
	}
	member = config_setting_get_member(group, key);
	rest += len + 1;
	if (child->kind == SCOPE_IS_LIST) {
		if (member != NULL && !config_setting_is_list(member))
			return 0; /* the checks will tell */
		return descend_list(w, member, child, rest, fits);
	}
	if (member == NULL)
		member = add(group, key, CONFIG_TYPE_GROUP, w->o->origin);
	if (member == NULL)
		return -ENOMEM;
	if (!config_setting_is_group(member))
		return 0; /* the checks will tell */
	return descend(w, member, child->id, rest, fits);
}

int override_apply(struct tree *t, const struct config_override *o)
{
	struct walk w = { .t = t, .o = o };
	size_t before = t->problems->len;
	int r = descend(
		&w, config_root_setting(&t->t), SCOPE_TOP, o->path, FITS_ALL);

	if (r == 0 && w.each && w.applied == 0 && !o->ambient &&
		t->problems->len == before)
		problem(&w, "no listener or output takes it");
	return r;
}
