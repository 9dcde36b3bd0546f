/*
 * Stop: how the end is told to threads that sleep.
 *
 * Two steps: `draining` (deliver what you hold, until the deadline) and `now`
 * (leave at once).  A thread that pauses between tries pauses here, so that
 * neither step waits for a back-off.  What else may end a pause early is told
 * by stop_nudge().
 */
#ifndef TAPFERRY_SYNC_STOP_H
#define TAPFERRY_SYNC_STOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct stop {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	_Atomic bool draining;        /* atomic */
	_Atomic bool now;             /* atomic */
	_Atomic uint64_t deadline_ns; /* atomic: monotonic; UINT64_MAX: none */
	_Atomic unsigned nudges;      /* atomic: so far; changed under lock */
	_Atomic unsigned waiters;     /* atomic: threads that await a nudge */
};

/* Return: 0, or -errno. */
int stop_init(struct stop *s);
void stop_deinit(struct stop *s);

/* Deliver what is held, until then.  Any thread; wakes all pauses. */
void stop_drain(struct stop *s, uint64_t mono_deadline_ns);

/* Leave at once.  Any thread; wakes all pauses. */
void stop_now(struct stop *s);

static inline bool stop_is_draining(const struct stop *s)
{
	return atomic_load(&s->draining);
}
/* Told to leave, or past the drain deadline. */
bool stop_is_over(const struct stop *s);

/*
 * stop_pause() - sleep, but not through a stop
 *
 * @draining:  stop_is_draining() as the caller saw it when it decided to sleep
 *
 * Sleeps until mono_until_ns (cut to the drain deadline); returns early when
 * one of the two steps is taken that the caller did not know of.
 *
 * Thread: any, outside any RCU read section (blocks).
 * Return: stop_is_over().
 */
bool stop_pause(struct stop *s, bool draining, uint64_t mono_until_ns);

/* Ends the pauses of stop_await().  Any thread; cheap when there are none. */
void stop_nudge(struct stop *s);

/*
 * stop_await() - stop_pause() that a nudge ends, too
 * @nudges:  s->nudges as the caller saw it before it looked whether it has to
 *           wait at all; a nudge since then is not missed
 *
 * The caller has counted itself in s->waiters since before that look.
 */
bool stop_await(
	struct stop *s, bool draining, unsigned nudges, uint64_t mono_until_ns);

#endif
