/*
 * Sandbox: what the daemon gives up for good before it takes connections, so
 * that a fault in it is of little use to whoever finds one.
 */
#ifndef TAPFERRY_CONTROL_SANDBOX_H
#define TAPFERRY_CONTROL_SANDBOX_H

#include <stddef.h>

#include "base/buf.h"

enum sandbox_seccomp {
	SANDBOX_SECCOMP_OFF = 0,
	SANDBOX_SECCOMP_LOG,
	SANDBOX_SECCOMP_AUTO,
	SANDBOX_SECCOMP_REQUIRED,
};

struct sandbox_settings {
	unsigned seccomp; /* enum sandbox_seccomp */
};

/*
 * sandbox_enter() - as the settings say; what it is now is in the log
 * @error:  on failure: one sentence with the cure
 *
 * Thread: main, once, with the user and the capabilities that the daemon is to
 * have, before there is another thread.
 * Return: 0, or -errno: something that is required cannot be had.
 */
int sandbox_enter(const struct sandbox_settings *s, char *error, size_t cap);

/* What a reload cannot change stays in `next`, and is said, a line each. */
void sandbox_keep(struct sandbox_settings *next,
	const struct sandbox_settings *now, struct buf *said);

#endif
