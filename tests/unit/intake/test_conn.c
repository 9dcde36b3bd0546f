#include "intake/conn.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/suite.h"
#include "net/address.h"
#include "sync/thread.h"

enum { MEMORY = 64 * 1024 };

static struct frame_memory memory = { .size = MEMORY };
static int peer_fd;

static struct conn *make_conn(const struct sockaddr *sa)
{
	int fds[2];
	struct conn *c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(conn_new(&c, fds[0], sa, 3, 1024, &memory, 7), 0);
	peer_fd = fds[1];
	return c;
}

static struct conn *make_unix_conn(void)
{
	const struct sockaddr_un un = { .sun_family = AF_UNIX };

	return make_conn((const struct sockaddr *)&un);
}

START_TEST(the_rest_grows_in_any_steps_and_keeps_its_octets)
{
	struct conn *c = make_unix_conn();
	uint8_t frame[300];
	size_t step = (size_t)_i;

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)i;
	struct slice all = slice_from(frame, sizeof(frame));

	while (all.len != 0) {
		struct slice in =
			slice_from(all.data, step < all.len ? step : all.len);
		size_t len = in.len;

		ck_assert_int_eq(conn_keep(c, &in, sizeof(frame)), 0);
		ck_assert_uint_eq(in.len, 0);
		all.data += len;
		all.len -= len;
	}
	ck_assert_uint_eq(conn_rest(c).len, sizeof(frame));
	ck_assert_int_eq(memcmp(conn_rest(c).data, frame, sizeof(frame)), 0);
	conn_free(c);
	close(peer_fd);
}
END_TEST

START_TEST(no_more_is_kept_than_the_frame_wants)
{
	struct conn *c = make_unix_conn();
	struct slice in = slice_from_str("abcdefgh");

	ck_assert_int_eq(conn_keep(c, &in, 5), 0);
	ck_assert_uint_eq(conn_rest(c).len, 5);
	ck_assert_uint_eq(in.len, 3);
	ck_assert_int_eq(in.data[0], 'f');
	conn_free(c);
	close(peer_fd);
}
END_TEST

START_TEST(memory_follows_what_came_not_what_was_announced)
{
	struct conn *c = make_unix_conn();
	struct slice in = slice_from_str("abcdefgh");

	ck_assert_int_eq(conn_keep(c, &in, 64 << 20), 0);
	ck_assert_uint_le(c->rest_cap, 128);
	conn_drop_rest(c);
	ck_assert_ptr_null(c->rest);
	ck_assert_uint_eq(conn_rest(c).len, 0);
	conn_free(c);
	close(peer_fd);
}
END_TEST

START_TEST(a_tcp_peer_is_told_by_its_address)
{
	static const struct {
		const char *address, *text;
	} peers[] = {
		{ "tcp://192.0.2.1:4711", "192.0.2.1:4711" },
		{ "tcp://[2001:db8::7]:53", "[2001:db8::7]:53" },
	};

	for (size_t i = 0; i < COUNT(peers); i++) {
		char text[CONN_PEER_TEXT_MAX];
		struct address a;

		ck_assert_int_eq(address_parse(&a, peers[i].address), 0);
		struct conn *c = make_conn(&a.sa);

		conn_peer_text(c, text);
		ck_assert_str_eq(text, peers[i].text);
		conn_free(c);
		close(peer_fd);
	}
}
END_TEST

START_TEST(a_unix_peer_is_told_by_its_process)
{
	char text[CONN_PEER_TEXT_MAX], expected[CONN_PEER_TEXT_MAX];
	struct conn *c = make_unix_conn();

	conn_peer_text(c, text);
	snprintf(expected, sizeof(expected), "pid=%d,uid=%u", (int)getpid(),
		(unsigned)geteuid());
	ck_assert_str_eq(text, expected);
	conn_free(c);
	close(peer_fd);
}
END_TEST

