/*
 * Landlock: the kernel keeps the process to what is within reach (landlock(7)).
 *
 * The system calls are made by number and the rights are named here, so that a
 * build on an old system makes use of the kernel that it runs on.
 */
#ifndef TAPFERRY_CONTROL_LANDLOCK_H
#define TAPFERRY_CONTROL_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/fence.h"

enum { LANDLOCK_E_ABSENT = 1 }; /* the kernel has none, or it is switched off */

/* Return: the kernel's version of it, or 0: none. */
int landlock_abi(void);

/* What a kernel of that version is told to watch over; of file systems. */
uint64_t landlock_watched(int abi);

/* What a rule allows, in the kernel's terms. */
uint64_t landlock_allowed(int abi, unsigned rights, bool folder);

/*
 * landlock_restrict() - this thread, and those it starts, to what is in reach
 * @abi:     not newer than the kernel's
 * @scoped:  no signals to other processes, no abstract sockets of theirs
 *           (version 6)
 * @why:     on failure: half a sentence
 *
 * Thread: main, before there is another; for good.
 * Return: 0, LANDLOCK_E_ABSENT, or -errno: nothing is restricted then.
 */
int landlock_restrict(
	const struct fence *fence, int abi, bool scoped, char *why, size_t cap);

#endif
