#include "control/tree.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "control/override.h"
#include "control/sandbox.h"

void tree_init(struct tree *t, struct buf *problems)
{
	*t = (struct tree){ .file = "command line", .problems = problems };
	config_init(&t->t);
}

void tree_deinit(struct tree *t)
{
	config_destroy(&t->t);
}

void tree_origin(
	const struct tree *t, const config_setting_t *s, struct buf *out)
{
	for (; s != NULL; s = config_setting_parent(s)) {
		if (config_setting_get_hook(s) != NULL) {
			buf_add_str(out, config_setting_get_hook(s));
			return;
		}
		if (config_setting_source_line(s) != 0) {
			const char *file = config_setting_source_file(s);

			buf_printf(out, "%s:%u", file != NULL ? file : t->file,
				(unsigned)config_setting_source_line(s));
			return;
		}
	}
	buf_add_str(out, t->file);
}

void tree_path(const config_setting_t *s, struct buf *out)
{
	const char *name = NULL;

	if (s == NULL || config_setting_is_root(s))
		return;
	if (!config_setting_is_root(config_setting_parent(s))) {
		tree_path(config_setting_parent(s), out);
		buf_add_str(out, ".");
	}
	if (config_setting_name(s) != NULL)
		buf_add_str(out, config_setting_name(s));
	else if (config_setting_is_group(s) &&
		 config_setting_lookup_string(s, "name", &name) && *name)
		buf_add_str(out, name);
	else
		buf_printf(out, "%d", config_setting_index(s));
}

void tree_problem(struct tree *t, const config_setting_t *s, const char *key,
	const char *format, ...)
{
	struct buf path = BUF_NULL;
	va_list ap;

	tree_origin(t, s, t->problems);
	tree_path(s, &path);
	if (key != NULL)
		buf_printf(&path, "%s%s", path.len != 0 ? "." : "", key);
	buf_printf(t->problems, ": %s%s", buf_str(&path),
		path.len != 0 ? ": " : "");
	va_start(ap, format);
	buf_vprintf(t->problems, format, ap);
	va_end(ap);
	buf_add_str(t->problems, "\n");
	buf_deinit(&path);
}

/* Is there a number in the text that `int` makes that value of? */
static bool has_wrapped(const char *text, int value)
{
	char *end;

	for (const char *p = text; *p != '\0'; p = end) {
		unsigned long long n;

		end = (char *)p + 1;
		if (!isdigit((unsigned char)*p))
			continue;
		n = strtoull(p, &end, p[1] == 'x' || p[1] == 'X' ? 16 : 10);
		if (n > INT32_MAX && (int)(uint32_t)n == value && *end != 'L')
			return true;
	}
	return false;
}

/*
 * libconfig before 1.7 cuts a number that is too large for an int to its lower
 * 32 bits and says nothing: look at the line again.
 */
static bool is_wrapped(const struct tree *t, const config_setting_t *s)
{
	const char *name = config_setting_source_file(s);
	unsigned last = config_setting_source_line(s);
	bool found = false;
	char *line = NULL;
	size_t cap = 0;
	FILE *f;

	if (config_setting_type(s) != CONFIG_TYPE_INT || last == 0)
		return false;
	f = fopen(name != NULL ? name : t->file, "re");
	if (f == NULL)
		return false;
	for (unsigned i = 1; i <= last && getline(&line, &cap, f) >= 0; i++)
		found = i == last &&
			has_wrapped(line, config_setting_get_int(s));
	free(line);
	fclose(f);
	return found;
}

const char *tree_value(const struct tree *t, const config_setting_t *s,
	enum setting_type type, char number[32], const char **why)
{
	bool counts = type == SETTING_INT || type == SETTING_SIZE ||
		      type == SETTING_DURATION;
	bool override = config_setting_get_hook(s) != NULL;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		if (setting_quoted(type) || override)
			return config_setting_get_string(s);
		break;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		if (!counts)
			break;
		if (is_wrapped(t, s)) {
			*why = type == SETTING_SIZE
				       ? "is too large a number: write it in "
					 "quotes with a unit, such as \"4GiB\""
				       : "is too large a number";
			return NULL;
		}
		snprintf(number, 32, "%lld", config_setting_get_int64(s));
		return number;
	case CONFIG_TYPE_BOOL:
		if (type == SETTING_BOOL || type == SETTING_ENUM)
			return config_setting_get_bool(s) ? "true" : "false";
		break;
	}
	switch (type) {
	case SETTING_INT:
		*why = "must be a whole number without quotes";
		break;
	case SETTING_BOOL:
		*why = "must be true or false, without quotes";
		break;
	case SETTING_DURATION:
		*why = "must be a duration in quotes, such as \"500ms\"";
		break;
	case SETTING_SIZE:
		*why = "must be a size in quotes, such as \"64KiB\"";
		break;
	case SETTING_MODE:
		*why = "must be an octal mode in quotes, such as \"0660\"";
		break;
	case SETTING_NETWORKS:
		*why = "must be a list of networks in quotes, such as "
		       "[\"192.0.2.0/24\", \"2001:db8::/32\"]";
		break;
	case SETTING_HEADERS:
		*why = "must be a list of headers in quotes, such as "
		       "[\"X-Scope-OrgID: dns\"]";
		break;
	default:
		*why = "must be a text in quotes";
		break;
	}
	return NULL;
}

