/* Visitors of a server that is turned by hand, and a clock that moves only when
 * it is told to. */
#include "monitor/visitors.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fake_clock.h"
#include "lib/suite.h"

#define TIMEOUT_NS (10 * NS_PER_S)

enum { LONG_ANSWER = 64 * 1024 * 1024, SHORT_ANSWER = 2 };

static struct fake_clock now;
static struct visitors v;
static struct MHD_Daemon *http;
static struct sockaddr_un at;

static ssize_t read_answer(void *cls, uint64_t position, char *into, size_t max)
{
	(void)cls;
	(void)position;
	memset(into, 'x', max);
	return (ssize_t)max;
}

static enum MHD_Result serve(void *cls, struct MHD_Connection *c,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_size, void **request)
{
	struct MHD_Response *r;
	enum MHD_Result done;

	(void)cls, (void)method, (void)version, (void)upload;
	if (*request == NULL || *upload_size != 0) {
		*request = &now;
		*upload_size = 0;
		return MHD_YES;
	}
	r = MHD_create_response_from_callback(
		strcmp(url, "/long") == 0 ? LONG_ANSWER : SHORT_ANSWER, 32768,
		read_answer, NULL, NULL);
	done = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	visitors_answer(c);
	return done;
}

static void setup(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len;

	fake_clock_init(&now);
	visitors_init(&v, &now.clock, TIMEOUT_NS);
	/* an abstract name of the kernel's choice */
	at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)&at, sizeof(at.sun_family)), 0);
	len = sizeof(at);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	http = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, serve, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION,
		visitors_notify, &v, MHD_OPTION_NOTIFY_COMPLETED,
		visitors_answered, &v, MHD_OPTION_END);
	ck_assert_ptr_nonnull(http);
}

static void teardown(void)
{
	MHD_stop_daemon(http);
	ck_assert(cds_list_empty(&v.all));
}

static void turn(void)
{
	for (int i = 0; i < 8; i++)
		MHD_run(http);
}

static int come(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at,
				 (socklen_t)(sizeof(at.sun_family) + 6)),
		0);
	turn();
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
		(ssize_t)strlen(text));
	turn();
}

/* Time goes by, and the server looks. */
static void advance(uint64_t ns)
{
	fake_clock_advance(&now, ns);
	visitors_cut_late(&v);
	turn();
}

static bool is_open(int fd)
{
	char octet;

	return recv(fd, &octet, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

/* All there is to read.  Return: octets. */
static size_t take(int fd)
{
	char octets[4096];
	size_t sum = 0;
	ssize_t n;

	while ((n = recv(fd, octets, sizeof(octets), 0)) > 0)
		sum += (size_t)n;
	return sum;
}

START_TEST(a_request_must_be_whole_in_time)
{
	static const char *const beginnings[] = { "",
		"GET / HTTP/1.1\r\nHost: x\r\nX: ",
		"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n" };
	int fd = come();

	say(fd, beginnings[_i]);
	for (int i = 0; i < 9; i++) {
		say(fd, "a");
		advance(NS_PER_S);
	}
	advance(NS_PER_S - 1);
	ck_assert(is_open(fd));
	advance(1);
	ck_assert(!is_open(fd));
	ck_assert(cds_list_empty(&v.all));
	close(fd);
}
END_TEST

START_TEST(each_answer_gives_time_for_another_request)
{
	int fd = come();

	for (int i = 0; i < 5; i++) {
		say(fd, "GET / HTTP/1.1\r\n");
		advance(TIMEOUT_NS - 1);
		say(fd, "Host: x\r\n\r\n");
		ck_assert_uint_gt(take(fd), SHORT_ANSWER);
		ck_assert(is_open(fd));
	}
	advance(TIMEOUT_NS - 1);
	ck_assert(is_open(fd));
	advance(1);
	ck_assert(!is_open(fd));
	close(fd);
}
END_TEST

START_TEST(who_is_being_answered_may_take_its_time)
{
	size_t taken = 0, n;
	int fd = come();

	say(fd, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
	do {
		n = take(fd);
		taken += n;
		advance(TIMEOUT_NS);
	} while (n > 0 && taken < LONG_ANSWER);
	ck_assert_uint_ge(taken, LONG_ANSWER);
	close(fd);
}
END_TEST

/* One cut off makes room, and nobody else is cut off with it. */
START_TEST(others_stay)
{
	int late = come(), fd;

	advance(TIMEOUT_NS - 1);
	fd = come();
	advance(1);
	ck_assert(!is_open(late));
	ck_assert(is_open(fd));
	say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert_uint_gt(take(fd), SHORT_ANSWER);
	close(late);
	close(fd);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("visitors");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_request_must_be_whole_in_time, 0, 3);
	tcase_add_test(t, each_answer_gives_time_for_another_request);
	tcase_add_test(t, who_is_being_answered_may_take_its_time);
	tcase_add_test(t, others_stay);
	return suite_run("visitors", t);
}
