/* A producer's connection, with a peer that the test plays. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/suite.h"
#include "load/producer.h"
#include "wire/frame.h"
#include "wire/handshake.h"

enum { FRAMES = 20000 };

static char path[64];
static struct producer_settings settings;
static struct tape tape;
static struct producer p;
static int listener;
static int peer = -1;

static void setup(void)
{
	char dir[] = "/tmp/test_producer.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	settings = (struct producer_settings){ 0 };
	ck_assert_int_eq(address_parse(&settings.link.to, path), 0);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(
		bind(listener, &settings.link.to.sa, settings.link.to.len), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	tape = TAPE_NULL;
	ck_assert_int_eq(
		tape_add_generated(&tape, FRAMES, 1, 0, "resolver-1"), 0);
	producer_init(&p, 1, &settings, &tape);
}

static void teardown(void)
{
	if (!producer_is_over(&p))
		producer_abort(&p, -ECANCELED);
	tape_deinit(&tape);
	close(listener);
	if (peer >= 0)
		close(peer);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

static void open_both(bool bidirectional)
{
	settings.unidirectional = !bidirectional;
	ck_assert_int_eq(producer_open(&p, NULL), 0);
	ck_assert(producer_write(&p)); /* its first word */
	peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_ge(peer, 0);
}

static void say(struct slice s)
{
	ck_assert_int_eq(write(peer, s.data, s.len), (ssize_t)s.len);
	producer_read(&p);
}

/* Reads what is there, through the real cutter and handshake. */
struct received {
	struct frame_cutter cutter;
	struct handshake handshake;
	uint8_t *data;
	size_t len;
	size_t at;
	int said;      /* of the last control frame */
	size_t frames; /* whole data frames */
};

static void receive(struct received *r)
{
	struct slice in;
	struct frame frame;
	ssize_t n;

	if (r->data == NULL) {
		r->data = malloc(tape.len * 2);
		r->cutter = FRAME_CUTTER_INIT(65536);
		r->handshake = HANDSHAKE_INIT;
	}
	while ((n = read(peer, r->data + r->len, tape.len * 2 - r->len)) > 0)
		r->len += (size_t)n;
	in = slice_from(r->data + r->at, r->len - r->at);
	while (frame_next(&r->cutter, &in, &frame) == 0) {
		if (frame.control)
			r->said =
				handshake_control(&r->handshake, frame.payload);
		else
			r->frames++;
	}
	r->at = r->len - in.len;
}

START_TEST(a_bidirectional_stream_goes_from_ready_to_finish)
{
	struct received r = { 0 };

	open_both(true);
	ck_assert_int_eq(p.state, PRODUCER_GREETING);
	receive(&r);
	ck_assert_int_eq(r.said, HANDSHAKE_E_ACCEPT);
	say(handshake_accept);
	ck_assert_int_eq(p.state, PRODUCER_OPEN);
	producer_play(&p, 10, 110);
	ck_assert(producer_write(&p));
	producer_stop(&p);
	ck_assert(producer_write(&p));
	receive(&r);
	ck_assert_int_eq(r.said, HANDSHAKE_E_FINISH);
	ck_assert_uint_eq(r.frames, 100);
	ck_assert_uint_eq(p.frames, 100);
	ck_assert_uint_eq(
		p.bytes, tape_start(&tape, 110) - tape_start(&tape, 10));
	ck_assert_int_eq(p.state, PRODUCER_STOPPING);
	say(handshake_finish);
	ck_assert_int_eq(p.state, PRODUCER_DONE);
	free(r.data);
}
END_TEST

START_TEST(a_unidirectional_stream_waits_for_nobody)
{
	struct received r = { 0 };

	open_both(false);
	producer_play(&p, 0, 5);
	ck_assert(producer_write(&p));
	producer_stop(&p);
	ck_assert(!producer_write(&p));
	ck_assert_int_eq(p.state, PRODUCER_DONE);
	receive(&r);
	ck_assert_int_eq(r.said, HANDSHAKE_E_CLOSE);
	ck_assert_uint_eq(r.frames, 5);
	free(r.data);
}
END_TEST

START_TEST(only_whole_frames_count_when_the_peer_goes)
{
	struct received r = { 0 };

	open_both(false);
	producer_play(&p, 0, FRAMES);
	ck_assert(!producer_write(&p)); /* more than a socket holds */
	receive(&r);
	ck_assert(!producer_write(&p));
	receive(&r);
	close(peer);
	peer = -1;
	ck_assert(!producer_write(&p));
	ck_assert_int_eq(p.state, PRODUCER_FAILED);
	ck_assert_int_eq(p.error, PRODUCER_E_CLOSED);
	ck_assert_uint_eq(p.frames, r.frames);
	ck_assert_uint_lt(p.frames, FRAMES);
	free(r.data);
}
END_TEST

START_TEST(trimming_ends_with_the_frame_being_written)
{
	struct received r = { 0 };

	open_both(false);
	producer_play(&p, 0, FRAMES);
	ck_assert(!producer_write(&p));
	producer_trim(&p);
	receive(&r);
	ck_assert(producer_write(&p));
	producer_stop(&p);
	producer_write(&p);
	receive(&r);
	ck_assert_int_eq(r.said, HANDSHAKE_E_CLOSE);
	ck_assert_uint_eq(p.frames, r.frames);
	free(r.data);
}
END_TEST

START_TEST(accept_for_another_type_is_a_refusal)
{
	static const uint8_t accept_other[] = { 0, 0, 0, 0, 0, 0, 0, 15, 0, 0,
		0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 'f', 'o', 'o' };

	open_both(true);
	say(slice_from(accept_other, sizeof(accept_other)));
	ck_assert_int_eq(p.state, PRODUCER_FAILED);
	ck_assert_int_eq(p.error, PRODUCER_E_REFUSED);
}
END_TEST

