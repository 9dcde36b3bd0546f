/*
 * Block: a feed that lets nobody read on, since it has no room and its
 * overflow is "block".  Says so in the log when that takes a while.
 */
#ifndef TAPFERRY_EVENT_BLOCK_H
#define TAPFERRY_EVENT_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct feed;

struct block {
	_Atomic unsigned workers;  /* atomic: those that wait for room */
	_Atomic uint64_t since_ns; /* atomic: monotonic, of the first of them */
	_Atomic bool told;         /* atomic: the log knows */
};

/* A worker begins to wait, waits on, and has found room.  Thread: worker. */
void block_begin(struct feed *f);
void block_last(struct feed *f);
void block_end(struct feed *f);

#endif
