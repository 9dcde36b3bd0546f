/*
 * Syscall filter: which system calls this process can still make (seccomp(2)).
 *
 * The table is control/syscalls.def.  A call that is not in it is refused by a
 * signal, SIGSYS, that goes to the thread in the middle of the call: the
 * handler logs the call's name, and makes it fail.  So a refusal is seen in the
 * daemon's own log, with the thread that it happened to.  Threads that block
 * SIGSYS would be ended instead: thread_start() leaves it unblocked.
 */
#ifndef TAPFERRY_CONTROL_SYSCALL_FILTER_H
#define TAPFERRY_CONTROL_SYSCALL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

enum { SYSCALL_FILTER_E_ABSENT = 1 }; /* this build or kernel has none */

/*
 * syscall_filter_in_build() - can this build install one?
 * Return: NULL, or why not: half a sentence.
 */
const char *syscall_filter_in_build(void);

/*
 * syscall_filter_install() - for this thread and all there are or will be; for
 * good
 * @log_only:  refuse nothing; the kernel's log has what would be
 * @why:       on failure: half a sentence
 *
 * Thread: main.
 * Return: 0, SYSCALL_FILTER_E_ABSENT, or -errno: nothing is filtered then.
 */
int syscall_filter_install(bool log_only, char *why, size_t cap);

#endif
