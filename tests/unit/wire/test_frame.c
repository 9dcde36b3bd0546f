#include "wire/frame.h"

#include "lib/exact.h"
#include "lib/suite.h"

/* START, "abc", a frame of 300 octets, STOP: built once. */
static uint8_t stream[512];
static size_t stream_len;

enum { LONG_LEN = 300, MAX_FRAME = 256 };

static void stream_add(const void *data, size_t len)
{
	memcpy(stream + stream_len, data, len);
	stream_len += len;
}

static void stream_build(void)
{
	uint8_t payload[LONG_LEN];

	memset(payload, 'x', sizeof(payload));
	stream_len = 0;
	stream_add("\0\0\0\0\0\0\0\4\0\0\0\2", 12);
	stream_add("\0\0\0\3abc", 7);
	stream_add("\0\0\1\x2c", 4);
	stream_add(payload, sizeof(payload));
	stream_add("\0\0\0\1z", 5);
	stream_add("\0\0\0\0\0\0\0\4\0\0\0\3", 12);
}

struct seen {
	char log[64]; /* a letter a frame: c(ontrol) d(ata) s(kipped) */
	size_t n;
	size_t octets;
};

/* Cuts what is in `in`; true when the cutter asks for more. */
static void cut(struct frame_cutter *c, struct slice *in, struct seen *seen)
{
	struct frame frame;
	int r;

	while ((r = frame_next(c, in, &frame)) != FRAME_E_MORE) {
		ck_assert_uint_lt(seen->n, sizeof(seen->log) - 1);
		if (r == FRAME_E_SKIPPED) {
			seen->log[seen->n++] = 's';
			continue;
		}
		ck_assert_int_eq(r, 0);
		seen->log[seen->n++] = frame.control ? 'c' : 'd';
		seen->octets += frame.payload.len;
	}
}

/* The stream in two reads, the first of `split` octets. */
START_TEST(every_split_point_gives_the_same_frames)
{
	size_t split = (size_t)_i;
	struct frame_cutter c = FRAME_CUTTER_INIT(MAX_FRAME);
	struct slice first = exact_copy(stream, split);
	struct slice in = first;
	struct slice both;
	struct seen seen = { 0 };

	cut(&c, &in, &seen);
	both = exact_copy(stream + split - in.len, stream_len - split + in.len);
	in = both;
	cut(&c, &in, &seen);
	ck_assert_str_eq(seen.log, "cdsdc");
	ck_assert_uint_eq(seen.octets, 4 + 3 + 1 + 4);
	ck_assert_uint_eq(in.len, 0);
	ck_assert_uint_eq(c.skip, 0);
	exact_free(first);
	exact_free(both);
}
END_TEST

START_TEST(octet_by_octet_gives_the_same_frames)
{
	struct frame_cutter c = FRAME_CUTTER_INIT(MAX_FRAME);
	struct seen seen = { 0 };
	size_t kept = 0;

	for (size_t at = 1; at <= stream_len; at++) {
		struct slice in = slice_from(stream + at - 1 - kept, kept + 1);

		cut(&c, &in, &seen);
		kept = in.len;
	}
	ck_assert_str_eq(seen.log, "cdsdc");
	ck_assert_uint_eq(kept, 0);
}
END_TEST

START_TEST(a_payload_is_a_slice_of_the_callers_buffer)
{
	struct frame_cutter c = FRAME_CUTTER_INIT(MAX_FRAME);
	struct slice in = slice_from(stream, stream_len);
	struct frame frame;

	ck_assert_int_eq(frame_next(&c, &in, &frame), 0);
	ck_assert(frame.control);
	ck_assert_ptr_eq(frame.payload.data, stream + 8);
	ck_assert_uint_eq(frame.payload.len, 4);
	ck_assert_int_eq(frame_next(&c, &in, &frame), 0);
	ck_assert(!frame.control);
	ck_assert_ptr_eq(frame.payload.data, stream + 12 + 4);
	ck_assert_uint_eq(frame.payload.len, 3);
}
END_TEST

