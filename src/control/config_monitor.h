/*
 * Config, monitor: the checks of the group `monitor`, and its secrets.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_MONITOR_H
#define TAPFERRY_CONTROL_CONFIG_MONITOR_H

#include "control/memory.h"

/*
 * config_check_monitor() - read the files, tell what is wrong or risky
 *
 * An address that other machines can reach takes a password or a token, or the
 * word of whoever runs it that it needs none.
 * Return: 0 or -ENOMEM.
 */
int config_check_monitor(struct config_memory *m);

/* Wipes and frees the secrets. */
void config_drop_monitor(struct config_memory *m);

#endif
