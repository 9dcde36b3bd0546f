#include "control/sandbox.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "control/syscall_filter.h"

enum { WHY_MAX = 256 };

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
	log_warn(SANDBOX_SECCOMP, "system calls are not filtered",
		"reason=\"%s\"", why);
	return 0;
}

int sandbox_enter(const struct sandbox_settings *s, char *error, size_t cap)
{
	return filter_calls(s, error, cap);
}

void sandbox_keep(struct sandbox_settings *next,
	const struct sandbox_settings *now, struct buf *said)
{
	if (next->seccomp != now->seccomp)
		buf_add_str(said,
			"sandbox.seccomp: needs a restart; it stays as it "
			"was\n");
	next->seccomp = now->seccomp;
}
