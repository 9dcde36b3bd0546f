/*
 * Bell: wakes a thread that sleeps on descriptors (eventfd).
 */
#ifndef TAPFERRY_NET_BELL_H
#define TAPFERRY_NET_BELL_H

#include <stdbool.h>
#include <stdint.h>

struct bell {
	int fd; /* const after init: readable while it rings */
};

#define BELL_NULL ((struct bell){ .fd = -1 })

/* Return: 0 or -errno. */
int bell_init(struct bell *b);
void bell_deinit(struct bell *b);

/* It rings until it is silenced.  Any thread. */
void bell_ring(struct bell *b);

/* Return: how often it was rung since the last time.  Thread: the sleeper. */
uint64_t bell_silence(struct bell *b);

/*
 * bell_wait() - sleep until it rings
 * @timeout_ms:  -1: for ever
 *
 * Return: how often it was rung (now silenced), 0 when the time is over.
 */
uint64_t bell_wait(struct bell *b, int timeout_ms);

#endif
