/*
 * A peer's octets, as a worker meets them: cutter, handshake, dnstap.
 *
 * Checks that it does not matter how the stream was split into reads.
 */
#include "fuzz.h"

#include "wire/dnstap.h"
#include "wire/frame.h"
#include "wire/handshake.h"

enum { MAX_FRAME = 4096 }; /* low, so that inputs reach above it */

struct outcome {
	unsigned data, control, skipped, not_dnstap;
	size_t octets; /* of payloads */
	int end;       /* what ended the stream, if anything did */
};

struct stream {
	struct frame_cutter cutter;
	struct handshake handshake;
	struct outcome outcome;
};

static void stream_frame(struct stream *s, const struct frame *frame)
{
	struct dnstap tap;

	s->outcome.octets += frame->payload.len;
	if (frame->control) {
		int r = handshake_control(&s->handshake, frame->payload);

		s->outcome.control++;
		if (r != HANDSHAKE_E_ACCEPT)
			s->outcome.end = r;
		return;
	}
	s->outcome.data++;
	s->outcome.end = handshake_data(&s->handshake);
	if (s->outcome.end == 0 && dnstap_decode(&tap, frame->payload) != 0)
		s->outcome.not_dnstap++;
}

/* Cuts what is there; afterwards *in is the unfinished rest. */
static void stream_read(struct stream *s, struct slice *in)
{
	struct frame frame;
	int r = 0;

	while (s->outcome.end == 0 && r != FRAME_E_MORE) {
		size_t wanted = frame_wanted(&s->cutter, *in);
		bool skipping = s->cutter.skip > 0;

		r = frame_next(&s->cutter, in, &frame);
		if (r == 0) {
			FUZZ_CHECK(frame.payload.len > 0);
			stream_frame(s, &frame);
		} else if (r == FRAME_E_SKIPPED) {
			s->outcome.skipped++;
		} else if (r == FRAME_E_IMPOSSIBLE) {
			s->outcome.end = -r;
		} else if (!skipping) {
			FUZZ_CHECK(wanted > in->len);
			FUZZ_CHECK(wanted <= MAX_FRAME + 4);
		}
	}
}

static struct outcome outcome_of(
	const uint8_t *data, size_t size, size_t read_size)
{
	struct stream s = { .cutter = FRAME_CUTTER_INIT(MAX_FRAME) };
	size_t kept = 0; /* octets before `at` that are not cut yet */
	size_t at = 0;

	while (s.outcome.end == 0 && at < size) {
		size_t n = size - at < read_size ? size - at : read_size;
		uint8_t *window = fuzz_copy(data + at - kept, kept + n);
		struct slice in = slice_from(window, kept + n);

		stream_read(&s, &in);
		at += n;
		kept = in.len;
		free(window);
	}
	return s.outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole = outcome_of(data, size, size);
	struct outcome split = outcome_of(data, size, 1 + size % 61);

	FUZZ_CHECK(whole.data == split.data);
	FUZZ_CHECK(whole.control == split.control);
	FUZZ_CHECK(whole.skipped == split.skipped);
	FUZZ_CHECK(whole.not_dnstap == split.not_dnstap);
	FUZZ_CHECK(whole.octets == split.octets);
	FUZZ_CHECK(whole.end == split.end);
	return 0;
}