START_TEST(accept_may_come_octet_by_octet)
{
	open_both(true);
	for (size_t i = 0; i < handshake_accept.len; i++) {
		ck_assert_int_eq(p.state, PRODUCER_GREETING);
		say(slice_from(handshake_accept.data + i, 1));
	}
	ck_assert_int_eq(p.state, PRODUCER_OPEN);
}
END_TEST

START_TEST(another_protocol_ends_the_connection)
{
	open_both(true);
	say(slice_from_str("HTTP/1.1 400 Bad Request\r\n"));
	ck_assert_int_eq(p.state, PRODUCER_FAILED);
	ck_assert_int_eq(p.error, PRODUCER_E_PROTOCOL);
}
END_TEST

START_TEST(finish_before_stop_ends_the_connection)
{
	open_both(true);
	say(handshake_accept);
	say(handshake_finish);
	ck_assert_int_eq(p.error, PRODUCER_E_PROTOCOL);
}
END_TEST

START_TEST(nobody_there_is_an_error_with_a_reason)
{
	char text[PRODUCER_FAILURE_MAX];

	unlink(path);
	ck_assert_int_eq(producer_open(&p, NULL), -ENOENT);
	ck_assert_int_eq(p.state, PRODUCER_FAILED);
	producer_failure_text(&p, text);
	ck_assert_ptr_nonnull(strstr(text, path));
	ck_assert_ptr_nonnull(strstr(text, "nobody listens there"));
}
END_TEST

/* Everything but one octet, however long it is told to go on. */
START_TEST(a_handshake_that_stalls_is_never_whole)
{
	struct received r = { 0 };

	settings.stall = PRODUCER_STALL_HANDSHAKE;
	open_both(true);
	ck_assert_int_eq(p.state, PRODUCER_STALLED);
	receive(&r);
	ck_assert_uint_gt(r.len, 8); /* it has begun to be one */
	ck_assert_int_eq(r.said, 0);
	for (int i = 0; i < 2 * FRAME_TYPE_MAX; i++)
		producer_trickle(&p);
	receive(&r);
	ck_assert_int_eq(r.said, 0);
	ck_assert_uint_eq(r.len, p.out_len - 1);
	producer_leave(&p);
	ck_assert_int_eq(p.state, PRODUCER_DONE);
	free(r.data);
}
END_TEST

START_TEST(a_frame_that_stalls_goes_on_octet_by_octet)
{
	struct received r = { 0 };
	size_t half = tape.ends[0] / 2;

	settings.stall = PRODUCER_STALL_FRAME;
	open_both(true);
	say(handshake_accept);
	ck_assert_int_eq(p.state, PRODUCER_OPEN);
	producer_write(&p);
	ck_assert_int_eq(p.state, PRODUCER_STALLED);
	receive(&r);
	ck_assert_uint_eq(r.frames, 0);
	for (size_t i = half; i < tape.ends[0] - 1; i++)
		producer_trickle(&p);
	receive(&r);
	ck_assert_uint_eq(r.frames, 0);
	ck_assert_uint_eq(p.frames, 0);
	producer_trickle(&p);
	receive(&r);
	ck_assert_uint_eq(r.frames, 1);
	ck_assert_uint_eq(p.frames, 1);
	free(r.data);
}
END_TEST

START_TEST(a_stalled_one_hears_that_the_peer_goes)
{
	settings.stall = PRODUCER_STALL_FRAME;
	open_both(true);
	say(handshake_accept);
	producer_write(&p);
	close(peer);
	peer = -1;
	producer_read(&p);
	ck_assert_int_eq(p.state, PRODUCER_FAILED);
	ck_assert_int_eq(p.error, PRODUCER_E_CLOSED);
}
END_TEST

START_TEST(a_full_queue_of_the_listener_is_no_failure)
{
	struct producer others[16];
	size_t n = 0;
	int r = 0;

	while (n < 16 && r == 0) {
		producer_init(&others[n], 2, &settings, &tape);
		r = producer_open(&others[n], NULL);
		n++;
	}
	ck_assert_int_eq(r, LINK_E_BUSY);
	ck_assert_int_eq(others[n - 1].state, PRODUCER_CLOSED);
	peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_eq(producer_open(&others[n - 1], NULL), 0);
	while (n-- > 0)
		producer_abort(&others[n], -ECANCELED);
	producer_abort(&p, -ECANCELED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("producer");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_bidirectional_stream_goes_from_ready_to_finish);
	tcase_add_test(tc, a_unidirectional_stream_waits_for_nobody);
	tcase_add_test(tc, only_whole_frames_count_when_the_peer_goes);
	tcase_add_test(tc, trimming_ends_with_the_frame_being_written);
	tcase_add_test(tc, accept_for_another_type_is_a_refusal);
	tcase_add_test(tc, accept_may_come_octet_by_octet);
	tcase_add_test(tc, another_protocol_ends_the_connection);
	tcase_add_test(tc, finish_before_stop_ends_the_connection);
	tcase_add_test(tc, a_handshake_that_stalls_is_never_whole);
	tcase_add_test(tc, a_frame_that_stalls_goes_on_octet_by_octet);
	tcase_add_test(tc, a_stalled_one_hears_that_the_peer_goes);
	tcase_add_test(tc, a_full_queue_of_the_listener_is_no_failure);
	tcase_add_test(tc, nobody_there_is_an_error_with_a_reason);
	return suite_run("producer", tc);
}
