/*
 * Range: the next events of a batch, as one run of bytes.
 *
 * Requests and writes take a range from b->first on: a partial reply, a split
 * or a rotation ends it between two events.
 */
#ifndef TAPFERRY_DELIVER_RANGE_H
#define TAPFERRY_DELIVER_RANGE_H

#include "base/slice.h"
#include "event/batch.h"

/* The bytes of the next n unsettled events. */
static inline struct slice range_bytes(const struct batch *b, uint32_t n)
{
	size_t start = batch_start(b, b->first);

	return slice_from(
		b->data + start, batch_start(b, b->first + n) - start);
}

/* How many unsettled events fit into max_bytes together: 0 or more. */
static inline uint32_t range_events(const struct batch *b, size_t max_bytes)
{
	size_t start = batch_start(b, b->first);
	uint32_t low = 0, high = batch_left(b);

	while (low < high) { /* the first `low` of them are known to fit */
		uint32_t n = high - (high - low) / 2;

		if (batch_start(b, b->first + n) - start <= max_bytes)
			low = n;
		else
			high = n - 1;
	}
	return low;
}

#endif
