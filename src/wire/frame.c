#include "wire/frame.h"

#include "wire/octets.h"

enum {
	LENGTH_LEN = 4,
	CONTROL_HEADER_LEN = 8, /* escape and length */
	CONTROL_MIN = 4,        /* its type, at least */
};

/* Octets of an oversized frame, as far as they have come.  True when done. */
static bool skip_oversized(struct frame_cutter *c, struct slice *in)
{
	size_t n = c->skip < in->len ? (size_t)c->skip : in->len;

	in->data += n;
	in->len -= n;
	c->skip -= n;
	return c->skip == 0;
}

static int next_control(struct slice *in, struct frame *frame)
{
	uint32_t len;

	if (in->len < CONTROL_HEADER_LEN)
		return FRAME_E_MORE;
	len = octets_get_u32(in->data + LENGTH_LEN);
	if (len < CONTROL_MIN || len > FRAME_CONTROL_MAX)
		return FRAME_E_IMPOSSIBLE;
	if (in->len - CONTROL_HEADER_LEN < len)
		return FRAME_E_MORE;
	frame->control = true;
	frame->payload = slice_from(in->data + CONTROL_HEADER_LEN, len);
	in->data += CONTROL_HEADER_LEN + len;
	in->len -= CONTROL_HEADER_LEN + len;
	return 0;
}

int frame_next(struct frame_cutter *c, struct slice *in, struct frame *frame)
{
	uint32_t len;

	if (c->skip > 0 && !skip_oversized(c, in))
		return FRAME_E_MORE;
	if (in->len < LENGTH_LEN)
		return FRAME_E_MORE;
	len = octets_get_u32(in->data);
	if (len == 0)
		return next_control(in, frame);
	if (len > c->max) {
		if (len > FRAME_IMPOSSIBLE)
			return FRAME_E_IMPOSSIBLE;
		c->skip = (uint64_t)LENGTH_LEN + len;
		skip_oversized(c, in);
		return FRAME_E_SKIPPED;
	}
	if (in->len - LENGTH_LEN < len)
		return FRAME_E_MORE;
	frame->control = false;
	frame->payload = slice_from(in->data + LENGTH_LEN, len);
	in->data += LENGTH_LEN + len;
	in->len -= LENGTH_LEN + len;
	return 0;
}

size_t frame_wanted(const struct frame_cutter *c, struct slice in)
{
	uint32_t len;

	if (c->skip > 0 || in.len < LENGTH_LEN)
		return LENGTH_LEN;
	len = octets_get_u32(in.data);
	if (len != 0)
		return LENGTH_LEN + (size_t)len;
	if (in.len < CONTROL_HEADER_LEN)
		return CONTROL_HEADER_LEN;
	return CONTROL_HEADER_LEN +
	       (size_t)octets_get_u32(in.data + LENGTH_LEN);
}
