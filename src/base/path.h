/*
 * Path: names of files and folders, and what we may do there.
 */
#ifndef TAPFERRY_BASE_PATH_H
#define TAPFERRY_BASE_PATH_H

#include <limits.h>
#include <stdbool.h>

/*
 * path_folder() - the folder that a path names something in
 *
 * "." for "name", "/" for "/name"; slashes at the end do not count: "/a" for
 * "/a/b/".
 * Return: 0 or -ENAMETOOLONG.
 */
int path_folder(const char *path, char folder[PATH_MAX]);

/* Are they the same but for doubled slashes and those at the end?  No file is
 * looked at. */
bool path_same(const char *a, const char *b);

/* May the effective user do that: R_OK, W_OK, X_OK?  Return: 0 or -errno. */
int path_access(const char *path, int mode);

/* May it make something of that name, in its folder?  Return: 0 or -errno. */
int path_access_folder(const char *path);

#endif
