/*
 * Override: settings from the environment and the command line, put into the
 * tree.
 *
 * What is wrong with one is written to the tree's problems; the result of a
 * function is 0 then all the same, so that one run tells all of it.
 * Return: 0 or -ENOMEM.
 */
#ifndef TAPFERRY_CONTROL_OVERRIDE_H
#define TAPFERRY_CONTROL_OVERRIDE_H

#include "control/config.h"
#include "control/tree.h"

/* One more listener, with that address; named unix, unix2, tcp, ... */
int override_add_listener(struct tree *t, const struct config_addition *a);

/* One more output: "stdout", "file:PATH", "hec:URL" or "http:URL"; named by its
 * type. */
int override_add_output(struct tree *t, const struct config_addition *a);

/*
 * override_apply() - set "outputs.splunk.batch.events" and the like
 *
 * A list's element is named by its name, its index, or `*` for each element
 * that the key fits (an error when there is none, unless the override is
 * ambient).  A list itself ("outputs.splunk.backends") is replaced by one
 * element whose first setting that must be given is the value.
 */
int override_apply(struct tree *t, const struct config_override *o);

#endif
