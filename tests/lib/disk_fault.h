/*
 * Disk fault: calls to the disk that fail, or at which the process is killed.
 *
 * A program that links with $(DISK_WRAPS) has openat, write, writev, fsync,
 * fdatasync, renameat and unlinkat of all its objects routed through here, and
 * counted.
 */
#ifndef TESTS_LIB_DISK_FAULT_H
#define TESTS_LIB_DISK_FAULT_H

#include <stdbool.h>

enum disk_fault {
	DISK_FAIL = 0, /* with the error; a write has done half of it */
	DISK_KILL,     /* the process, before it; a write has done half of it */
	DISK_KILL_AFTER,
	DISK_HANG, /* until the next disk_fault_at() */
};

/*
 * The k-th of those calls from now on, and all later ones if `lasting`; 0:
 * none any more.
 */
void disk_fault_at(unsigned k, enum disk_fault what, int error, bool lasting);

/* Has it happened since? */
bool disk_fault_happened(void);

#endif
