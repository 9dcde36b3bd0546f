/*
 * Progress: the live line on stderr, rewritten twice a second.
 */
#ifndef TAPFERRY_LOAD_PROGRESS_H
#define TAPFERRY_LOAD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define PROGRESS_INTERVAL_NS (500 * NS_PER_MS)
enum { PROGRESS_MAX = 160 }; /* octets of the line */

struct progress {
	bool on;
	bool terminal;     /* the line is rewritten in place, else one after the
			      other */
	bool shown;        /* a line stands there and must be cleared */
	uint64_t shown_ns; /* monotonic, last time */
	uint64_t last_count; /* what was counted then */
};

void progress_init(struct progress *p, bool on, uint64_t mono_ns);

/* Is it time for the next line? */
bool progress_is_due(const struct progress *p, uint64_t mono_ns);

/* A second's count since the last line; moves the line's clock on. */
double progress_rate(struct progress *p, uint64_t count, uint64_t mono_ns);

void progress_show(struct progress *p, const char *text);

/* Makes room for another line, or for the end. */
void progress_clear(struct progress *p);

#endif
