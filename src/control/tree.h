/*
 * Tree: what the file, the environment and the command line say, merged, and
 * where each piece of it comes from.
 *
 * A libconfig tree: overrides and added elements become settings in it whose
 * hook is their origin ("command line --listen").
 */
#ifndef TAPFERRY_CONTROL_TREE_H
#define TAPFERRY_CONTROL_TREE_H

#include <libconfig.h>

#include "base/buf.h"
#include "control/config.h"
#include "control/settings.h"

struct tree {
	config_t t;
	const char *file;     /* for messages, when a setting has none */
	struct buf *problems; /* a line each; lent */
};

/* Start from this, so that deinit is always safe. */
void tree_init(struct tree *t, struct buf *problems);
void tree_deinit(struct tree *t);

/*
 * tree_merge() - file, then added listeners and outputs, then overrides
 *
 * The source's strings must outlive the tree.
 * Return: 0, -EINVAL with problems written, or -ENOMEM.
 */
int tree_merge(struct tree *t, const struct config_source *source);

/*
 * How many files t->t.filenames has: all that were read, those with comments
 * alone too.
 */
size_t tree_files(const struct tree *t);

/* "FILE:LINE", or the hook of s or of the nearest group around it. */
void tree_origin(
	const struct tree *t, const config_setting_t *s, struct buf *out);

/* "outputs.splunk.batch.bytes"; elements without a name by their index. */
void tree_path(const config_setting_t *s, struct buf *out);

/*
 * tree_problem() - write "ORIGIN: PATH[.key]: text"
 * @s:    what it is about; NULL: the file as a whole
 * @key:  a member that s lacks, or NULL
 */
void tree_problem(struct tree *t, const config_setting_t *s, const char *key,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * tree_value() - a scalar as setting_parse() takes it
 * @number:  scratch for those that are no text
 *
 * Return: the text (lent), or NULL when s is of a kind that this type does not
 * take (@why says what it takes).
 */
const char *tree_value(const struct tree *t, const config_setting_t *s,
	enum setting_type type, char number[32], const char **why);

/*
 * What an element of `listeners` or `outputs` is, as FITS_*: one of them, or
 * FITS_ALL when it is unclear.
 */
unsigned tree_fits(const config_setting_t *element, enum setting_scope list);

#endif
