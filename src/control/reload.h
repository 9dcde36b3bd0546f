/*
 * Reload: another configuration for the daemon that runs.
 *
 * The new one is checked whole first; whatever is wrong leaves everything as it
 * was.  No connection ends and no event is lost.
 */
#ifndef TAPFERRY_CONTROL_RELOAD_H
#define TAPFERRY_CONTROL_RELOAD_H

#include "base/buf.h"
#include "control/controlling.h"
#include "control/edition.h"
#include "control/monitoring.h"
#include "control/outlets.h"
#include "intake/intake.h"

/* What a reload changes; all of it is the caller's. */
struct reload {
	const struct config_source *source; /* what to read again */
	struct edition **edition;           /* in force */
	struct outlets *outlets;
	struct intake *intake;
	/* these get what must be open before; the rest is the caller's to do */
	struct monitoring *monitoring;
	struct controlling *controlling;
};

enum { RELOAD_E_UNSETTLED = 1 /* the last one is still under way */ };

/*
 * reload() - read the configuration again and go on with it
 * @said:  written: on failure every problem, a line each; on success what was
 *         not taken up because it needs a restart, a line each
 *
 * Thread: main.
 * Return: 0; RELOAD_E_UNSETTLED; -EINVAL or another -errno.  Unless it is 0,
 * nothing has changed.
 */
int reload(const struct reload *r, struct buf *said);

#endif
