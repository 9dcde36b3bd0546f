/*
 * Tape: frames as they go over the wire, one behind the other in memory, and
 * where each ends: a sender writes long stretches of it without touching a
 * frame, and can still tell how many frames it got rid of.
 */
#ifndef TAPFERRY_LOAD_TAPE_H
#define TAPFERRY_LOAD_TAPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct tape {
	uint8_t *data; /* length prefixes included */
	size_t len;
	size_t cap;
	size_t *ends; /* ends[i]: offset behind frame i */
	size_t frames;
	size_t frames_cap;
};

#define TAPE_NULL ((struct tape){ 0 })

void tape_deinit(struct tape *t);

/* Return: 0 or -ENOMEM. */
int tape_add(struct tape *t, struct slice payload);

/*
 * tape_add_generated() - `frames` generated messages (load/generate.h)
 * Return: 0 or -ENOMEM.
 */
int tape_add_generated(
	struct tape *t, size_t frames, uint64_t seed, uint64_t start_ns);

/* Where frame i begins (the end of the tape for i == frames). */
static inline size_t tape_start(const struct tape *t, size_t i)
{
	return i == 0 ? 0 : t->ends[i - 1];
}

/* The first frame from number `from` on that ends behind `offset`; t->frames
 * when none does. */
size_t tape_find(const struct tape *t, size_t from, size_t offset);

#endif
