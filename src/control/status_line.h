/*
 * Status line: what the service manager shows of us (systemctl status), in one
 * line: rates, what waits, and what is wrong.
 *
 * Thread: main.
 */
#ifndef TAPFERRY_CONTROL_STATUS_LINE_H
#define TAPFERRY_CONTROL_STATUS_LINE_H

#include "monitor/snapshot.h"

struct status_line {
	uint64_t last_ns; /* monotonic, of the last one; 0: there was none */
	uint64_t last_received, last_delivered;
	bool reload_failed; /* the last one, with no other since */
};

/*
 * status_line_write() - "2 connections, 1520 events/s; 1519/s delivered, 180
 * waiting, 0 in spools, 0 dropped"
 *
 * Rates are those since the last one, or the start; all outputs are summed up.
 */
void status_line_write(
	struct status_line *l, const struct snapshot *s, struct buf *out);

#endif
