/*
 * Descriptors: as many open files as the limits need.
 */
#ifndef TAPFERRY_CONTROL_DESCRIPTORS_H
#define TAPFERRY_CONTROL_DESCRIPTORS_H

#include "control/config.h"

/*
 * descriptors_fit() - raise the process's limit, else lower ours
 *
 * Raises RLIMIT_NOFILE to what limits.max_connections needs.  Where the system
 * does not allow that, max_connections becomes what it does allow, and a note
 * says so.
 * Thread: main, before anything is opened.
 */
void descriptors_fit(struct config *c);

#endif
