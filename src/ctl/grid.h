/*
 * Grid: a table for people, its columns as wide as they need to be.
 *
 * A column whose name begins with '>' has its values at the right.  What a
 * peer may have chosen cannot move the cursor: control characters become '?'.
 */
#ifndef TAPFERRY_CTL_GRID_H
#define TAPFERRY_CTL_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { GRID_COLUMNS_MAX = 12 };

struct grid {
	const char *names[GRID_COLUMNS_MAX];
	unsigned columns;
	char **cells; /* owned */
	size_t n;
	unsigned failed;
};

/* @names: separated by '|' */
void grid_init(struct grid *g, const char *names);
void grid_deinit(struct grid *g);

/* The next value; NULL: "-". */
void grid_text(struct grid *g, const char *text);
void grid_number(struct grid *g, uint64_t n);
void grid_format(struct grid *g, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* @width:  of the terminal, longer lines are cut; 0: any */
void grid_print(const struct grid *g, size_t width, struct buf *out);

/* Text as a terminal may be shown it. */
void grid_clean(char *text);

#endif
