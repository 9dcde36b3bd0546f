/*
 * Status: a snapshot as JSON, for GET /status and GET /backends.
 */
#ifndef TAPFERRY_MONITOR_STATUS_H
#define TAPFERRY_MONITOR_STATUS_H

#include "monitor/snapshot.h"

/* Everything but single connections. */
void status_write(const struct snapshot *s, struct buf *out);

/* The backends of all outputs. */
void status_write_backends(const struct snapshot *s, struct buf *out);

#endif
