/*
 * Frame memory: what all half frames together may take (limits.frame_memory).
 *
 * A connection holds memory only while a frame of its has come in part.  The
 * memory is malloc's; here is the account of it, charged before it is taken, so
 * the limit is exact however many workers ask at once.
 *
 * Small pieces are not counted: handshakes and most frames need no more, so
 * peers that have used it all up harm nobody but those with large frames.
 */
#ifndef TAPFERRY_INTAKE_FRAME_MEMORY_H
#define TAPFERRY_INTAKE_FRAME_MEMORY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct frame_memory {
	_Atomic size_t size;          /* atomic: octets; set by main */
	_Atomic size_t in_use;        /* atomic: octets */
	_Atomic uint64_t allocations; /* atomic: since the start */
};

/* What a look at it shows. */
struct frame_memory_use {
	size_t size, in_use;
	uint64_t allocations;
};

enum { FRAME_MEMORY_E_FULL = 1 }; /* the limit is reached */

enum { FRAME_MEMORY_FREE = 1024 }; /* octets of a piece that is not counted */

static inline void frame_memory_init(struct frame_memory *m, size_t size)
{
	atomic_init(&m->size, size);
	atomic_init(&m->in_use, 0);
	atomic_init(&m->allocations, 0);
}

/*
 * frame_memory_grow() - make a piece larger; one of 0 octets is NULL
 * @piece:  set on 0, with its contents; left alone otherwise
 *
 * Any thread, the piece's owner.  Return: 0, FRAME_MEMORY_E_FULL or -ENOMEM.
 */
int frame_memory_grow(
	struct frame_memory *m, uint8_t **piece, size_t from, size_t to);

/* Gives a piece back, and sets it to NULL. */
void frame_memory_put(struct frame_memory *m, uint8_t **piece, size_t size);

struct frame_memory_use frame_memory_look(const struct frame_memory *m);

#endif
