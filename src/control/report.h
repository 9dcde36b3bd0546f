/*
 * Report: the ledger and the statistics line.
 */
#ifndef TAPFERRY_CONTROL_REPORT_H
#define TAPFERRY_CONTROL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stat.h"
#include "event/feed.h"
#include "intake/frame_memory.h"

/*
 * report_ledger() - one log line an output, id LEDGER:
 * "output=splunk received=… recovered=0 delivered=… filtered=0 dropped=…
 * dead_lettered=0 in_memory=0 in_spool=0 closed=yes" and dropped_REASON=… for
 * each reason that is not zero.
 */
void report_ledger(
	const struct stat_set *intake, struct feed *const *feeds, size_t n);

/*
 * report_stats() - the statistics line, id STATS, of what changed since the
 * last one: rates per second, connections, queue lengths.
 */
struct report {
	uint64_t last_ns;
	uint64_t last_received;
	uint64_t last_bytes;
	uint64_t last_allocations;
};
void report_stats(struct report *r, const struct stat_set *intake,
	struct feed *const *feeds, size_t n, unsigned connections,
	const struct frame_memory_use *memory, uint64_t mono_ns);

#endif
