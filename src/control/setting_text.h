/*
 * Setting text: how the table writes what a setting may be.  Inside control/
 * only.
 */
#ifndef TAPFERRY_CONTROL_SETTING_TEXT_H
#define TAPFERRY_CONTROL_SETTING_TEXT_H

#include "base/slice.h"
#include "control/settings.h"

/* A word in the place of the number 0, or NULL. */
const char *setting_zero_word(const struct setting *s);

/*
 * The next name of "a|b/c|d" into `name`; *p and *value start at the text and
 * 0. Return: its value, -1 at the end.
 */
int setting_enum_next(const char **p, int *value, struct slice *name);

/* What is wrong with a string of that type, or NULL. */
const char *setting_text_problem(enum setting_type type, const char *text);

/* What is wrong with the URL of a proxy, without a word of it; or NULL. */
const char *setting_proxy_problem(const char *text);

#endif
