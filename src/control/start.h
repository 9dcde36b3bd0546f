/*
 * Start: what stands before the daemon runs, for control/daemon.c.
 *
 * First everything is opened that may take a privilege, with one thread in the
 * process; then the threads start.
 *
 * Thread: main.
 */
#ifndef TAPFERRY_CONTROL_START_H
#define TAPFERRY_CONTROL_START_H

#include "control/watch.h"

/*
 * start_find_identity() - who we are to be; folders, if that is somebody else
 * Return: as start_open().
 */
int start_find_identity(struct daemon *d, char *error, size_t cap);

/*
 * start_open() - feeds, listening sockets with their certificates, the monitor
 * @error:  on failure: one sentence with the cure
 * Return: 0 or -errno.
 */
int start_open(struct daemon *d, char *error, size_t cap);

/*
 * start_give_up() - become the other user, if there is one; is everything in
 * its reach?
 * Return: likewise; -EACCES when something is not.
 */
int start_give_up(struct daemon *d, char *error, size_t cap);

/* start_run() - outputs, acceptor and workers, the monitor.  Return: likewise.
 */
int start_run(struct daemon *d, char *error, size_t cap);

#endif
