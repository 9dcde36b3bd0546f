/*
 * Config, listeners: the checks of listeners, each for itself and each beside
 * the others.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_LISTENERS_H
#define TAPFERRY_CONTROL_CONFIG_LISTENERS_H

#include "control/memory.h"

/*
 * config_check_listeners() - problems are told, risks are noted
 *
 * Reads the files of TLS, as the start will.
 * Return: 0 or -ENOMEM.
 */
int config_check_listeners(struct config_memory *m);

#endif
