#include "ctl/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* names are literals: kept, and where each ends is looked up */
static size_t name_length(const char *name)
{
	return strcspn(name, "|");
}

void grid_init(struct grid *g, const char *names)
{
	*g = (struct grid){ 0 };
	while (g->columns < GRID_COLUMNS_MAX) {
		g->names[g->columns++] = names;
		names += name_length(names);
		if (*names++ == '\0')
			break;
	}
}

void grid_deinit(struct grid *g)
{
	while (g->n > 0)
		free(g->cells[--g->n]);
	free(g->cells);
	*g = (struct grid){ 0 };
}

void grid_clean(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		/* C1, as UTF-8 has them */
		if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = '?';
	}
}

void grid_text(struct grid *g, const char *text)
{
	char **more = realloc(g->cells, (g->n + 1) * sizeof(*more));
	char *copy = strdup(text != NULL ? text : "-");

	if (more != NULL)
		g->cells = more;
	if (more == NULL || copy == NULL) {
		free(copy);
		g->failed = 1;
		return;
	}
	grid_clean(copy);
	g->cells[g->n++] = copy;
}

void grid_number(struct grid *g, uint64_t n)
{
	grid_format(g, "%llu", (unsigned long long)n);
}

void grid_format(struct grid *g, const char *format, ...)
{
	struct buf text = BUF_NULL;
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	grid_text(g, buf_str(&text));
	buf_deinit(&text);
}

/* Characters, not octets. */
static size_t width_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static void print_cell(struct buf *line, const char *text, size_t len,
	size_t width, int right, int last)
{
	size_t own = width_of(text, len);
	int pad = own < width ? (int)(width - own) : 0;

	if (right)
		buf_printf(line, "%*s", pad, "");
	buf_add(line, text, len);
	if (!right && !last)
		buf_printf(line, "%*s", pad, "");
	if (!last)
		buf_add_str(line, "  ");
}

static void print_line(const struct buf *line, size_t width, struct buf *out)
{
	size_t len = line->len;

	while (width != 0 && width_of(line->data, len) > width)
		len--;
	buf_add(out, buf_str(line), len);
	buf_add_str(out, "\n");
}

void grid_print(const struct grid *g, size_t width, struct buf *out)
{
	size_t widths[GRID_COLUMNS_MAX], rows = g->n / g->columns;

	for (unsigned c = 0; c < g->columns; c++) {
		widths[c] = name_length(g->names[c]) - (*g->names[c] == '>');
		for (size_t r = 0; r < rows; r++) {
			const char *cell = g->cells[r * g->columns + c];
			size_t w = width_of(cell, strlen(cell));

			if (w > widths[c])
				widths[c] = w;
		}
	}
	for (size_t r = 0; r <= rows; r++) {
		struct buf line = BUF_NULL;

		for (unsigned c = 0; c < g->columns; c++) {
			int right = *g->names[c] == '>';
			const char *text =
				r == 0 ? g->names[c] + right
				       : g->cells[(r - 1) * g->columns + c];

			print_cell(&line, text,
				r == 0 ? name_length(text) : strlen(text),
				widths[c], right, c + 1 == g->columns);
		}
		print_line(&line, width, out);
		buf_deinit(&line);
	}
}
