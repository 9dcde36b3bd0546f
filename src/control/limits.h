/*
 * Limits: the settings within what the system allows.
 */
#ifndef TAPFERRY_CONTROL_LIMITS_H
#define TAPFERRY_CONTROL_LIMITS_H

#include "control/config.h"

/*
 * limits_fit() - raise the process's limits, else lower ours
 *
 * Raises RLIMIT_NOFILE to what limits.max_connections needs.  Where the system
 * does not allow that, max_connections becomes what it does allow; a listener's
 * backlog becomes what net.core.somaxconn allows.  Each is told in a note.
 * Thread: main, before anything is opened.
 */
void limits_fit(struct config *c);

#endif
