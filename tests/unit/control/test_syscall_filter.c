#include "control/syscall_filter.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/suite.h"
#include "sync/rcu.h"
#include "sync/thread.h"

/* What a child that is filtered said on its standard error. */
static char said[8192];

enum { DONE = 7, WRONG = 8, NO_FILTER = 9 };

/*
 * Runs act() in a child under the filter, since there is no way out of it.
 * Return: the status of waitpid(2).
 */
static int filtered(bool log_only, bool (*act)(void))
{
	char why[256];
	size_t n = 0;
	ssize_t got;
	int ends[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (syscall_filter_install(log_only, why, sizeof(why)) != 0)
			_exit(NO_FILTER);
		_exit(act() ? DONE : WRONG);
	}
	close(ends[1]);
	while (n < sizeof(said) - 1 &&
		(got = read(ends[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

#define assert_done(status)                                             \
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == DONE, \
		"status %#x, said: %s", (unsigned)(status), said)

static bool execute(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return false;
}

static bool trace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	return false;
}

static bool leave_namespace(void)
{
	syscall(SYS_unshare, 0);
	return false;
}

static bool blocked(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	return execute();
}

/* The process is ended, by the signal that says so, and its log has the name;
 * no log where the thread blocks the signal, the same end all the same. */
START_TEST(what_nothing_here_ever_does_is_the_end)
{
	static const struct {
		bool (*act)(void);
		const char *told;
	} cases[] = {
		{ execute, "SANDBOX_FATAL a system call that tapferryd never "
			   "makes: it ends before that is carried out: "
			   "name=execve " },
		{ trace, "name=ptrace " },
		{ leave_namespace, "name=unshare " },
		{ blocked, "" },
	};
	int status = filtered(false, cases[_i].act);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
		"status %#x", (unsigned)status);
	ck_assert_msg(strstr(said, cases[_i].told) != NULL, "%s", said);
}
END_TEST

static bool fails(long result, int error)
{
	return result == -1 && errno == error;
}

static bool call_what_is_not_in_the_table(void)
{
	errno = 0;
	return fails(syscall(SYS_personality, 0xffffffff), ENOSYS) &&
	       fails(syscall(900), ENOSYS);
}

/* A library that tries finds that it cannot, and goes on. */
START_TEST(an_unknown_call_fails_as_if_the_kernel_had_none)
{
	assert_done(filtered(false, call_what_is_not_in_the_table));
	ck_assert_ptr_nonnull(strstr(said, "SANDBOX_REFUSED"));
	ck_assert_ptr_nonnull(strstr(said, "name=personality "));
	ck_assert_ptr_nonnull(strstr(said, "name=unknown number=900 "));
}
END_TEST

static bool call_with_other_arguments(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED &&
	       fails(mprotect(page, 4096, PROT_READ | PROT_EXEC), EPERM) &&
	       mmap(NULL, 4096, PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	       errno == EPERM && fails(fork(), EPERM) &&
	       fails(socket(AF_PACKET, SOCK_RAW, 0), EPERM) &&
	       fails(socket(38 /* AF_ALG */, SOCK_SEQPACKET, 0), EPERM) &&
	       fails(kill(getppid(), 0), EPERM) &&
	       fails(mknod("/tmp/no", S_IFCHR | 0600, 0), EPERM);
}

START_TEST(calls_are_refused_by_their_arguments_too)
{
	assert_done(filtered(false, call_with_other_arguments));
	ck_assert_ptr_nonnull(strstr(said, "name=mprotect "));
	ck_assert_ptr_nonnull(strstr(said, "name=clone "));
}
END_TEST

static void look_up(void *arg)
{
	bool *done = arg;
	struct addrinfo *found = NULL;

	/* of files alone: no name server is asked for this one */
	*done = getaddrinfo("localhost", "80", NULL, &found) == 0;
	if (found != NULL)
		freeaddrinfo(found);
	free(realloc(malloc(100), 1 << 20));
}

static bool work_as_ever(void)
{
	struct thread t;
	bool done = false;
	int pair[2];
	FILE *f = tmpfile();

	rcu_register_thread();
	if (f == NULL || fprintf(f, "text") != 4 || fclose(f) != 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
		thread_start(&t, "look-up", look_up, &done) != 0)
		return false;
	thread_join(&t);
	rcu_barrier();
	return done && write(pair[0], "x", 1) == 1 && said[0] == '\0';
}

START_TEST(threads_files_names_and_sockets_work_as_ever)
{
	assert_done(filtered(false, work_as_ever));
	ck_assert_str_eq(said, "");
}
END_TEST

struct elsewhere {
	pthread_barrier_t before, after;
	bool refused;
};

static void be_refused(void *arg)
{
	struct elsewhere *e = arg;

	pthread_barrier_wait(&e->before);
	pthread_barrier_wait(&e->after);
	e->refused = fails(syscall(SYS_personality, 0xffffffff), ENOSYS);
}

/* Threads there are already, liburcu's with all its signals blocked included */
static struct elsewhere others;

static void refused_in_callback(struct rcu_head *head)
{
	rcu_grace_passed();
	(void)head;
	others.refused &= fails(syscall(SYS_personality, 0xffffffff), ENOSYS);
}

START_TEST(threads_there_are_already_are_filtered_too)
{
	struct rcu_head head;
	struct thread t;
	char why[256];
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		rcu_register_thread();
		pthread_barrier_init(&others.before, NULL, 2);
		pthread_barrier_init(&others.after, NULL, 2);
		if (thread_start(&t, "other", be_refused, &others) != 0)
			_exit(WRONG);
		pthread_barrier_wait(&others.before);
		if (syscall_filter_install(false, why, sizeof(why)) != 0)
			_exit(NO_FILTER);
		pthread_barrier_wait(&others.after);
		thread_join(&t);
		rcu_retire(&head, refused_in_callback);
		rcu_barrier();
		_exit(others.refused ? DONE : WRONG);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	said[0] = '\0';
	assert_done(status);
}
END_TEST

static bool call_it_all(void)
{
	bool unlisted = syscall(SYS_personality, 0xffffffff) != -1;
	pid_t child = fork();
	int status;

	if (child == 0)
		execute();
	return unlisted && waitpid(child, &status, 0) == child && status == 0;
}

START_TEST(log_refuses_nothing)
{
	assert_done(filtered(true, call_it_all));
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(a_build_without_it_says_why)
{
	char why[256] = "";

	ck_assert_int_eq(syscall_filter_install(false, why, sizeof(why)),
		SYSCALL_FILTER_E_ABSENT);
	ck_assert_str_eq(why, syscall_filter_in_build());
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("syscall_filter");

	if (syscall_filter_in_build() != NULL) {
		tcase_add_test(t, a_build_without_it_says_why);
		return suite_run("syscall_filter", t);
	}
	tcase_add_loop_test(t, what_nothing_here_ever_does_is_the_end, 0, 4);
	tcase_add_test(t, an_unknown_call_fails_as_if_the_kernel_had_none);
	tcase_add_test(t, calls_are_refused_by_their_arguments_too);
	tcase_add_test(t, threads_files_names_and_sockets_work_as_ever);
	tcase_add_test(t, threads_there_are_already_are_filtered_too);
	tcase_add_test(t, log_refuses_nothing);
	return suite_run("syscall_filter", t);
}
