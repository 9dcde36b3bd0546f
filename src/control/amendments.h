/*
 * Amendments: what was done to backends at run time and is not by the
 * configuration.  A reload takes it back.
 *
 * Thread: main.
 */
#ifndef TAPFERRY_CONTROL_AMENDMENTS_H
#define TAPFERRY_CONTROL_AMENDMENTS_H

#include "control/outlets.h"

/*
 * amendments_tell() - appends a line for each that `next` does not have, too
 * @next:    the configuration in force, or the one that is to be
 * @prefix:  what each line begins with
 */
void amendments_tell(const struct outlets *now, const struct config *next,
	const char *prefix, struct buf *out);

#endif
