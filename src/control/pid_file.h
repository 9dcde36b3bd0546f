/*
 * Pid file: says which process takes connections, and that there is one.
 *
 * Held under a lock from before anything is opened to the end, so a daemon that
 * is started while another runs is told so, and a file that a crash left means
 * nothing.  It belongs to whoever starts the daemon, and its folder is never
 * made: in a folder of root's, root need not trust the user that the daemon
 * becomes with what to kill.  In one that is the user's, the user can put
 * another file in its place.
 *
 * Thread: main.
 */
#ifndef TAPFERRY_CONTROL_PID_FILE_H
#define TAPFERRY_CONTROL_PID_FILE_H

#include <stddef.h>

struct pid_file {
	int fd; /* -1: there is none */
	const char *path;
};

#define PID_FILE_NULL ((struct pid_file){ .fd = -1 })

/*
 * pid_file_open() - make or take over the file, and lock it; it is empty then
 * @path:   lent until pid_file_close(); NULL: there is to be none
 * @error:  on failure: one sentence with the cure
 *
 * Return: 0; -EALREADY when another process holds it; -EEXIST when there is
 * something else in it than a process id; another -errno.
 */
int pid_file_open(
	struct pid_file *p, const char *path, char *error, size_t cap);

/* Writes our process id.  Return: as pid_file_open(). */
int pid_file_write(struct pid_file *p, char *error, size_t cap);

/* Removes it, or empties it where the folder is somebody else's by now. */
void pid_file_close(struct pid_file *p);

#endif
