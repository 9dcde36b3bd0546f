/*
 * What the outputs that write lines are asked: pipes, sockets and syslog's
 * fields.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_LINES_H
#define TAPFERRY_CONTROL_CONFIG_LINES_H

#include "control/memory.h"

/* Problems of output i go to the tree's. */
void config_check_lines(struct config_memory *m, size_t i);

/* What "" stands for, where the output writes lines. */
void config_complete_lines(struct config_memory *m, size_t i);

#endif
