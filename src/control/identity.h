/*
 * Identity: who the daemon becomes when it was started as root.
 *
 * Root opens what takes root: sockets, the pid file, certificates, folders.
 * Then, before any thread starts, the process becomes another user for good.
 *
 * Thread: main, all of it.
 */
#ifndef TAPFERRY_CONTROL_IDENTITY_H
#define TAPFERRY_CONTROL_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "control/config.h"

struct identity {
	bool changes; /* there is another to become; else the rest is unused */
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* owned: supplementary ones, and gid */
	int n_groups;
	char owner[12], group[12]; /* uid and gid, as text */
};

#define IDENTITY_NULL ((struct identity){ 0 })

/*
 * identity_find() - who the settings user and group mean
 * @error:  on failure: one sentence with the cure
 *
 * Return: 0; -EPERM when it is somebody else and we are not root; -EINVAL when
 * there is no such user or group; -ENOMEM.  identity_deinit() is due always.
 */
int identity_find(
	struct identity *i, const struct config *c, char *error, size_t cap);
void identity_deinit(struct identity *i);

/*
 * Unix sockets that root opens for it, and that no setting gives to somebody
 * else, will be its own.  i: lent to c until it has been opened.
 */
void identity_own_sockets(const struct identity *i, struct config *c);

/*
 * identity_assume() - become it, for good
 * @error:  on failure: one sentence with the cure; the process must end then
 *
 * All user and group ids, supplementary groups; no capability is left but
 * CAP_NET_BIND_SERVICE, with which a reload may open another port below 1024,
 * and none can come back (no_new_privs, empty bounding set).  It is tried then
 * whether root can be had again.
 *
 * The process has one thread: the kernel keeps capabilities by thread.
 * Return: 0 or -errno.
 */
int identity_assume(const struct identity *i, char *error, size_t cap);

#endif
