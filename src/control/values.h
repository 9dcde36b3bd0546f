/*
 * Values: a merged tree read into the structs that the table's rows name.
 */
#ifndef TAPFERRY_CONTROL_VALUES_H
#define TAPFERRY_CONTROL_VALUES_H

#include "control/settings.h"
#include "control/tree.h"

struct values {
	struct main_values main;
	struct listener_values *listeners;
	size_t n_listeners;
	struct output_values *outputs; /* with n_backends of out.remote each */
	size_t n_outputs;
};

/*
 * values_read() - check every setting by its row, fill in the defaults
 *
 * Strings are the tree's or the table's.  Problems go to the tree's.  A list
 * has an element for each one in the tree, zeros for one that is no group.
 * Return: 0 or -ENOMEM; values_deinit() is due in both cases.
 */
int values_read(struct values *v, struct tree *t);
void values_deinit(struct values *v);

/* Element i of a top level list, for messages about it. */
const config_setting_t *values_element(
	const struct tree *t, enum setting_scope list, size_t i);

#endif
