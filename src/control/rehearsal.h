/*
 * Rehearsal: what a start would find, without starting (tapferryd -t).
 */
#ifndef TAPFERRY_CONTROL_REHEARSAL_H
#define TAPFERRY_CONTROL_REHEARSAL_H

#include "control/config.h"

/*
 * rehearse() - become who the daemon would be, and look at what it would use
 * @file:      the configuration's own; NULL: there is none
 * @said:      written: notes, and that all is well
 * @problems:  written otherwise: what is wrong, a line each
 *
 * The process is another user's afterwards, for good.  No socket is opened, no
 * file or folder made.  Thread: main, the only one.
 */
bool rehearse(const struct config *c, const char *file, struct buf *said,
	struct buf *problems);

#endif
