#include "control/settings.h"

#include <string.h>

enum { KEY_MAX = 40 };

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment over three rows of the matrix. */
unsigned text_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned rows[3][KEY_MAX + 1];

	if (la > KEY_MAX || lb > KEY_MAX)
		return KEY_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *now = rows[i % 3], *last = rows[(i - 1) % 3];
		const unsigned *before = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned change = a[i - 1] != b[j - 1];

			now[j] = min2(min2(last[j], now[j - 1]) + 1,
				last[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1])
				now[j] = min2(now[j], before[j - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

/* "outputs[].batch." */
static void scope_path(enum setting_scope scope, struct buf *out)
{
	const struct scope *s = &scopes[scope];

	if (scope == SCOPE_TOP)
		return;
	scope_path(s->parent, out);
	buf_printf(out, "%s%s.", s->key, s->kind == SCOPE_IS_LIST ? "[]" : "");
}

bool setting_nearest(enum setting_scope scope, const char *key, unsigned fits,
	struct buf *nearest)
{
	unsigned len = (unsigned)strnlen(key, 12);
	unsigned best = len < 6 ? 2 : len / 3 + 1, d;
	const char *name = NULL;

	for (size_t i = 0; i < n_settings; i++) {
		const struct setting *s = &settings[i];

		if (s->scope != scope || !(s->fits & fits))
			continue;
		d = text_distance(s->key, key);
		if (d < best) {
			best = d;
			name = s->key;
		}
	}
	for (unsigned i = SCOPE_TOP + 1; i < SCOPE_COUNT; i++) {
		const struct scope *s = &scopes[i];

		if (s->parent != scope || !(s->fits & fits))
			continue;
		d = text_distance(s->key, key);
		if (d < best) {
			best = d;
			name = s->key;
		}
	}
	if (name != NULL) {
		buf_add_str(nearest, name);
		return true;
	}
	/* spelt right, but in the wrong place */
	for (size_t i = 0; i < n_settings; i++) {
		if (strcmp(settings[i].key, key) == 0) {
			scope_path(settings[i].scope, nearest);
			buf_add_str(nearest, key);
			return true;
		}
	}
	return false;
}
