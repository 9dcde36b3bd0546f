/*
 * Memory: what a config owns, and what --print-config needs to know.
 */
#ifndef TAPFERRY_CONTROL_MEMORY_H
#define TAPFERRY_CONTROL_MEMORY_H

#include "control/tree.h"
#include "control/values.h"

struct config_memory {
	struct tree tree;
	struct values values;
	struct listener_settings *listeners; /* the intake's */
	struct output_settings *outputs;
	char **secrets; /* those from files, n of them */
	size_t n_secrets;
	char *monitor_password, *monitor_token; /* from files; secret */
	char *host;
	char pid[24]; /* ours, as text */
	struct buf notes;
};

/* What is allowed but deserves a word about that setting. */
void config_note(
	struct config_memory *m, const config_setting_t *s, const char *text);

#endif
