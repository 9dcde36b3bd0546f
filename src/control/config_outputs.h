/*
 * Config, outputs: the checks of outputs, each for itself and each beside the
 * others; how they prove who they are is config_access.h's.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_OUTPUTS_H
#define TAPFERRY_CONTROL_CONFIG_OUTPUTS_H

#include "control/memory.h"

/* Problems are told. */
void config_check_outputs(struct config_memory *m);

#endif
