/*
 * Paths: every place on disk that a configuration names, and what is done
 * there.
 *
 * They come from the table of settings, so that one that is added to it is not
 * forgotten: a path is taken to be that of a file to read unless paths.c says
 * otherwise.
 */
#ifndef TAPFERRY_CONTROL_PATHS_H
#define TAPFERRY_CONTROL_PATHS_H

#include "control/fence.h"
#include "control/tree.h"
#include "control/values.h"

/* @at: the setting, for messages; NULL: a default, or the file itself */
typedef void path_visit(void *arg, const config_setting_t *at, const char *path,
	enum fence_use use);

/* Once for each; the configuration's own files included.  Thread: main. */
void paths_visit(const struct values *v, const struct tree *t,
	path_visit *visit, void *arg);

#endif
