/*
 * Delays: how long events were on their way, by the time they carry.
 *
 * For whoever sends with `tapferry-load send --stamp` on the same machine, and
 * looks for some of the events by a text that is in them: those of one DNS
 * server, "\"identity\":\"slow\"".
 */
#ifndef TAPFERRY_LOAD_DELAYS_H
#define TAPFERRY_LOAD_DELAYS_H

#include "base/slice.h"
#include "load/spread.h"

struct delays {
	const char *text; /* events with this in them */
	struct spread ns; /* of those; a time to come is 0 */
};

/*
 * delays_add() - the events of a body that came at real_ns (since 1970)
 * They are one a line and begin with {"time": and a number, as HEC events of
 * tapferryd do; others are not looked at.
 */
void delays_add(struct delays *d, struct slice body, uint64_t real_ns);

#endif
