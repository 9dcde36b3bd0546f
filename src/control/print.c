#include "control/config.h"

#include <string.h>

#include "control/memory.h"

/* Values begin in this column, comments behind them. */
enum { VALUE_COLUMN = 20, COMMENT_COLUMN = 48 };

static void pad(struct buf *out, size_t line_start, size_t column)
{
	do
		buf_add_str(out, " ");
	while (!buf_failed(out) && out->len - line_start < column);
}

/* As libconfig reads it. */
static void print_text(struct buf *out, const char *text)
{
	buf_add_str(out, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_add_str(out, "\\");
		buf_add(out, text, 1);
	}
	buf_add_str(out, "\"");
}

/* A token that no setting gives and no file named in one. */
static void print_credential(struct buf *out, const config_setting_t *group,
	const struct setting *row, unsigned indent)
{
	if (strcmp(row->key, "token") == 0 &&
		config_setting_get_member(group, "token_file") == NULL)
		buf_printf(out, "%*s# token: systemd credential hec.token\n",
			(int)indent, "");
}

static void print_setting(const struct config_memory *m, struct buf *out,
	const config_setting_t *group, const struct setting *row,
	const void *base, unsigned indent)
{
	const config_setting_t *s = NULL;
	struct buf value = BUF_NULL;
	size_t start = out->len;

	if (group != NULL)
		s = config_setting_get_member(group, row->key);
	setting_format(row, base, &value);
	if ((value.len == 0 && *row->def == '\0') ||
		(setting_secret(row->type) && s == NULL)) {
		/* none, as by default; or a secret from a file */
		if (value.len != 0 && group != NULL)
			print_credential(out, group, row, indent);
		buf_deinit(&value);
		return;
	}
	buf_printf(out, "%*s%s", (int)indent, "", row->key);
	pad(out, start, indent + VALUE_COLUMN);
	buf_add_str(out, "= ");
	if (setting_quoted(row->type) && row->type != SETTING_HEADERS)
		print_text(out, buf_str(&value));
	else
		buf_add_str(out, buf_str(&value));
	buf_add_str(out, ";");
	pad(out, start, COMMENT_COLUMN);
	buf_add_str(out, "# ");
	if (s != NULL)
		tree_origin(&m->tree, s, out);
	else
		buf_add_str(out, "default");
	buf_add_str(out, "\n");
	buf_deinit(&value);
}

static void print_group(const struct config_memory *m, struct buf *out,
	const config_setting_t *group, enum setting_scope scope,
	const void *base, unsigned fits, unsigned indent)
{
	for (size_t i = 0; i < n_settings; i++)
		if (settings[i].scope == scope && settings[i].fits & fits)
			print_setting(
				m, out, group, &settings[i], base, indent);
	for (unsigned i = SCOPE_TOP + 1; i < SCOPE_COUNT; i++) {
		const config_setting_t *s = NULL;

		if (!scope_is_part(&scopes[i], scope, fits))
			continue;
		if (group != NULL)
			s = config_setting_get_member(group, scopes[i].key);
		buf_printf(out, "%*s%s = {\n", (int)indent, "", scopes[i].key);
		print_group(m, out, s, scopes[i].id, base, fits, indent + 2);
		buf_printf(out, "%*s};\n", (int)indent, "");
	}
}

static void print_backends(const struct config_memory *m, struct buf *out,
	const config_setting_t *output, const struct output_values *o)
{
	const config_setting_t *list =
		config_setting_get_member(output, scopes[SCOPE_BACKEND].key);

	buf_printf(out, "    %s = (\n", scopes[SCOPE_BACKEND].key);
	for (size_t i = 0; i < o->out.remote.n_backends; i++) {
		buf_add_str(out, "      {\n");
		print_group(m, out, config_setting_get_elem(list, (unsigned)i),
			SCOPE_BACKEND, &o->backends[i], 1U << o->out.type, 8);
		buf_printf(out, "      }%s\n",
			i + 1 < o->out.remote.n_backends ? "," : "");
	}
	buf_add_str(out, "    );\n");
}

/* What was made of some settings, in front of them all. */
static void print_notes(const struct config *c, struct buf *out)
{
	const char *line = config_notes(c);

	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		buf_printf(out, "# %.*s\n", (int)len, line);
		line += len + 1;
	}
}

void config_print(const struct config *c, struct buf *out)
{
	const struct config_memory *m = c->memory;
	const struct values *v = &m->values;

	print_notes(c, out);
	print_group(m, out, config_root_setting(&m->tree.t), SCOPE_TOP,
		&v->main, FITS_ALL, 0);
	buf_printf(out, "%s = (\n", scopes[SCOPE_LISTENER].key);
	for (size_t i = 0; i < v->n_listeners; i++) {
		const config_setting_t *s =
			values_element(&m->tree, SCOPE_LISTENER, i);

		buf_add_str(out, "  {\n");
		print_group(m, out, s, SCOPE_LISTENER, &v->listeners[i],
			tree_fits(s, SCOPE_LISTENER), 4);
		buf_printf(out, "  }%s\n", i + 1 < v->n_listeners ? "," : "");
	}
	buf_printf(out, ");\n%s = (\n", scopes[SCOPE_OUTPUT].key);
	for (size_t i = 0; i < v->n_outputs; i++) {
		const struct output_values *o = &v->outputs[i];
		const config_setting_t *s =
			values_element(&m->tree, SCOPE_OUTPUT, i);

		buf_add_str(out, "  {\n");
		print_group(m, out, s, SCOPE_OUTPUT, o, 1U << o->out.type, 4);
		if (output_collector(o->out.type) != NULL)
			print_backends(m, out, s, o);
		buf_printf(out, "  }%s\n", i + 1 < v->n_outputs ? "," : "");
	}
	buf_add_str(out, ");\n");
}