START_TEST(retiring_ends_it_for_the_peer_now_and_closes_it_later)
{
	struct conn *c = make_unix_conn();
	int fd = c->fd;
	char octet;

	rcu_register_thread();
	rcu_read_lock();
	conn_retire(c);
	ck_assert_int_eq(read(peer_fd, &octet, 1), 0);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0); /* we might look at it */
	rcu_read_unlock();
	rcu_barrier();
	ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
	rcu_unregister_thread();
	close(peer_fd);
}
END_TEST

START_TEST(large_halves_are_charged_to_the_limit_and_not_beyond)
{
	static uint8_t octets[MEMORY];
	struct conn *c = make_unix_conn();
	struct slice in = slice_from(octets, MEMORY);

	ck_assert_int_eq(conn_keep(c, &in, MEMORY + 1), FRAME_MEMORY_E_FULL);
	ck_assert_uint_eq(in.len, MEMORY);
	ck_assert_uint_eq(frame_memory_look(&memory).in_use, 0);
	ck_assert_int_eq(conn_keep(c, &in, MEMORY), 0);
	ck_assert_uint_eq(frame_memory_look(&memory).in_use, MEMORY);
	ck_assert_uint_eq(frame_memory_look(&memory).allocations, 1);
	conn_free(c);
	close(peer_fd);
	ck_assert_uint_eq(frame_memory_look(&memory).in_use, 0);
}
END_TEST

START_TEST(small_halves_find_room_when_all_is_used_up)
{
	static uint8_t octets[MEMORY];
	struct conn *large = make_unix_conn();
	struct slice in = slice_from(octets, MEMORY);
	struct slice little = slice_from(octets, 500);
	struct conn *small;

	ck_assert_int_eq(conn_keep(large, &in, MEMORY), 0);
	close(peer_fd);
	small = make_unix_conn();
	ck_assert_int_eq(conn_keep(small, &little, FRAME_MEMORY_FREE), 0);
	ck_assert_uint_eq(frame_memory_look(&memory).in_use, MEMORY);
	conn_free(small);
	conn_free(large);
	close(peer_fd);
	ck_assert_uint_eq(frame_memory_look(&memory).in_use, 0);
}
END_TEST

enum { KEEPERS = 4, KEEPS = 20000 };

/* Up to half of the memory, so that four of these get in each other's way. */
static void keep_often(void *arg)
{
	(void)arg;
	for (int i = 0; i < KEEPS; i++) {
		uint8_t *piece = NULL;
		size_t size = 0;

		for (size_t to = 2000; to <= MEMORY / 2; to *= 2) {
			if (frame_memory_grow(&memory, &piece, size, to) != 0)
				break;
			size = to;
			if (frame_memory_look(&memory).in_use > MEMORY)
				abort();
		}
		frame_memory_put(&memory, &piece, size);
	}
}

START_TEST(many_threads_never_get_more_than_there_is)
{
	struct thread t[KEEPERS] = { 0 };

	for (int i = 0; i < KEEPERS; i++)
		ck_assert_int_eq(
			thread_start(&t[i], "keeper", keep_often, NULL), 0);
	for (int i = 0; i < KEEPERS; i++)
		thread_join(&t[i]);
	ck_assert_uint_eq(frame_memory_look(&memory).in_use, 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("conn");

	tcase_add_loop_test(
		t, the_rest_grows_in_any_steps_and_keeps_its_octets, 1, 301);
	tcase_add_test(t, no_more_is_kept_than_the_frame_wants);
	tcase_add_test(t, memory_follows_what_came_not_what_was_announced);
	tcase_add_test(t, a_tcp_peer_is_told_by_its_address);
	tcase_add_test(t, a_unix_peer_is_told_by_its_process);
	tcase_add_test(
		t, retiring_ends_it_for_the_peer_now_and_closes_it_later);
	tcase_add_test(t, large_halves_are_charged_to_the_limit_and_not_beyond);
	tcase_add_test(t, small_halves_find_room_when_all_is_used_up);
	tcase_add_test(t, many_threads_never_get_more_than_there_is);
	return suite_run("conn", t);
}
