/*
 * A sequence of control frames.  Input: each with two octets of length in
 * front, a length of 0 standing for a data frame.
 */
#include "fuzz.h"

#include "wire/handshake.h"
#include "wire/octets.h"

static void check_step(
	const struct handshake *before, const struct handshake *after, int r)
{
	FUZZ_CHECK(after->state >= before->state);
	FUZZ_CHECK(after->bidirectional >= before->bidirectional);
	switch (r) {
	case 0:
		FUZZ_CHECK(after->state == HANDSHAKE_OPEN);
		FUZZ_CHECK(before->state < HANDSHAKE_OPEN);
		break;
	case HANDSHAKE_E_ACCEPT:
		FUZZ_CHECK(after->state == HANDSHAKE_ACCEPTED);
		FUZZ_CHECK(after->bidirectional);
		break;
	case HANDSHAKE_E_FINISH:
	case HANDSHAKE_E_CLOSE:
		FUZZ_CHECK(before->state == HANDSHAKE_OPEN);
		FUZZ_CHECK(after->state == HANDSHAKE_DONE);
		FUZZ_CHECK(after->bidirectional == (r == HANDSHAKE_E_FINISH));
		break;
	default:
		FUZZ_CHECK(after->state == before->state);
		FUZZ_CHECK(handshake_error_text(r)[0] != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct handshake h = HANDSHAKE_INIT;
	int r = 0;

	while (size >= 2 && (r == 0 || r == HANDSHAKE_E_ACCEPT)) {
		size_t len = octets_get_u16(data);
		struct handshake before = h;
		uint8_t *payload;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		if (len == 0) {
			r = handshake_data(&h);
			continue;
		}
		payload = fuzz_copy(data, len);
		r = handshake_control(&h, slice_from(payload, len));
		check_step(&before, &h, r);
		free(payload);
		data += len;
		size -= len;
	}
	return 0;
}