START_TEST(an_unfinished_frame_is_left_alone_and_says_what_it_wants)
{
	static const struct {
		const char *octets;
		size_t len, wanted;
	} cases[] = {
		{ "", 0, 4 },
		{ "\0\0\0", 3, 4 },
		{ "\0\0\0\x10xx", 6, 20 },
		{ "\0\0\0\0", 4, 8 },
		{ "\0\0\0\0\0\0\0", 7, 8 },
		{ "\0\0\0\0\0\0\0\x22\0", 9, 42 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct frame_cutter c = FRAME_CUTTER_INIT(MAX_FRAME);
		struct slice in = exact_copy(cases[i].octets, cases[i].len);
		struct slice before = in;
		struct frame frame;

		ck_assert_int_eq(frame_next(&c, &in, &frame), FRAME_E_MORE);
		ck_assert_ptr_eq(in.data, before.data);
		ck_assert_uint_eq(in.len, before.len);
		ck_assert_uint_eq(frame_wanted(&c, in), cases[i].wanted);
		exact_free(before);
	}
}
END_TEST

START_TEST(a_frame_of_the_limit_is_taken_and_one_octet_more_is_skipped)
{
	uint8_t octets[4 + 9] = { 0, 0, 0, 8 };
	struct frame_cutter c = FRAME_CUTTER_INIT(8);
	struct slice in = slice_from(octets, 12);
	struct frame frame;

	ck_assert_int_eq(frame_next(&c, &in, &frame), 0);
	ck_assert_uint_eq(frame.payload.len, 8);
	octets[3] = 9;
	in = slice_from(octets, 13);
	ck_assert_int_eq(frame_next(&c, &in, &frame), FRAME_E_SKIPPED);
	ck_assert_uint_eq(in.len, 0);
	ck_assert_int_eq(frame_next(&c, &in, &frame), FRAME_E_MORE);
}
END_TEST

START_TEST(while_skipping_only_a_header_is_wanted)
{
	static const uint8_t octets[] = { 0, 1, 0, 0, 'x' };
	struct frame_cutter c = FRAME_CUTTER_INIT(8);
	struct slice in = slice_from(octets, sizeof(octets));
	struct frame frame;

	ck_assert_int_eq(frame_next(&c, &in, &frame), FRAME_E_SKIPPED);
	ck_assert_uint_eq(c.skip, 65536 - 1);
	ck_assert_uint_eq(in.len, 0);
	ck_assert_uint_eq(frame_wanted(&c, in), 4);
}
END_TEST

START_TEST(lengths_that_cannot_be_end_the_connection)
{
	static const char *const headers[] = {
		"\xff\xff\xff\xff____",
		"\x04\0\0\1____",   /* 64 MiB and one */
		"\0\0\0\0\0\0\0\0", /* a control frame without a type */
		"\0\0\0\0\0\0\0\3",
		"\0\0\0\0\0\0\2\1", /* 513 octets */
		"\0\0\0\0\xff\xff\xff\xff",
	};

	for (size_t i = 0; i < COUNT(headers); i++) {
		struct frame_cutter c = FRAME_CUTTER_INIT(MAX_FRAME);
		struct slice in = slice_from(headers[i], 8);
		struct frame frame;

		ck_assert_int_eq(
			frame_next(&c, &in, &frame), FRAME_E_IMPOSSIBLE);
	}
}
END_TEST

START_TEST(the_longest_possible_frame_is_skipped_not_refused)
{
	struct frame_cutter c = FRAME_CUTTER_INIT(MAX_FRAME);
	struct slice in = slice_from("\4\0\0\0", 4);
	struct frame frame;

	ck_assert_int_eq(frame_next(&c, &in, &frame), FRAME_E_SKIPPED);
	ck_assert_uint_eq(c.skip, FRAME_IMPOSSIBLE);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("frame");

	stream_build();
	tcase_add_loop_test(t, every_split_point_gives_the_same_frames, 0,
		(int)stream_len + 1);
	tcase_add_test(t, octet_by_octet_gives_the_same_frames);
	tcase_add_test(t, a_payload_is_a_slice_of_the_callers_buffer);
	tcase_add_test(
		t, an_unfinished_frame_is_left_alone_and_says_what_it_wants);
	tcase_add_test(
		t, a_frame_of_the_limit_is_taken_and_one_octet_more_is_skipped);
	tcase_add_test(t, while_skipping_only_a_header_is_wanted);
	tcase_add_test(t, lengths_that_cannot_be_end_the_connection);
	tcase_add_test(t, the_longest_possible_frame_is_skipped_not_refused);
	return suite_run("frame", t);
}
