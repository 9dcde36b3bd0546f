#include "control/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same numbers on every processor. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

/* linux/landlock.h */
#define EXECUTE     (1ULL << 0)
#define WRITE_FILE  (1ULL << 1)
#define READ_FILE   (1ULL << 2)
#define READ_DIR    (1ULL << 3)
#define REMOVE_DIR  (1ULL << 4)
#define REMOVE_FILE (1ULL << 5)
#define MAKE_CHAR   (1ULL << 6)
#define MAKE_DIR    (1ULL << 7)
#define MAKE_REG    (1ULL << 8)
#define MAKE_SOCK   (1ULL << 9)
#define MAKE_FIFO   (1ULL << 10)
#define MAKE_BLOCK  (1ULL << 11)
#define MAKE_SYM    (1ULL << 12)
#define REFER       (1ULL << 13) /* version 2: to another folder */
#define TRUNCATE    (1ULL << 14) /* version 3 */
#define IOCTL_DEV   (1ULL << 15) /* version 5 */

#define SCOPE_ABSTRACT_SOCKET (1ULL << 0) /* version 6 */
#define SCOPE_SIGNAL          (1ULL << 1)

enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1, SCOPES_SINCE = 6 };

struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* version 4 */
	uint64_t scoped;             /* version 6 */
};

struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

int landlock_abi(void)
{
	long abi =
		syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return abi > 0 ? (int)abi : 0;
}

uint64_t landlock_watched(int abi)
{
	/* version 1 refuses to move files to another folder, always */
	uint64_t all = EXECUTE | WRITE_FILE | READ_FILE | READ_DIR |
		       REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR |
		       MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM;

	if (abi >= 2)
		all |= REFER;
	if (abi >= 3)
		all |= TRUNCATE;
	if (abi >= 5)
		all |= IOCTL_DEV;
	return abi >= 1 ? all : 0;
}

/* Nothing is ever executed, and no device made. */
uint64_t landlock_allowed(int abi, unsigned rights, bool folder)
{
	uint64_t of_files = 0, of_folders = 0;

	if (rights & FENCE_READ) {
		of_files |= READ_FILE;
		of_folders |= READ_DIR;
	}
	if (rights & FENCE_WRITE) {
		of_files |= WRITE_FILE | TRUNCATE;
		of_folders |= MAKE_REG | MAKE_DIR | MAKE_FIFO | REMOVE_FILE |
			      REMOVE_DIR;
	}
	if (rights & FENCE_SOCKET)
		of_folders |= MAKE_SOCK | REMOVE_FILE;
	if (rights & FENCE_REMOVE)
		of_folders |= REMOVE_FILE;
	return (of_files | (folder ? of_folders : 0)) & landlock_watched(abi);
}

static int add_rule(int set, const struct fence_rule *rule, int abi)
{
	struct path_beneath_attr beneath = {
		.allowed_access =
			landlock_allowed(abi, rule->rights, rule->folder),
		.parent_fd = open(rule->path, O_PATH | O_CLOEXEC),
	};
	int r = 0;

	if (beneath.parent_fd < 0) /* gone since: as if it was never there */
		return errno == ENOENT ? 0 : -errno;
	/* EBADFD: a pipe or socket, which needs no rule */
	if (beneath.allowed_access != 0 &&
		syscall(SYS_landlock_add_rule, set, RULE_PATH_BENEATH, &beneath,
			0) != 0 &&
		errno != EBADFD)
		r = -errno;
	close(beneath.parent_fd);
	return r;
}

int landlock_restrict(
	const struct fence *fence, int abi, bool scoped, char *why, size_t cap)
{
	struct ruleset_attr attr = {
		.handled_access_fs = landlock_watched(abi),
		.scoped = scoped && abi >= SCOPES_SINCE
				  ? SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL
				  : 0,
	};
	int set, r = 0;

	if (abi < 1) {
		snprintf(why, cap,
			"the kernel has no Landlock, or lsm= on its command "
			"line leaves it out");
		return LANDLOCK_E_ABSENT;
	}
	set = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (set < 0)
		r = -errno;
	for (size_t i = 0; r == 0 && i < fence->n; i++)
		r = add_rule(set, &fence->rules[i], abi);
	if (r == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
			      syscall(SYS_landlock_restrict_self, set, 0) != 0))
		r = -errno;
	if (set >= 0)
		close(set);
	if (r != 0)
		snprintf(why, cap, "the kernel says: %s", strerror(-r));
	return r;
}
