#include "intake/stream.h"

static int take_control(struct conn *c, struct slice payload, const char **why)
{
	int r = handshake_control(&c->handshake, payload);

	switch (r) {
	case 0:
		return 0;
	case HANDSHAKE_E_ACCEPT:
		return STREAM_E_ACCEPT;
	case HANDSHAKE_E_FINISH:
		return STREAM_E_FINISH;
	case HANDSHAKE_E_CLOSE:
		return STREAM_E_END;
	default:
		*why = handshake_error_text(r);
		return STREAM_E_VIOLATION;
	}
}

/* What frame_next() found, MORE excepted. */
static int take_frame(struct conn *c, int found, const struct frame *f,
	struct sink *sink, const char **why)
{
	if (found == FRAME_E_IMPOSSIBLE) {
		*why = "a frame of impossible length";
		return STREAM_E_VIOLATION;
	}
	if (found == 0 && f->control)
		return take_control(c, f->payload, why);
	if (handshake_data(&c->handshake) != 0) {
		*why = handshake_error_text(HANDSHAKE_E_ORDER);
		return STREAM_E_VIOLATION;
	}
	if (found == FRAME_E_SKIPPED)
		sink_skip(sink);
	else if (sink_add(sink, f->payload) && c->origin == NULL)
		conn_note_origin(
			c, sink->event.tap.identity, sink->event.tap.version);
	return sink_is_full(sink) ? STREAM_E_FULL : 0;
}

static int keep(struct conn *c, struct slice *in, struct slice frame)
{
	int r = conn_keep(c, in, frame_wanted(&c->cutter, frame));

	return r == FRAME_MEMORY_E_FULL ? STREAM_E_STARVED : r;
}

/* The frame whose beginning an earlier read brought. */
static int take_rest(
	struct conn *c, struct slice *in, struct sink *sink, const char **why)
{
	for (;;) {
		struct slice rest = conn_rest(c);
		struct frame f;
		int r = frame_next(&c->cutter, &rest, &f);

		if (r != FRAME_E_MORE) {
			r = take_frame(c, r, &f, sink, why);
			conn_drop_rest(c);
			return r;
		}
		if (in->len == 0)
			return 0;
		r = keep(c, in, conn_rest(c));
		if (r != 0)
			return r;
	}
}

int stream_take(
	struct conn *c, struct slice *in, struct sink *sink, const char **why)
{
	struct frame f;
	int r;

	if (c->rest_len != 0) {
		r = take_rest(c, in, sink, why);
		if (r != 0 || c->rest_len != 0)
			return r;
	}
	for (;;) {
		r = frame_next(&c->cutter, in, &f);
		if (r == FRAME_E_MORE)
			return in->len == 0 ? 0 : keep(c, in, *in);
		r = take_frame(c, r, &f, sink, why);
		if (r != 0)
			return r;
	}
}

size_t stream_wanted(const struct conn *c)
{
	return frame_wanted(&c->cutter, conn_rest(c)) - c->rest_len;
}

bool stream_is_within_frame(const struct conn *c)
{
	return c->rest_len != 0 || c->cutter.skip != 0;
}
