/*
 * Config, process: who it becomes.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_PROCESS_H
#define TAPFERRY_CONTROL_CONFIG_PROCESS_H

#include "control/memory.h"

/* Do the settings fit together?  Problems go to the tree's. */
void config_check_process(struct config_memory *m);

#endif
