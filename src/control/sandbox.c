#include "control/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "control/landlock.h"
#include "control/memory.h"
#include "control/paths.h"
#include "control/syscall_filter.h"

enum { WHY_MAX = 256 };

/* What the kernel was told, of this process and for its whole life. */
static struct {
	struct fence fence; /* const after sandbox_enter() */
	bool on;            /* const after sandbox_enter() */
} in_force;

/*
 * What the libraries read: libc's databases, resolver and character sets, time
 * zones, certificate authorities, modules of nsswitch.conf with the files they
 * keep.  /run as a whole, since resolv.conf leads there to folders that whoever
 * keeps it may make later; /proc for what the monitor tells of the process.
 */
static const char *const libraries_read[] = { "/etc", "/usr", "/lib", "/lib32",
	"/lib64", "/libx32", "/nix/store", "/gnu/store", "/run", "/var/run",
	"/proc", "/sys/devices/system/cpu", "/var/db",
	"/var/lib/ca-certificates", "/var/lib/extrausers", "/var/lib/sss",
	"/dev/random", "/dev/urandom", "/dev/zero",
	/* links that may lead anywhere */
	"/etc/resolv.conf", "/etc/hosts", "/etc/localtime" };

static void take_path(void *arg, const config_setting_t *at, const char *path,
	enum fence_use use)
{
	(void)at;
	if (use == FENCE_USE_FOLDER)
		mkdir(path, 0700); /* as the spool would; it tells of errors */
	fence_add_use(arg, path, use);
}

static void gather(struct fence *fence, const struct config_memory *m)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	for (size_t i = 0; i < sizeof(libraries_read) / sizeof(*libraries_read);
		i++)
		fence_add(fence, libraries_read[i], FENCE_READ);
	fence_add(fence, "/dev/null", FENCE_READ | FENCE_WRITE);
	/* outputs of type stdout open it anew */
	fence_add(fence, "/proc/self/fd/1", FENCE_WRITE);
	if (credentials != NULL)
		fence_add(fence, credentials, FENCE_READ);
	paths_visit(&m->values, &m->tree, take_path, fence);
}

/* "/a:/b" of those that have the right. */
static void list_paths(
	const struct fence *fence, unsigned right, struct buf *out)
{
	for (size_t i = 0; i < fence->n; i++)
		if (fence->rules[i].rights & right)
			buf_printf(out, "%s%s", out->len != 0 ? ":" : "",
				fence->rules[i].path);
}

static void tell_fence(const struct fence *fence, int abi)
{
	struct buf read = BUF_NULL, write = BUF_NULL, sockets = BUF_NULL;

	list_paths(fence, FENCE_READ, &read);
	list_paths(fence, FENCE_WRITE, &write);
	list_paths(fence, FENCE_SOCKET, &sockets);
	log_info(SANDBOX_LANDLOCK, "other files are out of reach",
		"abi=%d write=\"%s\" sockets=\"%s\" read=\"%s\"", abi,
		buf_str(&write), buf_str(&sockets), buf_str(&read));
	buf_deinit(&read);
	buf_deinit(&write);
	buf_deinit(&sockets);
}

static int restrict_files(const struct config *c, char *error, size_t cap)
{
	const char *notify = getenv("NOTIFY_SOCKET");
	const int abi = landlock_abi();
	struct fence fence = FENCE_NULL;
	char why[WHY_MAX] = "out of memory";
	int r;

	if (c->sandbox.landlock == SANDBOX_LANDLOCK_OFF)
		return 0;
	gather(&fence, c->memory);
	r = fence.failed ? -ENOMEM
			 : landlock_restrict(&fence, abi,
				   notify == NULL || notify[0] != '@', why,
				   sizeof(why));
	if (r == 0) {
		tell_fence(&fence, abi);
		in_force.fence = fence;
		in_force.on = true;
		return 0;
	}
	fence_deinit(&fence);
	if (c->sandbox.landlock == SANDBOX_LANDLOCK_REQUIRED) {
		snprintf(error, cap,
			"sandbox.landlock is required, but %s: set it to auto "
			"to start without",
			why);
		return r < 0 ? r : -ENOSYS;
	}
	log_warn(SANDBOX_LANDLOCK, "no file is out of reach", "reason=\"%s\"",
		why);
	return 0;
}

