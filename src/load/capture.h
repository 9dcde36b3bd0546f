/*
 * Capture: a Frame Streams file of dnstap messages, read onto a tape.
 */
#ifndef TAPFERRY_LOAD_CAPTURE_H
#define TAPFERRY_LOAD_CAPTURE_H

#include "load/tape.h"

enum {
	CAPTURE_E_FORMAT = 1, /* no Frame Streams file of dnstap messages */
	CAPTURE_E_CUT, /* it ends without STOP; its whole frames are on the
			  tape */
};

/*
 * capture_read() - append a file's frames to the tape
 * Return: 0, CAPTURE_E_*, or -errno when the file cannot be opened or memory
 * is short.
 */
int capture_read(struct tape *t, const char *path);

#endif
