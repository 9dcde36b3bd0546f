#include "intake/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "lib/suite.h"

enum { MAX_FRAME = 200 };

static struct frame_memory memory = { .size = 64 * 1024 };
static struct feed feed;
static struct stat_set stats;
static struct sink sink;
static struct conn *conn;

static void set_up_with(enum feed_overflow overflow)
{
	const struct feed_settings fs = {
		.name = "test",
		.batch_events = 2,
		.batch_bytes = 64 * 1024,
		.linger_ns = NS_PER_S,
		.buffer_events = 1000,
		.overflow = overflow,
	};
	const struct sockaddr sa = { .sa_family = AF_UNIX };
	struct filler *filler = calloc(1, sizeof(*filler));

	ck_assert_int_eq(feed_init(&feed, &fs, 1, 1), 0);
	ck_assert_int_eq(stat_set_init(&stats, 1), 0);
	ck_assert_int_eq(sink_init(&sink, &stats.shards[0]), 0);
	ck_assert_int_eq(filler_init(filler, &feed, 0), 0);
	sink_change(&sink, &filler, 1);
	ck_assert_int_eq(conn_new(&conn, socket(AF_UNIX, SOCK_STREAM, 0), &sa,
				 0, MAX_FRAME, &memory, 0),
		0);
}

static void set_up(void)
{
	set_up_with(OVERFLOW_DROP);
}

static void tear_down(void)
{
	struct batch *b;

	conn_free(conn);
	sink_flush(&sink);
	sink_deinit(&sink);
	while ((b = ring_try_pop(&feed.sealed)) != NULL)
		batch_pool_put(&feed.pool, &b);
	stat_set_deinit(&stats);
	feed_deinit(&feed);
}

/* READY, START, frames of all kinds, STOP. */
static struct script make_script(void)
{
	struct script s = SCRIPT_NULL;

	script_control(&s, SCRIPT_READY, SCRIPT_TYPE);
	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	script_event(&s, 1);
	script_rubbish(&s, 3);
	script_rubbish(&s, MAX_FRAME + 100);
	script_event(&s, 2);
	script_control(&s, SCRIPT_STOP, NULL);
	return s;
}

/* What stream_take() says besides 0, in the order it says it. */
static unsigned said[4], n_said;

static void take(const uint8_t *data, size_t len)
{
	struct slice in = slice_from(data, len);
	const char *why = NULL;
	int r;

	while ((r = stream_take(conn, &in, &sink, &why)) != 0) {
		ck_assert_uint_lt(n_said, COUNT(said));
		said[n_said++] = (unsigned)r;
	}
	ck_assert_uint_eq(in.len, 0);
}

START_TEST(every_split_point_gives_the_same)
{
	struct script s = make_script();
	size_t split = (size_t)_i;

	if (split <= s.len) {
		n_said = 0;
		/* copies, so a sanitizer sees a look beyond the piece */
		uint8_t *first = malloc(split), *second = malloc(s.len - split);

		memcpy(first, s.data, split);
		memcpy(second, s.data + split, s.len - split);
		take(first, split);
		take(second, s.len - split);
		free(first);
		free(second);
		ck_assert_uint_eq(n_said, 2);
		ck_assert_uint_eq(said[0], STREAM_E_ACCEPT);
		ck_assert_uint_eq(said[1], STREAM_E_FINISH);
		ck_assert_uint_eq(sink.received, 4);
		ck_assert_uint_eq(sink.not_dnstap, 1);
		ck_assert_uint_eq(sink.too_large, 1);
		ck_assert(!stream_is_within_frame(conn));
		ck_assert_ptr_null(conn->rest);
	}
	script_free(&s);
}
END_TEST

START_TEST(a_handshake_can_be_read_without_going_past_it)
{
	struct script s = make_script();
	size_t pos = 0, reads = 0;
	const char *why;

	while (conn->handshake.state != HANDSHAKE_OPEN) {
		size_t want = stream_wanted(conn);
		struct slice in = slice_from(s.data + pos, want);

		ck_assert_uint_le(pos + want, s.len);
		pos += want;
		stream_take(conn, &in, &sink, &why);
		reads++;
	}
	ck_assert_uint_eq(pos, 2 * (12 + 8 + strlen(SCRIPT_TYPE)));
	ck_assert_uint_le(reads, 6);
	script_free(&s);
}
END_TEST

START_TEST(a_half_frame_is_kept_and_seen)
{
	struct script s = SCRIPT_NULL;

	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	take(s.data, s.len);
	ck_assert(!stream_is_within_frame(conn));
	s.len = 0;
	script_event(&s, 1);
	take(s.data, s.len - 1);
	ck_assert(stream_is_within_frame(conn));
	take(s.data + s.len - 1, 1);
	ck_assert(!stream_is_within_frame(conn));
	/* of an oversized frame nothing is kept, and it is not over yet */
	s.len = 0;
	script_rubbish(&s, MAX_FRAME + 1);
	take(s.data, s.len - 1);
	ck_assert(stream_is_within_frame(conn));
	ck_assert_uint_eq(conn->rest_len, 0);
	script_free(&s);
}
END_TEST

START_TEST(a_full_sink_stops_between_two_frames)
{
	enum { EVENTS = 3000 };
	struct script s = SCRIPT_NULL;
	const char *why;
	unsigned stops = 0;
	int r;

	/* now with a feed that blocks */
	tear_down();
	set_up_with(OVERFLOW_BLOCK);
	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	for (uint32_t i = 0; i < EVENTS; i++)
		script_event(&s, i);
	struct slice in = slice_from(s.data, s.len);

	while ((r = stream_take(conn, &in, &sink, &why)) == STREAM_E_FULL) {
		struct batch *b;

		stops++;
		ck_assert(sink_is_blocked(&sink));
		while ((b = ring_try_pop(&feed.sealed)) != NULL)
			batch_pool_put(&feed.pool, &b);
		ck_assert(!sink_is_blocked(&sink));
	}
	ck_assert_int_eq(r, 0);
	ck_assert_uint_ge(stops, 2);
	ck_assert_uint_eq(sink.received, EVENTS);
	ck_assert_uint_eq(stat_sum(&feed.stats, OUTPUT_TAKEN), EVENTS);
	script_free(&s);
}
END_TEST

START_TEST(counts_move_to_the_shared_counters_once)
{
	struct script s = make_script();

	n_said = 0;
	take(s.data, s.len);
	ck_assert_uint_eq(stat_sum(&stats, INTAKE_RECEIVED), 0);
	sink_count(&sink);
	sink_count(&sink);
	ck_assert_uint_eq(stat_sum(&stats, INTAKE_RECEIVED), 4);
	ck_assert_uint_eq(stat_sum(&stats, INTAKE_DROPPED_NOT_DNSTAP), 1);
	ck_assert_uint_eq(stat_sum(&stats, INTAKE_DROPPED_FRAME_TOO_LARGE), 1);
	script_free(&s);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("stream");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, every_split_point_gives_the_same, 0, 620);
	tcase_add_test(t, a_handshake_can_be_read_without_going_past_it);
	tcase_add_test(t, a_half_frame_is_kept_and_seen);
	tcase_add_test(t, a_full_sink_stops_between_two_frames);
	tcase_add_test(t, counts_move_to_the_shared_counters_once);
	return suite_run("stream", t);
}
