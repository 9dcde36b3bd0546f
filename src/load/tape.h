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

enum { TAPE_PREFIX_LEN = 4 }; /* octets of a frame's length */

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
 * @identity:  the DNS server they are of
 *
 * Return: 0 or -ENOMEM.
 */
int tape_add_generated(struct tape *t, size_t frames, uint64_t seed,
	uint64_t start_ns, const char *identity);

/*
 * tape_stamp() - frames `first` up to before `last` happened at that time
 * Writes over the query and response times there are; a frame that has none,
 * or is no dnstap message, stays as it is.
 */
void tape_stamp(struct tape *t, size_t first, size_t last, uint64_t real_ns);

/* Where frame i begins (the end of the tape for i == frames). */
static inline size_t tape_start(const struct tape *t, size_t i)
{
	return i == 0 ? 0 : t->ends[i - 1];
}

/* The first frame from number `from` on that ends behind `offset`; t->frames
 * when none does. */
size_t tape_find(const struct tape *t, size_t from, size_t offset);

#endif
