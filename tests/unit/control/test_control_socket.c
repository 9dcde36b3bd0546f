/* The control socket, by its line protocol alone. */
#include "control/control_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/suite.h"

static char dir[64], path[128];
static struct control_settings settings;
static struct control_socket *control;
static uint64_t now_ns;
static unsigned freed;

/* A long reply: so many octets are left. */
static size_t left;

static ssize_t read_long(void *source, char *into, size_t max)
{
	size_t n = left < max ? left : max;

	(void)source;
	memset(into, 'x', n);
	if (n > 0 && left == n)
		into[n - 1] = '\n';
	left -= n;
	return (ssize_t)n;
}

static void free_long(void *source)
{
	(void)source;
	freed++;
}

/* "long N": N octets; "empty"; else what was sent in brackets. */
static void answer(void *arg, const struct control_peer *peer,
	struct slice line, struct control_reply *reply)
{
	(void)arg;
	ck_assert_uint_eq(peer->uid, getuid());
	ck_assert_int_eq(peer->pid, getpid());
	if (line.len > 5 && memcmp(line.data, "long ", 5) == 0) {
		left = (size_t)strtoul((const char *)line.data + 5, NULL, 10);
		buf_add_str(&reply->text, "<");
		reply->read = read_long;
		reply->free = free_long;
		reply->rest = ">";
		return;
	}
	buf_add_str(&reply->text, "[");
	buf_add(&reply->text, line.data, line.len);
	buf_add_str(&reply->text, "]");
}

static void setup(void)
{
	char error[512] = "";

	snprintf(dir, sizeof(dir), "/tmp/tapferry-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/control", dir);
	settings = (struct control_settings){ .path = path, .mode = 0600 };
	now_ns = 1000 * NS_PER_S;
	freed = 0;
	ck_assert_int_eq(control_socket_new(&control, answer, NULL), 0);
	if (control_socket_follow(control, &settings, error, sizeof(error)) !=
		0)
		ck_abort_msg("%s", error);
}

static void teardown(void)
{
	control = control_socket_free(control);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(rmdir(dir), 0);
}

static int dial_path(const char *to)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", to);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) != 0) {
		close(fd);
		return -errno;
	}
	return fd;
}

static int dial(void)
{
	int fd = dial_path(path);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void serve(unsigned turns)
{
	while (turns-- > 0)
		control_socket_serve(control, now_ns);
}

static void send_text(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
		(ssize_t)strlen(text));
}

/* What came so far; "": nothing; NULL: it was closed, and nothing came. */
static const char *received(int fd)
{
	static char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return NULL;
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void assert_received(int fd, const char *wanted)
{
	const char *got = received(fd);

	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got, wanted);
}

START_TEST(each_line_is_answered_in_order_however_it_is_cut)
{
	const char text[] = "one\ntwo\n\nfour\n";
	const char wanted[] = "[one]\n[two]\n[]\n[four]\n";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		int fd = dial();
		char first[sizeof(text)];

		snprintf(first, cut + 1, "%s", text);
		send_text(fd, first);
		serve(8);
		send_text(fd, text + cut);
		serve(8);
		char got[64] = "";

		recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
		ck_assert_str_eq(got, wanted);
		close(fd);
		serve(2);
	}
}
END_TEST

START_TEST(two_clients_have_their_own_replies)
{
	int a = dial(), b = dial();

	send_text(a, "from ");
	serve(2);
	send_text(b, "from b\n");
	serve(2);
	send_text(a, "a\n");
	serve(2);
	assert_received(a, "[from a]\n");
	assert_received(b, "[from b]\n");
	close(a);
	close(b);
}
END_TEST

START_TEST(who_shuts_down_after_asking_is_answered)
{
	int fd = dial();

	send_text(fd, "a\nb\nhalf");
	shutdown(fd, SHUT_WR);
	serve(8);
	assert_received(fd, "[a]\n[b]\n");
	ck_assert_ptr_null(received(fd));
	close(fd);
}
END_TEST

START_TEST(a_line_without_end_is_refused)
{
	int fd = dial();
	char piece[1024];

	memset(piece, 'x', sizeof(piece));
	for (unsigned i = 0; i < 65; i++) {
		send(fd, piece, sizeof(piece), MSG_NOSIGNAL | MSG_DONTWAIT);
		serve(1);
	}
	serve(8);
	ck_assert_ptr_nonnull(strstr(received(fd), "\"ok\":false"));
	ck_assert_ptr_null(received(fd));
	close(fd);
}
END_TEST

