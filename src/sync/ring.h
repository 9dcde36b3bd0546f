/*
 * Ring: a bounded queue of pointers that blocks only its consumers.
 *
 * Concurrency Kit's ring carries the pointers, its event count puts consumers
 * to sleep.  Any number of producers and consumers (ck_ring's mpmc calls).
 * push says no when the ring is full: the caller decides, and the decision
 * has a counter.
 *
 * Slots must be a power of two, and a ring holds slots - 1 pointers.
 *
 * Ownership: what is pushed belongs to the ring until somebody pops it.
 * Everything a producer wrote before push is seen by the consumer that pops
 * (told to ThreadSanitizer here, since it cannot see CK's fences).
 */
#ifndef TAPFERRY_SYNC_RING_H
#define TAPFERRY_SYNC_RING_H

#include <ck_ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "sync/event_count.h"

enum {
	RING_E_EMPTY = 1, /* nothing came within the time */
	RING_E_CLOSED,    /* closed, and everything pushed before was popped */
};

struct ring {
	ck_ring_t ring;            /* lock-free, mpmc */
	ck_ring_buffer_t *buffer;  /* const after init */
	struct event_count pushed; /* atomic: a step each push */
	_Atomic bool closed;       /* atomic: set once */
	_Atomic(void *) first;     /* atomic: put back; NULL: nothing */
};

/*
 * ring_init() - an empty ring of at least `capacity` places
 * @capacity:  rounded up so that this many pointers fit; 1 or more
 *
 * Return: 0 or -ENOMEM.
 */
int ring_init(struct ring *r, size_t capacity);

/* The ring must be empty, or its pointers reachable some other way. */
void ring_deinit(struct ring *r);

/* Return: false when full (the pointer stays the caller's).  Any thread. */
bool ring_push(struct ring *r, void *item);

/*
 * ring_put_back() - an item that was popped, to be the next one again
 *
 * Behind all others where several were put back at once: of one consumer it is
 * always the next.  Wakes nobody, as the caller is one who will pop.
 * Return: false when full (the pointer stays the caller's).  Any thread.
 */
bool ring_put_back(struct ring *r, void *item);

/* Return: an item, or NULL at once when empty.  Any thread. */
void *ring_try_pop(struct ring *r);

/*
 * ring_pop() - take the oldest item, waiting for one
 * @mono_deadline_ns:  monotonic time to give up at; 0: do not wait,
 *                     UINT64_MAX: for ever
 *
 * Thread: any, outside any RCU read section (blocks).
 * Return: 0 and *item, RING_E_EMPTY or RING_E_CLOSED.
 */
int ring_pop(struct ring *r, uint64_t mono_deadline_ns, void **item);

/* Wakes every sleeping consumer; nothing may be pushed afterwards. */
void ring_close(struct ring *r);

/*
 * How many wait in it: an estimate while others push and pop, and never more
 * than there were.
 */
size_t ring_len(const struct ring *r);

/* How many were popped so far, in 32 bits; as much of an estimate. */
uint32_t ring_popped(const struct ring *r);

#endif
