/*
 * Difference: what of an output is another in another configuration.
 */
#ifndef TAPFERRY_CONTROL_DIFFERENCE_H
#define TAPFERRY_CONTROL_DIFFERENCE_H

#include "control/config.h"

enum {
	DIFFERS_FEED = 1,     /* how events are written and gathered */
	DIFFERS_BACKENDS = 2, /* which backends there are */
	DIFFERS_KEEPER = 4,   /* what is kept on disk, and where */
	DIFFERS_OUTPUT = 8,   /* anything else, secrets included */
	DIFFERS_LIMITS = 16,  /* how much is kept on disk, and how long */
};

/* Output i of `a` and output j of `b`, by the table of settings and by what
 * was read from files.  Return: DIFFERS_*, together; 0: nothing. */
unsigned difference_of_outputs(
	const struct config *a, size_t i, const struct config *b, size_t j);

/* Is the monitoring endpoint another? */
bool difference_of_monitors(const struct config *a, const struct config *b);

#endif
