/*
 * Sandbox: what the daemon gives up for good before it takes connections, so
 * that a fault in it is of little use to whoever finds one.
 */
#ifndef TAPFERRY_CONTROL_SANDBOX_H
#define TAPFERRY_CONTROL_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct config;
struct config_memory;

enum sandbox_seccomp {
	SANDBOX_SECCOMP_OFF = 0,
	SANDBOX_SECCOMP_LOG,
	SANDBOX_SECCOMP_AUTO,
	SANDBOX_SECCOMP_REQUIRED,
};

enum sandbox_landlock {
	SANDBOX_LANDLOCK_OFF = 0,
	SANDBOX_LANDLOCK_AUTO,
	SANDBOX_LANDLOCK_REQUIRED,
};

struct sandbox_settings {
	unsigned seccomp;         /* enum sandbox_seccomp */
	unsigned landlock;        /* enum sandbox_landlock */
	const char *read, *write; /* folders, separated by colons; or NULL */
};

/*
 * sandbox_enter() - as the settings say; what it is now is in the log
 * @error:  on failure: one sentence with the cure
 *
 * Folders of spools are made, so that a rule can name them.
 * Thread: main, once, with the user and the capabilities that the daemon is to
 * have, before there is another thread.
 * Return: 0, or -errno: something that is required cannot be had.
 */
int sandbox_enter(const struct config *c, char *error, size_t cap);

/*
 * sandbox_check() - is all within reach that a configuration names?
 *
 * What the kernel was told at the start cannot be widened: what is outside is
 * a problem of the tree's, that says so.  Nothing is outside before
 * sandbox_enter().
 * Return: 0, -EINVAL with problems written, or -ENOMEM.
 */
int sandbox_check(struct config_memory *m);

/* Is sandbox.landlock in force? */
bool sandbox_fenced(void);

/* What a reload cannot change, all of it, stays in `next`, and is said, a line
 * each. */
void sandbox_keep(struct sandbox_settings *next,
	const struct sandbox_settings *now, struct buf *said);

#endif
