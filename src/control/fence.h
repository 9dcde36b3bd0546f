/*
 * Fence: the files that the daemon gets at, as rules on folders and files.
 *
 * Rules are told apart as the kernel tells them (landlock(7)): by device and
 * inode, not by name, and a folder's hold for all beneath it.  So whether a
 * path is within reach is found by going up from it to the root.
 */
#ifndef TAPFERRY_CONTROL_FENCE_H
#define TAPFERRY_CONTROL_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	FENCE_READ = 1,   /* files, and lists of folders */
	FENCE_WRITE = 2,  /* write; in folders make, rename and remove, too */
	FENCE_SOCKET = 4, /* in folders: make and remove sockets */
	FENCE_REMOVE = 8, /* in folders: remove files */
};

/* What is done with a path that a setting names. */
enum fence_use {
	FENCE_USE_READ = 0, /* a file that may be replaced by another */
	FENCE_USE_WRITE,    /* a file, with others made of it beside it */
	FENCE_USE_SOCKET,   /* a socket that we make */
	FENCE_USE_FOLDER,   /* made if need be, and files in it */
	FENCE_USE_TO_READ,  /* a folder */
	FENCE_USE_TO_WRITE, /* a folder, sockets included */
	FENCE_USE_REMOVE,   /* a file that is open, at the end */
	FENCE_USE_CONNECT,  /* a socket of others: needs no rule */
};

struct fence_rule {
	char *path;
	unsigned rights; /* FENCE_* */
	bool folder;
	dev_t dev;
	ino_t ino;
};

struct fence {
	struct fence_rule *rules; /* owned, with their paths */
	size_t n;
	bool failed; /* a rule found no memory */
};

#define FENCE_NULL ((struct fence){ 0 })

void fence_deinit(struct fence *r);

/*
 * fence_add() - a rule on what is there at `path`, through symbolic links
 *
 * Nothing there is no rule; two on the same are one.
 */
void fence_add(struct fence *r, const char *path, unsigned rights);

/*
 * fence_add_use() - all that a setting's path takes
 *
 * For files that is the folder that the path names and the one that it leads
 * to by symbolic links: certificates and tokens are renewed by renaming another
 * file, or link, to their name.  The root is not given away for a file in it:
 * that is the file alone then, and nothing for a socket.
 */
void fence_add_use(struct fence *r, const char *path, enum fence_use use);

/*
 * fence_has() - are these rights given to what is at `path`, or, if there is
 * nothing yet, to the place where it is to be made?
 */
bool fence_has(const struct fence *r, const char *path, unsigned rights);

/* Would all be given that fence_add_use() asks for? */
bool fence_has_use(const struct fence *r, const char *path, enum fence_use use);

#endif