unsigned tree_fits(const config_setting_t *element, enum setting_scope list)
{
	struct output_values output = { 0 };
	struct address address;
	struct buf why = BUF_NULL;
	const char *text;
	unsigned fits = FITS_ALL;

	if (!config_setting_is_group(element))
		return FITS_ALL;
	if (list == SCOPE_LISTENER) {
		if (config_setting_lookup_string(element, "address", &text) &&
			address_parse(&address, text) == 0)
			fits = address_is_unix(&address) ? FITS_UNIX
			       : address.tls             ? FITS_TLS
							 : FITS_CLEAR;
	} else if (config_setting_lookup_string(element, "type", &text) &&
		   setting_parse(setting_find(list, "type", FITS_ALL), text,
			   &output, &why) == 0) {
		fits = 1U << output.out.type;
	}
	buf_deinit(&why);
	return fits;
}

/* libconfig's scanner ends the process when it is given a directory. */
static int check_readable(struct tree *t)
{
	struct stat st;
	FILE *f = fopen(t->file, "re");
	int r = f == NULL ? errno : 0;

	if (f != NULL) {
		if (fstat(fileno(f), &st) != 0)
			r = errno;
		else if (S_ISDIR(st.st_mode))
			r = EISDIR;
		fclose(f);
	}
	if (r == 0)
		return 0;
	buf_printf(t->problems, "%s: cannot be read: %s", t->file, strerror(r));
	if (r == ENOENT)
		buf_add_str(t->problems,
			" (write one, name another with -c FILE, or run "
			"without any: --listen ADDRESS --output stdout)");
	buf_add_str(t->problems, "\n");
	return -EINVAL;
}

/*
 * @include names are relative to the file's directory.  libconfig before 1.7
 * puts that in front of absolute names too, hence the second try without.
 */
static bool read_file(struct tree *t)
{
	const char *slash = strrchr(t->file, '/');
	char *dir = slash != NULL ? strndup(t->file, (size_t)(slash - t->file))
				  : strdup(".");
	bool done;

	config_set_include_dir(&t->t, slash == t->file ? "/" : dir);
	free(dir);
	done = config_read_file(&t->t, t->file) == CONFIG_TRUE;
	if (!done && strstr(config_error_text(&t->t), "include") != NULL) {
		config_destroy(&t->t);
		config_init(&t->t);
		done = config_read_file(&t->t, t->file) == CONFIG_TRUE;
	}
	return done;
}

size_t tree_files(const struct tree *t)
{
	size_t n = 0;

#ifdef HAVE_CONFIG_T_NUM_FILENAMES /* libconfig before 1.7 */
	n = t->t.num_filenames;
#else
	while (t->t.filenames != NULL && t->t.filenames[n] != NULL)
		n++;
#endif
	return n;
}

static const char cannot_include[] = "cannot open include";

/* Adds the name that @include has in that line. */
static void add_included(struct buf *out, const char *file, int last)
{
	FILE *f = fopen(file, "re");
	char *line = NULL, *name = NULL;
	size_t cap = 0;

	for (int i = 1; f != NULL && i <= last; i++)
		if (getline(&line, &cap, f) < 0)
			break;
		else if (i == last)
			name = strstr(line, "@include");
	name = name != NULL ? strchr(name, '"') : NULL;
	if (name != NULL)
		buf_printf(
			out, " %.*s", (int)strcspn(name + 1, "\"\n"), name + 1);
	free(line);
	if (f != NULL)
		fclose(f);
}

/* What mostly is behind an error of libconfig's. */
static const char *hint(const char *error)
{
	if (strcmp(error, "syntax error") == 0)
		return " (a ';' missing at the end of the line before, a '}' "
		       "or ')' missing, a ',' after the last element, [ ] "
		       "around groups instead of ( ), or a text without its "
		       "closing quote?)";
	if (strstr(error, "duplicate") != NULL)
		return ": the key of this line was given before, keep one";
	if (strstr(error, cannot_include) != NULL)
		return sandbox_fenced()
			       ? ": check that it exists and can be read (or "
				 "let it in by sandbox.read, and restart)"
			       : ": check that it exists and can be read";
	return "";
}

static int tree_read(struct tree *t, const struct config_source *source)
{
	const char *file, *error;
	int r;

	if (source->text != NULL) {
		t->file = source->file != NULL ? source->file : "text";
		if (config_read_string(&t->t, source->text) == CONFIG_TRUE)
			return 0;
	} else if (source->file != NULL) {
		t->file = source->file;
		r = check_readable(t);
		if (r != 0)
			return r;
		if (read_file(t))
			return 0;
	} else {
		return 0;
	}
	file = config_error_file(&t->t);
	file = file != NULL ? file : t->file;
	error = config_error_text(&t->t);
	buf_printf(t->problems, "%s:%d: %s", file, config_error_line(&t->t),
		error);
	if (strstr(error, cannot_include) != NULL)
		add_included(t->problems, file, config_error_line(&t->t));
	buf_printf(t->problems, "%s\n", hint(error));
	return -EINVAL;
}

int tree_merge(struct tree *t, const struct config_source *source)
{
	int r = tree_read(t, source);

	for (size_t i = 0; r == 0 && i < source->n_listeners; i++)
		r = override_add_listener(t, &source->listeners[i]);
	for (size_t i = 0; r == 0 && i < source->n_outputs; i++)
		r = override_add_output(t, &source->outputs[i]);
	for (size_t i = 0; r == 0 && i < source->n_overrides; i++)
		r = override_apply(t, &source->overrides[i]);
	return r;
}