START_TEST(a_long_reply_comes_in_pieces_and_ends_in_one_line)
{
	enum { N = 3000000 };
	int fd = dial();
	static char piece[65536];
	size_t octets = 0, lines = 0;

	snprintf(piece, sizeof(piece), "long %d\nafter\n", N);
	send_text(fd, piece);
	for (unsigned i = 0; i < 10000 && lines < 2; i++) {
		ssize_t n;

		serve(1);
		while ((n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
			for (ssize_t k = 0; k < n; k++) {
				octets++;
				lines += piece[k] == '\n';
			}
	}
	/* "<" "x"... ">\n" "[after]\n" */
	ck_assert_uint_eq(octets, N + 3 + 8);
	ck_assert_uint_eq(lines, 2);
	ck_assert_uint_eq(freed, 1);
	close(fd);
}
END_TEST

START_TEST(who_does_not_read_is_closed_and_holds_nobody_up)
{
	int slow = dial(), other = dial();

	send_text(slow, "long 100000000\n");
	serve(200);
	ck_assert_uint_gt(left, 90000000); /* it is made as it is taken */
	send_text(other, "x\n");
	serve(4);
	assert_received(other, "[x]\n");
	ck_assert_uint_lt(control_socket_due_ns(control), UINT64_MAX);
	now_ns = control_socket_due_ns(control);
	serve(1);
	ck_assert_uint_eq(freed, 1);
	send_text(other, "y\n");
	serve(4);
	assert_received(other, "[y]\n");
	close(slow);
	close(other);
}
END_TEST

START_TEST(half_a_request_and_silence_have_their_time)
{
	int half = dial(), quiet = dial();

	serve(2);
	send_text(half, "hal");
	serve(2);
	now_ns += 11 * NS_PER_S;
	serve(2);
	ck_assert_ptr_null(received(half));
	assert_received(quiet, "");
	now_ns += 600 * NS_PER_S;
	serve(2);
	ck_assert_ptr_null(received(quiet));
	close(half);
	close(quiet);
}
END_TEST

START_TEST(octet_by_octet_does_not_buy_time)
{
	int fd = dial();

	serve(1);
	for (unsigned i = 0; i < 12; i++) {
		send(fd, "x", 1, MSG_NOSIGNAL);
		serve(1);
		now_ns += NS_PER_S;
	}
	serve(2);
	ck_assert_ptr_null(received(fd));
	close(fd);
}
END_TEST

START_TEST(the_quietest_makes_room_for_one_more)
{
	int fds[CONTROL_CLIENTS_MAX], more;

	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = dial();
		now_ns += NS_PER_MS;
		serve(1);
	}
	send_text(fds[0], "busy\n"); /* so it is not the quietest */
	serve(2);
	more = dial();
	serve(2);
	send_text(more, "x\n");
	serve(2);
	assert_received(more, "[x]\n");
	assert_received(fds[0], "[busy]\n");
	ck_assert_ptr_null(received(fds[1]));
	assert_received(fds[2], "");
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
	close(more);
}
END_TEST

START_TEST(where_all_are_busy_one_more_is_told)
{
	int fds[CONTROL_CLIENTS_MAX], more;

	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = dial();
		send_text(fds[i], "half");
		serve(1);
		serve(1);
	}
	serve(4);
	more = dial();
	serve(2);
	ck_assert_ptr_nonnull(strstr(received(more), "too many"));
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
	close(more);
}
END_TEST

START_TEST(what_was_prepared_can_be_abandoned_or_taken)
{
	struct control_settings other = settings, nowhere = settings;
	char error[512] = "", others[160], none[160];

	snprintf(others, sizeof(others), "%s/other", dir);
	snprintf(none, sizeof(none), "%s/none/other", dir);
	other.path = others;
	nowhere.path = none;
	ck_assert_int_eq(
		control_socket_prepare(control, &nowhere, error, sizeof(error)),
		-ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "its directory does not exist"));
	ck_assert_int_eq(access(path, F_OK), 0);

	ck_assert_int_eq(
		control_socket_prepare(control, &other, error, sizeof(error)),
		0);
	ck_assert_int_eq(access(others, F_OK), 0);
	control_socket_abandon(control);
	ck_assert_int_ne(access(others, F_OK), 0);
	ck_assert_int_eq(access(path, F_OK), 0);

	ck_assert_int_eq(
		control_socket_prepare(control, &other, error, sizeof(error)),
		0);
	ck_assert_int_eq(
		control_socket_follow(control, &other, error, sizeof(error)),
		0);
	ck_assert_int_eq(access(others, F_OK), 0);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(it_follows_the_settings_and_keeps_its_clients)
{
	char other[160], error[512] = "";
	struct stat st;
	int fd = dial(), next;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	serve(1);
	settings.mode = 0660;
	ck_assert_int_eq(
		control_socket_follow(control, &settings, error, sizeof(error)),
		0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	snprintf(other, sizeof(other), "%s/none/control", dir);
	settings.path = other;
	ck_assert_int_ne(
		control_socket_follow(control, &settings, error, sizeof(error)),
		0);
	ck_assert_ptr_nonnull(strstr(error, other));
	close(dial()); /* still there */
	snprintf(other, sizeof(other), "%s/other", dir);
	ck_assert_int_eq(
		control_socket_follow(control, &settings, error, sizeof(error)),
		0);
	ck_assert_int_lt(dial_path(path), 0);
	next = dial_path(other);
	ck_assert_int_ge(next, 0);
	serve(2);
	send_text(fd, "a\n");
	send_text(next, "b\n");
	serve(2);
	assert_received(fd, "[a]\n");
	assert_received(next, "[b]\n");
	settings.path = NULL;
	ck_assert_int_eq(
		control_socket_follow(control, &settings, error, sizeof(error)),
		0);
	ck_assert_int_lt(dial_path(other), 0);
	send_text(fd, "c\n");
	serve(2);
	assert_received(fd, "[c]\n");
	close(fd);
	close(next);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("control_socket");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_line_is_answered_in_order_however_it_is_cut);
	tcase_add_test(t, two_clients_have_their_own_replies);
	tcase_add_test(t, who_shuts_down_after_asking_is_answered);
	tcase_add_test(t, a_line_without_end_is_refused);
	tcase_add_test(t, a_long_reply_comes_in_pieces_and_ends_in_one_line);
	tcase_add_test(t, who_does_not_read_is_closed_and_holds_nobody_up);
	tcase_add_test(t, half_a_request_and_silence_have_their_time);
	tcase_add_test(t, octet_by_octet_does_not_buy_time);
	tcase_add_test(t, the_quietest_makes_room_for_one_more);
	tcase_add_test(t, where_all_are_busy_one_more_is_told);
	tcase_add_test(t, what_was_prepared_can_be_abandoned_or_taken);
	tcase_add_test(t, it_follows_the_settings_and_keeps_its_clients);
	return suite_run("control_socket", t);
}
