#include "sync/thread.h"

#include <signal.h>
#include <stdio.h>
#include <urcu.h>

static void *trampoline(void *arg)
{
	struct thread *t = arg;

	pthread_setname_np(pthread_self(), t->name);
	rcu_register_thread();
	t->run(t->arg);
	rcu_unregister_thread();
	return NULL;
}

int thread_start(
	struct thread *t, const char *name, void (*run)(void *arg), void *arg)
{
	sigset_t all, before;
	int r;

	*t = (struct thread){ .run = run, .arg = arg };
	snprintf(t->name, sizeof(t->name), "%s", name);
	sigfillset(&all);
	/* that one comes from what the thread itself does (seccomp(2)) */
	sigdelset(&all, SIGSYS);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited */
	r = pthread_create(&t->id, NULL, trampoline, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->started = r == 0;
	return -r;
}

void thread_join(struct thread *t)
{
	if (!t->started)
		return;
	pthread_join(t->id, NULL);
	t->started = false;
}