static int filter_calls(
	const struct sandbox_settings *s, char *error, size_t cap)
{
	const bool log_only = s->seccomp == SANDBOX_SECCOMP_LOG;
	char why[WHY_MAX];
	int r;

	if (s->seccomp == SANDBOX_SECCOMP_OFF)
		return 0;
	r = syscall_filter_install(log_only, why, sizeof(why));
	if (r == 0) {
		log_info(SANDBOX_SECCOMP,
			log_only ? "system calls that would be refused are in "
				   "the kernel's log"
				 : "other system calls than needed are refused",
			"seccomp=%s", log_only ? "log" : "on");
		return 0;
	}
	if (s->seccomp == SANDBOX_SECCOMP_REQUIRED) {
		snprintf(error, cap,
			"sandbox.seccomp is required, but %s: set it to auto "
			"to start without",
			why);
		return r < 0 ? r : -ENOSYS;
	}
	/* nobody has asked for it: no warning */
	log_info(SANDBOX_SECCOMP, "system calls are not filtered",
		"reason=\"%s\"", why);
	return 0;
}

/* The filter comes last: it has no use for the calls of the other. */
int sandbox_enter(const struct config *c, char *error, size_t cap)
{
	int r = restrict_files(c, error, cap);

	return r != 0 ? r : filter_calls(&c->sandbox, error, cap);
}

struct checking {
	struct config_memory *m;
	bool outside; /* there is one */
};

/* What read and write name. */
static void check_folder(
	struct config_memory *m, const config_setting_t *at, const char *path)
{
	struct buf text = BUF_NULL;
	struct stat st;

	if (path[0] != '/')
		tree_problem(&m->tree, at, NULL,
			"%s: write it as an absolute path", path);
	else if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		tree_problem(&m->tree, at, NULL, "%s is no folder", path);
	else if (access(path, F_OK) != 0 &&
		 m->values.main.sandbox.landlock != SANDBOX_LANDLOCK_OFF) {
		buf_printf(&text,
			"%s is not there: it cannot be let in until a restart "
			"finds it",
			path);
		config_note(m, at, buf_str(&text));
	}
	buf_deinit(&text);
}

/* Besides a restart, for those who come back. */
static const char *other_cure(enum fence_use use)
{
	switch (use) {
	case FENCE_USE_TO_READ:
	case FENCE_USE_TO_WRITE:
		return "";
	case FENCE_USE_READ:
		return "; with its folder in sandbox.read, then, the next such "
		       "reload needs none";
	default:
		return "; with its folder in sandbox.write, then, the next "
		       "such "
		       "reload needs none";
	}
}

static void check_path(void *arg, const config_setting_t *at, const char *path,
	enum fence_use use)
{
	struct checking *c = arg;

	if (use == FENCE_USE_TO_READ || use == FENCE_USE_TO_WRITE)
		check_folder(c->m, at, path);
	if (use == FENCE_USE_REMOVE) /* a reload leaves it where it is */
		return;
	if (!in_force.on || fence_has_use(&in_force.fence, path, use))
		return;
	c->outside = true;
	tree_problem(&c->m->tree, at, NULL,
		"%s is outside of what the daemon gave itself access to when "
		"it started (sandbox.landlock): restart it%s",
		path, other_cure(use));
}

int sandbox_check(struct config_memory *m)
{
	struct checking c = { .m = m };

	paths_visit(&m->values, &m->tree, check_path, &c);
	/* others would only say that these cannot be read */
	return c.outside ? -EINVAL : 0;
}

bool sandbox_fenced(void)
{
	return in_force.on;
}

static bool same_folders(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void sandbox_keep(struct sandbox_settings *next,
	const struct sandbox_settings *now, struct buf *said)
{
	if (next->seccomp != now->seccomp)
		buf_add_str(said,
			"sandbox.seccomp: needs a restart; it stays as it "
			"was\n");
	if (next->landlock != now->landlock)
		buf_add_str(said,
			"sandbox.landlock: needs a restart; it stays as it "
			"was\n");
	if (!same_folders(next->read, now->read) ||
		!same_folders(next->write, now->write))
		buf_add_str(said, "sandbox.read, sandbox.write: need a "
				  "restart; they stay as they were\n");
	*next = *now; /* strings of the first edition, which stays */
}
