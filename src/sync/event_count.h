/*
 * Event count: how threads sleep until something changes that others do
 * without a lock.
 *
 * The waiter takes the count, looks whether there is something for it, and
 * if not waits for the count to change: a change after the look ends the wait
 * at once.  Concurrency Kit's ck_ec, on the monotonic clock and a futex.
 */
#ifndef TAPFERRY_SYNC_EVENT_COUNT_H
#define TAPFERRY_SYNC_EVENT_COUNT_H

#include <ck_ec.h>
#include <stdbool.h>
#include <stdint.h>

struct event_count {
	struct ck_ec32 ec; /* atomic */
};

void event_count_init(struct event_count *e);

/* Something has changed: wakes whoever waits.  Any thread. */
void event_count_step(struct event_count *e);

/* Before the look.  Any thread. */
uint32_t event_count_value(const struct event_count *e);

/*
 * event_count_wait() - sleep until the count is no longer `seen`
 * @mono_deadline_ns:  monotonic time to give up at; UINT64_MAX: never
 *
 * Thread: any, outside any RCU read section (blocks).
 * Return: false at the deadline.
 */
bool event_count_wait(
	struct event_count *e, uint32_t seen, uint64_t mono_deadline_ns);

#endif
