/* Tape and captures: frames in memory, found again by their offsets. */
#include <check.h>
#include <errno.h>
#include <fstrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/suite.h"
#include "load/capture.h"
#include "load/tape.h"
#include "wire/dnstap.h"
#include "wire/handshake.h"

static struct tape tape;
static char path[64];

static void setup(void)
{
	int fd;

	tape = TAPE_NULL;
	snprintf(path, sizeof(path), "test_tape.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	tape_deinit(&tape);
	unlink(path);
}

START_TEST(a_frame_is_its_length_and_its_payload)
{
	static const uint8_t want[] = { 0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 1,
		'd' };

	ck_assert_int_eq(tape_add(&tape, slice_from_str("abc")), 0);
	ck_assert_int_eq(tape_add(&tape, slice_from_str("d")), 0);
	ck_assert_uint_eq(tape.frames, 2);
	ck_assert_uint_eq(tape.len, sizeof(want));
	ck_assert_mem_eq(tape.data, want, sizeof(want));
	ck_assert_uint_eq(tape_start(&tape, 0), 0);
	ck_assert_uint_eq(tape_start(&tape, 1), 7);
	ck_assert_uint_eq(tape_start(&tape, 2), sizeof(want));
}
END_TEST

START_TEST(an_offset_finds_the_frame_it_is_in)
{
	enum { FRAMES = 1000 };

	ck_assert_int_eq(
		tape_add_generated(&tape, FRAMES, 1, 0, "resolver-1"), 0);
	ck_assert_uint_eq(tape.frames, FRAMES);
	for (size_t i = 0; i < FRAMES; i++) {
		size_t start = tape_start(&tape, i);

		ck_assert_uint_eq(tape_find(&tape, 0, start), i);
		ck_assert_uint_eq(tape_find(&tape, i, tape.ends[i] - 1), i);
		ck_assert_uint_eq(tape_find(&tape, i, tape.ends[i]), i + 1);
	}
	ck_assert_uint_eq(tape_find(&tape, 0, tape.len + 1), FRAMES);
}
END_TEST

START_TEST(a_stamp_changes_times_and_nothing_else)
{
	enum { FRAMES = 1000 };
	static const uint64_t made_ns = UINT64_C(1700000000123456789);
	static const uint64_t sent_ns = UINT64_C(1800000000987654321);
	struct tape before = TAPE_NULL;

	ck_assert_int_eq(
		tape_add_generated(&tape, FRAMES, 1, made_ns, "resolver-1"), 0);
	ck_assert_int_eq(
		tape_add_generated(&before, FRAMES, 1, made_ns, "resolver-1"),
		0);
	tape_stamp(&tape, 1, FRAMES, sent_ns);
	ck_assert_mem_eq(tape.data, before.data, tape.ends[0]);
	for (size_t i = 1; i < FRAMES; i++) {
		size_t start = tape_start(&tape, i) + TAPE_PREFIX_LEN;
		struct dnstap d, was;

		ensure(dnstap_decode(&d, slice_from(tape.data + start,
						 tape.ends[i] - start)) == 0);
		ensure(dnstap_decode(&was, slice_from(before.data + start,
						   tape.ends[i] - start)) == 0);
		ensure(was.query_time_sec == 0 ||
			(d.query_time_sec == sent_ns / 1000000000 &&
				d.query_time_nsec == sent_ns % 1000000000));
		ensure(was.response_time_sec == 0 ||
			(d.response_time_sec == sent_ns / 1000000000 &&
				d.response_time_nsec == sent_ns % 1000000000));
		ensure(d.query_time_sec + d.response_time_sec > 0);
		ensure(d.type == was.type && d.query_port == was.query_port);
	}
	tape_deinit(&before);
}
END_TEST

START_TEST(what_is_no_dnstap_message_stays_as_it_is)
{
	static const char *const payloads[] = { "", "x", "\x72\x05",
		"\x72\x02\x40\x80", "no protobuf at all" };

	for (size_t i = 0; i < COUNT(payloads); i++)
		ck_assert_int_eq(
			tape_add(&tape, slice_from_str(payloads[i])), 0);
	tape_stamp(&tape, 0, tape.frames, UINT64_MAX);
	for (size_t i = 0; i < COUNT(payloads); i++)
		ck_assert_mem_eq(
			tape.data + tape_start(&tape, i) + TAPE_PREFIX_LEN,
			payloads[i], strlen(payloads[i]));
}
END_TEST

static void write_capture(const char *type, unsigned frames)
{
	struct fstrm_file_options *file = fstrm_file_options_init();
	struct fstrm_writer_options *options = fstrm_writer_options_init();
	struct fstrm_writer *w;

	fstrm_file_options_set_file_path(file, path);
	fstrm_writer_options_add_content_type(options, type, strlen(type));
	w = fstrm_file_writer_init(file, options);
	fstrm_writer_open(w);
	for (unsigned i = 0; i < frames; i++)
		fstrm_writer_write(w, "payload", 7);
	fstrm_writer_close(w);
	fstrm_writer_destroy(&w);
	fstrm_file_options_destroy(&file);
	fstrm_writer_options_destroy(&options);
}

START_TEST(captures_follow_each_other_on_the_tape)
{
	write_capture(HANDSHAKE_CONTENT_TYPE, 5);
	ck_assert_int_eq(capture_read(&tape, path), 0);
	ck_assert_int_eq(capture_read(&tape, path), 0);
	ck_assert_uint_eq(tape.frames, 10);
	ck_assert_uint_eq(tape.len, 10 * (4 + 7));
}
END_TEST

START_TEST(a_cut_capture_gives_what_is_whole)
{
	write_capture(HANDSHAKE_CONTENT_TYPE, 5);
	/* STOP is 12 octets, a frame 11 */
	ck_assert_int_eq(truncate(path, 8 + 34 + 3 * 11 + 5), 0);
	ck_assert_int_eq(capture_read(&tape, path), CAPTURE_E_CUT);
	ck_assert_uint_eq(tape.frames, 3);
}
END_TEST

START_TEST(another_type_or_no_capture_is_refused)
{
	write_capture("protobuf:something.Else", 5);
	ck_assert_int_eq(capture_read(&tape, path), CAPTURE_E_FORMAT);
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(capture_read(&tape, path), CAPTURE_E_FORMAT);
	ck_assert_int_eq(capture_read(&tape, "no/such/file"), -ENOENT);
	ck_assert_uint_eq(tape.frames, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("tape");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_frame_is_its_length_and_its_payload);
	tcase_add_test(tc, an_offset_finds_the_frame_it_is_in);
	tcase_add_test(tc, captures_follow_each_other_on_the_tape);
	tcase_add_test(tc, a_cut_capture_gives_what_is_whole);
	tcase_add_test(tc, a_stamp_changes_times_and_nothing_else);
	tcase_add_test(tc, what_is_no_dnstap_message_stays_as_it_is);
	tcase_add_test(tc, another_type_or_no_capture_is_refused);
	return suite_run("tape", tc);
}
