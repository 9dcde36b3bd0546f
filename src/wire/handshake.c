#include "wire/handshake.h"

#include "wire/frame.h"
#include "wire/octets.h"

enum control_type {
	CONTROL_ACCEPT = 1,
	CONTROL_START = 2,
	CONTROL_STOP = 3,
	CONTROL_READY = 4,
	CONTROL_FINISH = 5,
};

enum { FIELD_CONTENT_TYPE = 1 };

static const uint8_t accept_frame[] = "\0\0\0\0"   /* escape */
				      "\0\0\0\x22" /* length */
				      "\0\0\0\1"   /* ACCEPT */
				      "\0\0\0\1"   /* field: content type */
				      "\0\0\0\x16" /* its length */
	HANDSHAKE_CONTENT_TYPE;

static const uint8_t finish_frame[] = "\0\0\0\0\0\0\0\4\0\0\0\5";

/* Both arrays end in a NUL that is not of the frame. */
const struct slice handshake_accept = {
	.data = accept_frame,
	.len = sizeof(accept_frame) - 1,
};

const struct slice handshake_finish = {
	.data = finish_frame,
	.len = sizeof(finish_frame) - 1,
};

struct content_types {
	unsigned n;   /* fields seen */
	bool matched; /* one of them is ours */
};

static bool is_dnstap(struct slice type)
{
	static const char ours[] = HANDSHAKE_CONTENT_TYPE;

	return type.len == sizeof(ours) - 1 &&
	       memcmp(type.data, ours, sizeof(ours) - 1) == 0;
}

/* Reads the fields behind the frame's type; unknown ones are skipped. */
static bool fields_read(struct slice in, struct content_types *types)
{
	*types = (struct content_types){ 0 };
	while (in.len > 0) {
		uint32_t field, len;

		if (in.len < 8)
			return false;
		field = octets_get_u32(in.data);
		len = octets_get_u32(in.data + 4);
		in.data += 8;
		in.len -= 8;
		if (len > in.len)
			return false;
		if (field == FIELD_CONTENT_TYPE) {
			if (len > FRAME_TYPE_MAX)
				return false;
			types->n++;
			types->matched |= is_dnstap(slice_from(in.data, len));
		}
		in.data += len;
		in.len -= len;
	}
	return true;
}

static int control_ready(struct handshake *h, const struct content_types *types)
{
	if (h->state != HANDSHAKE_FIRST && h->state != HANDSHAKE_ACCEPTED)
		return HANDSHAKE_E_ORDER;
	if (!types->matched)
		return HANDSHAKE_E_CONTENT_TYPE;
	h->bidirectional = true;
	h->state = HANDSHAKE_ACCEPTED;
	return HANDSHAKE_E_ACCEPT;
}

static int control_start(struct handshake *h, const struct content_types *types)
{
	if (h->state != HANDSHAKE_FIRST && h->state != HANDSHAKE_ACCEPTED)
		return HANDSHAKE_E_ORDER;
	/* A START names what follows, so it has room for one type only. */
	if (types->n > 1)
		return HANDSHAKE_E_MALFORMED;
	if (!types->matched)
		return HANDSHAKE_E_CONTENT_TYPE;
	h->state = HANDSHAKE_OPEN;
	return 0;
}

static int control_stop(struct handshake *h)
{
	if (h->state != HANDSHAKE_OPEN)
		return HANDSHAKE_E_ORDER;
	h->state = HANDSHAKE_DONE;
	return h->bidirectional ? HANDSHAKE_E_FINISH : HANDSHAKE_E_CLOSE;
}

int handshake_control(struct handshake *h, struct slice payload)
{
	struct content_types types;

	if (payload.len < 4 || payload.len > FRAME_CONTROL_MAX)
		return HANDSHAKE_E_MALFORMED;
	if (!fields_read(slice_from(payload.data + 4, payload.len - 4), &types))
		return HANDSHAKE_E_MALFORMED;
	switch (octets_get_u32(payload.data)) {
	case CONTROL_READY:
		return control_ready(h, &types);
	case CONTROL_START:
		return control_start(h, &types);
	case CONTROL_STOP:
		return control_stop(h);
	case CONTROL_ACCEPT: /* ours to send */
	case CONTROL_FINISH:
	default:
		return HANDSHAKE_E_ORDER;
	}
}

const char *handshake_error_text(int error)
{
	switch (error) {
	case HANDSHAKE_E_CONTENT_TYPE:
		return "the peer does not offer " HANDSHAKE_CONTENT_TYPE;
	case HANDSHAKE_E_ORDER:
		return "a frame that does not belong here";
	case HANDSHAKE_E_MALFORMED:
		return "a control frame that cannot be read";
	default:
		return "no error";
	}
}
