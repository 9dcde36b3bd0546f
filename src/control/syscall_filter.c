#include "control/syscall_filter.h"

#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

const char *syscall_filter_in_build(void)
{
#if !defined(HAVE_SECCOMP)
	return "this build is without libseccomp";
#elif defined(SANITIZED)
	return "this build is instrumented, and the sanitizer starts processes "
	       "and traces them";
#else
	return NULL;
#endif
}

#if !defined(HAVE_SECCOMP)

int syscall_filter_install(bool log_only, char *why, size_t cap)
{
	(void)log_only;
	snprintf(why, cap, "%s", syscall_filter_in_build());
	return SYSCALL_FILTER_E_ABSENT;
}

#else

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <urcu.h>

#include "base/log.h"
#include "sync/rcu.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* libc names its mappings by it */
#endif
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* siginfo's si_code */
#endif
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

enum kind { KIND_CALL = 0, KIND_CALL_IF, KIND_ABSENT, KIND_FATAL };

struct row {
	const char *name;
	enum kind kind;
	unsigned argument;
	scmp_datum_t mask, value;
};

enum { NUMBERS = 1024 }; /* of system calls, and some to come */

/* What the handler reads; const after the filter stands. */
static struct {
	char *names[NUMBERS];
	bool fatal[NUMBERS];
	bool partly[NUMBERS]; /* allowed with other arguments */
} known;

/* Where the interrupted call's result is.  On other processors calls are
 * refused by the kernel alone, and its log has them. */
#if defined(__x86_64__)
#define RESULT(u) ((u)->uc_mcontext.gregs[REG_RAX])
#elif defined(__i386__)
#define RESULT(u) ((u)->uc_mcontext.gregs[REG_EAX])
#elif defined(__aarch64__)
#define RESULT(u) ((u)->uc_mcontext.regs[0])
#elif defined(__riscv)
#define RESULT(u) ((u)->uc_mcontext.__gregs[REG_A0])
#endif
#ifdef RESULT
#define REFUSED SCMP_ACT_TRAP
#define ENDED   SCMP_ACT_TRAP
#else
#define REFUSED   SCMP_ACT_ERRNO(ENOSYS)
#define ENDED     SCMP_ACT_KILL_PROCESS
static long nowhere;
#define RESULT(u) (*((void)(u), &nowhere))
#endif

/* As the kernel would have done it. */
static void end_by_signal(void)
{
	sigset_t set;

	signal(SIGSYS, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGSYS);
	_exit(128 + SIGSYS);
}

/*
 * The signal comes in the middle of the call that was refused and nowhere else:
 * whatever the log needs, its own calls are in the table, so they were not
 * interrupted, and no lock of its is held here.
 */
static void on_refused(int signal_number, siginfo_t *info, void *context)
{
	const int before = errno, nr = info->si_syscall;
	const bool in_table = nr >= 0 && nr < NUMBERS;
	const char *name = in_table && known.names[nr] != NULL ? known.names[nr]
							       : "unknown";
	char thread[16] = "";

	(void)signal_number;
	if (info->si_code != SYS_SECCOMP)
		end_by_signal(); /* kill(2) */
	prctl(PR_GET_NAME, thread);
	if (in_table && known.fatal[nr]) {
		log_error(SANDBOX_FATAL,
			"a system call that tapferryd never makes: it ends "
			"before that is carried out",
			"name=%s number=%d thread=%s", name, nr, thread);
		end_by_signal();
	}
	log_limited(LOG_LEVEL_ERROR, SANDBOX_REFUSED,
		"a system call was refused, see sandbox.seccomp",
		"name=%s number=%d thread=%s", name, nr, thread);
	RESULT((ucontext_t *)context) =
		in_table && known.partly[nr] ? -EPERM : -ENOSYS;
	errno = before;
}

static int add_row(scmp_filter_ctx filter, const struct row *row, bool log_only)
{
	const int nr = seccomp_syscall_resolve_name(row->name);
	int r;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	switch (row->kind) {
	case KIND_CALL:
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0);
		break;
	case KIND_CALL_IF:
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 1,
			SCMP_CMP64(row->argument, SCMP_CMP_MASKED_EQ, row->mask,
				row->value));
		if (nr >= 0 && nr < NUMBERS)
			known.partly[nr] = true;
		break;
	case KIND_ABSENT:
		r = seccomp_rule_add(filter,
			log_only ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS), nr,
			0);
		break;
	default:
		if (nr >= 0 && nr < NUMBERS)
			known.fatal[nr] = true;
		if (log_only || ENDED == REFUSED)
			return 0;
		r = seccomp_rule_add(filter, ENDED, nr, 0);
		break;
	}
	/* not of this processor, or part of another call here */
	return r == -EDOM || r == -EINVAL ? 0 : r;
}

static int add_rows(scmp_filter_ctx filter, bool log_only)
{
	const struct row rows[] = {
#define CALL(name) { #name, KIND_CALL, 0, 0, 0 },
#define CALL_IF(name, arg, mask, value) \
	{ #name, KIND_CALL_IF, arg, mask, value },
#define ABSENT(name) { #name, KIND_ABSENT, 0, 0, 0 },
#define FATAL(name)  { #name, KIND_FATAL, 0, 0, 0 },
#include "control/syscalls.def"
#undef CALL
#undef CALL_IF
#undef ABSENT
#undef FATAL
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(*rows); i++)
		r = add_row(filter, &rows[i], log_only);
	return r;
}

static int settle(scmp_filter_ctx filter)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (r == 0) /* a binary search, for kernels that keep no bitmap */
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0) /* there is no code of strangers here to be slowed down */
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	if (r == 0) /* 32-bit calls are none of ours */
		r = seccomp_attr_set(
			filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	return r;
}

/* Names are looked up beforehand: the handler must not allocate. */
static int know_names(void)
{
	struct sigaction action = {
		.sa_sigaction = on_refused,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	for (int i = 0; i < NUMBERS; i++)
		if (known.names[i] == NULL)
			known.names[i] = seccomp_syscall_resolve_num_arch(
				SCMP_ARCH_NATIVE, i);
	sigemptyset(&action.sa_mask);
	return sigaction(SIGSYS, &action, NULL) == 0 ? 0 : -errno;
}

static void unblock(struct rcu_head *head)
{
	sigset_t set;

	rcu_grace_passed();
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	free(head);
}

/* liburcu's own thread blocks all signals; this reaches it as a callback. */
static void unblock_in_rcu_thread(void)
{
	struct rcu_head *head = malloc(sizeof(*head));

	if (head != NULL)
		rcu_retire(head, unblock);
}

int syscall_filter_install(bool log_only, char *why, size_t cap)
{
	const char *absent = syscall_filter_in_build();
	scmp_filter_ctx filter;
	int r;

	if (absent != NULL) {
		snprintf(why, cap, "%s", absent);
		return SYSCALL_FILTER_E_ABSENT;
	}
	filter = seccomp_init(log_only ? SCMP_ACT_LOG : REFUSED);
	r = filter == NULL ? -ENOMEM : know_names();
	if (r == 0)
		r = settle(filter);
	if (r == 0)
		r = add_rows(filter, log_only);
	if (r == 0)
		unblock_in_rcu_thread();
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	if (r == 0)
		return 0;
	snprintf(why, cap, "the kernel says: %s", strerror(-r));
	return r == -ENOSYS || r == -EINVAL || r == -EOPNOTSUPP
		       ? SYSCALL_FILTER_E_ABSENT
		       : r;
}

#endif
