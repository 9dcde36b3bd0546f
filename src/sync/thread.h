/*
 * Thread: the one way a thread starts here.
 *
 * The trampoline names the thread, blocks every signal (main alone takes
 * them) and registers it with RCU, so no thread can forget to.
 */
#ifndef TAPFERRY_SYNC_THREAD_H
#define TAPFERRY_SYNC_THREAD_H

#include <pthread.h>
#include <stdbool.h>

struct thread {
	pthread_t id;
	void (*run)(void *arg);
	void *arg;
	char name[16];
	bool started; /* owner: whoever starts and joins it */
};

#define THREAD_NULL ((struct thread){ 0 })

/*
 * thread_start() - run(arg) in a thread of its own
 * @t:     must stay where it is until thread_join()
 * @name:  shown by ps and gdb; cut at 15 bytes
 *
 * Return: 0, or -errno of pthread_create(3).
 */
int thread_start(
	struct thread *t, const char *name, void (*run)(void *arg), void *arg);

/* Waits for the end; does nothing for a thread that was not started. */
void thread_join(struct thread *t);

#endif
