/*
 * Readiness: would an event that came now have somewhere to go?
 *
 * Ready: the daemon listens and does not drain, and each output can deliver
 * (it writes to a file, or one of its backends is usable) or keep (its spool
 * has room).
 */
#ifndef TAPFERRY_MONITOR_READINESS_H
#define TAPFERRY_MONITOR_READINESS_H

#include "monitor/snapshot.h"

bool readiness_is_ready(const struct snapshot *s);

/* A line for each thing that is in the way; nothing when ready. */
void readiness_explain(const struct snapshot *s, struct buf *out);

#endif
