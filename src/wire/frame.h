/*
 * Frame: cuts a Frame Streams byte stream into frames.
 *
 * Data frame: 4-octet big-endian length, payload.  Control frame: 4 zero
 * octets (the escape), 4-octet length, payload of at most 512 octets.
 * The cutter keeps no bytes: the caller holds the buffer, and what is left of
 * an unfinished frame stays there until more has come.
 *
 * Specification: https://farsightsec.github.io/fstrm/ (control.h).
 */
#ifndef TAPFERRY_WIRE_FRAME_H
#define TAPFERRY_WIRE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	FRAME_CONTROL_MAX = 512, /* octets of a control frame's payload */
	FRAME_TYPE_MAX = 256,    /* octets of a content type */
	FRAME_IMPOSSIBLE =
		64 * 1024 * 1024, /* a longer data frame ends the connection */
};

enum {
	FRAME_E_MORE = 1,   /* the frame is not whole yet: read on */
	FRAME_E_SKIPPED,    /* a data frame above max began: counted, its octets
			       are skipped; call again */
	FRAME_E_IMPOSSIBLE, /* a length nothing can satisfy, or a control frame
			       of a size it cannot have: close */
};

struct frame {
	bool control; /* a control frame's payload, else a data frame's */
	struct slice payload; /* of the caller's buffer */
};

/* State between reads: only what is left to skip of an oversized frame. */
struct frame_cutter {
	uint32_t max;  /* octets of the largest data frame taken */
	uint64_t skip; /* octets of an oversized frame still to come */
};

#define FRAME_CUTTER_INIT(max_bytes) \
	((struct frame_cutter){ .max = (max_bytes) })

/*
 * frame_next() - the next frame of what has been read
 * @in:     in: octets not yet cut; out: behind the frame (left alone on
 *          FRAME_E_MORE except for skipped octets)
 * @frame:  set on 0
 *
 * A data frame of length zero cannot exist: it reads as the escape.
 * Pure; any thread.  Return: 0 or FRAME_E_*.
 */
int frame_next(struct frame_cutter *c, struct slice *in, struct frame *frame);

/*
 * How many octets the unfinished frame at `in` needs in all, header included
 * (4 or 8 while the header itself is not whole): what the caller must have
 * room for.
 */
size_t frame_wanted(const struct frame_cutter *c, struct slice in);

#endif
