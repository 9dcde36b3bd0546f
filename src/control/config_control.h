/*
 * Config, control: the checks of the group `control`.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_CONTROL_H
#define TAPFERRY_CONTROL_CONFIG_CONTROL_H

#include "control/memory.h"

void config_check_control(struct config_memory *m);

#endif
