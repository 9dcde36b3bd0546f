/*
 * Keys: which requests were taken already, by their Idempotency-Key.
 *
 * A table of fixed size: a key may be forgotten for a later one, which a test
 * notices as events that come twice.
 */
#ifndef TAPFERRY_LOAD_KEYS_H
#define TAPFERRY_LOAD_KEYS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct keys {
	pthread_mutex_t lock;
	uint64_t *taken; /* guarded: lock; by place, 0: none */
};

/* Return: 0 or -ENOMEM. */
int keys_init(struct keys *k);
void keys_deinit(struct keys *k);

/* Notes a key.  Any thread.  Return: false: it was noted before. */
bool keys_add(struct keys *k, const char *key);

#endif
