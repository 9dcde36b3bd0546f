/*
 * Reach: may this user write where the configuration says, and read the files
 * it names?
 */
#ifndef TAPFERRY_CONTROL_REACH_H
#define TAPFERRY_CONTROL_REACH_H

#include "control/folders.h"

/*
 * reach_check() - look at all places and files, as who we are now
 * @file:      the configuration's own; NULL: there is none
 * @coming:    folders that will be there
 * @problems:  written: what an output could not work without, a line each
 * @notes:     written: files that were read as root, and that a reload could
 *             not read again, a line each
 *
 * Nothing is made or opened.  Thread: main.
 */
void reach_check(const struct config *c, const char *file,
	const struct folders *coming, struct buf *problems, struct buf *notes);

#endif
