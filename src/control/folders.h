/*
 * Folders: those that root makes for the user it becomes.
 *
 * Thread: main, all of it.
 */
#ifndef TAPFERRY_CONTROL_FOLDERS_H
#define TAPFERRY_CONTROL_FOLDERS_H

#include "control/identity.h"

struct folder {
	char *path; /* owned */
	mode_t mode;
};

/* Outer ones before inner ones. */
struct folders {
	struct folder *of;
	size_t n;
};

#define FOLDERS_NULL ((struct folders){ 0 })

/*
 * folders_find() - which of the settings' folders are missing
 *
 * Spools, and those that sockets, output files and dead letters are to lie in.
 * One whose outer folder is missing counts with that; where the next one is
 * missing, too, the path is taken for a mistake.  Not the pid file's: root
 * trusts what is in that (control/pid_file.h).
 * Return: 0 or -ENOMEM; folders_deinit() is due always.
 */
int folders_find(struct folders *f, const struct config *c);
void folders_deinit(struct folders *f);

/* Is that one of them, or does it lie in one of them?  NULL: no. */
bool folders_have(const struct folders *f, const char *path);

/*
 * folders_make() - make them, for that user
 * @error:  on failure: one sentence with the cure
 * Return: 0 or -errno.
 */
int folders_make(const struct folders *f, const struct identity *i, char *error,
	size_t cap);

#endif
