/*
 * Config access: how outputs and their backends prove who they are, as the
 * configuration says it and the files it names.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_ACCESS_H
#define TAPFERRY_CONTROL_CONFIG_ACCESS_H

#include "control/memory.h"

/*
 * config_check_access() - of all outputs: problems are told, secrets in files
 * are read, risks are noted
 * Return: 0 or -ENOMEM.
 */
int config_check_access(struct config_memory *m);

/* Clears and frees the secrets. */
void config_drop_access(struct config_memory *m);

#endif
