/*
 * Unknown: replies that no table has.
 *
 * Nobody knows what became of the events, or will of the next ones: the
 * backend is tried again a few times, then it is on hold.  The reply's text
 * goes to the log once.
 */
#ifndef TAPFERRY_DELIVER_UNKNOWN_H
#define TAPFERRY_DELIVER_UNKNOWN_H

#include "deliver/parcel.h"

enum { UNKNOWN_TRIES = 3 }; /* in a row, before the backend is held */

/*
 * unknown_settle() - make VERDICT_RETRY or VERDICT_HOLD of VERDICT_UNKNOWN
 *
 * Any other verdict of a reply ends the row and stays as it is.
 * Thread: the sender.
 */
void unknown_settle(
	struct sender *s, struct outcome *o, const struct reply *reply);

#endif
