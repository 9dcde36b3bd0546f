/* Collectors and name servers without manners. */
#include <check.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "deliver/http.h"
#include "lib/suite.h"

static struct stop stop;
static struct http *http;
static struct http_target *target;
static struct reply reply;
static int listener;
static char url[64];
static pthread_t server;
static sem_t said, names;

/* libcurl's calls come here: a name server that answers when the test ends. */
int getaddrinfo(const char *node, const char *service,
	const struct addrinfo *hints, struct addrinfo **found)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)found;
	while (sem_wait(&names) != 0)
		;
	return EAI_AGAIN;
}

static void aim(uint64_t connect_ns, uint64_t request_ns)
{
	const struct http_target_settings s = {
		.label = "output=test",
		.url = "http://collector.invalid:8088/",
		.content_type = "application/json",
		.connect_timeout_ns = connect_ns,
		.request_timeout_ns = request_ns,
		.pool = {
			.enabled = true,
			.max_active = 2,
			.max_idle = 2,
			.validate_after_ns = 3600 * NS_PER_S,
			.checkout_timeout_ns = 10 * NS_PER_MS,
		},
	};

	ck_assert_int_eq(http_target_new(&target, &s), 0);
}

static void setup(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	sem_init(&said, 0, 0);
	sem_init(&names, 0, 0);
	ck_assert_int_eq(http_init(), 0);
	ck_assert_int_eq(stop_init(&stop), 0);
	ck_assert_int_eq(
		http_new(&http, &stop, (struct pool_holder){ "test", 0 }), 0);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	ck_assert_int_eq(
		getsockname(listener, (struct sockaddr *)&at, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(at.sin_port));
}

static void teardown(void)
{
	target = http_target_free(target);
	http = http_free(http);
	stop_deinit(&stop);
	close(listener);
}

static int post(const char *to)
{
	const struct http_request rq = { .url = to,
		.body = slice_from_str("{}") };

	return http_send(http, target, &rq, &reply);
}

/* To the end of a request, whose body is "{}". */
static void read_request(int fd)
{
	char text[4096] = "";
	size_t len = 0;
	ssize_t n;

	while (strstr(text, "\r\n\r\n{}") == NULL) {
		n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		if (n <= 0)
			abort();
		len += (size_t)n;
	}
}

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		abort();
}

#define SUCCESS                                                 \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" \
	"Content-Length: 10\r\n\r\n{\"code\":0}"
#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

static void *say_it_twice(void *arg)
{
	int first = accept(listener, NULL, NULL), second;

	read_request(first);
	say(first, SUCCESS);
	while (sem_wait(&names) != 0)
		;
	say(first, SUCCESS);
	sem_post(&said);
	second = accept(listener, NULL, NULL);
	read_request(second);
	say(second, BUSY);
	close(first);
	close(second);
	return arg;
}

START_TEST(a_reply_that_nobody_asked_for_answers_nothing)
{
	struct pool_stats stats;

	aim(5 * NS_PER_S, 10 * NS_PER_S);
	pthread_create(&server, NULL, say_it_twice, NULL);
	ck_assert_int_eq(post(url), 0);
	ck_assert_int_eq(reply.status, 200);
	sem_post(&names);
	while (sem_wait(&said) != 0)
		;
	ck_assert_int_eq(post(url), 0);
	ck_assert_int_eq(reply.status, 503);
	pthread_join(server, NULL);
	pool_stats_read(target->pool, &stats);
	ck_assert_uint_eq(stats.count[POOL_CLOSED_PEER], 1);
}
END_TEST

static void *go_on_for_ever(void *arg)
{
	static char spaces[65536];
	int fd = accept(listener, NULL, NULL);

	memset(spaces, ' ', sizeof(spaces));
	read_request(fd);
	say(fd, "HTTP/1.1 202 OK\r\n\r\n");
	while (send(fd, spaces, sizeof(spaces), MSG_NOSIGNAL) > 0)
		;
	close(fd);
	return arg;
}

START_TEST(a_reply_without_end_is_left)
{
	struct pool_stats stats;

	aim(5 * NS_PER_S, 3600 * NS_PER_S);
	pthread_create(&server, NULL, go_on_for_ever, NULL);
	ck_assert_int_eq(post(url), 0);
	ck_assert_int_eq(reply.status, 202);
	ck_assert_uint_eq(reply.body.len, HTTP_REPLY_MAX);
	pthread_join(server, NULL);
	pool_stats_read(target->pool, &stats);
	ck_assert_uint_eq(stats.idle, 0);
}
END_TEST

START_TEST(a_name_server_that_hangs_takes_no_longer_than_connecting_may)
{
	aim(200 * NS_PER_MS, 3600 * NS_PER_S);
	ck_assert_int_eq(post(NULL), HTTP_E_FAILED);
	ck_assert_int_eq(post(NULL), HTTP_E_FAILED);
	sem_post(&names);
	sem_post(&names);
}
END_TEST

/* The kernel accepts for the listener; nobody says a word. */
START_TEST(a_handshake_that_stops_takes_no_longer_than_connecting_may)
{
	char secure[sizeof(url) + 1];

	snprintf(secure, sizeof(secure), "https%s", url + strlen("http"));
	aim(200 * NS_PER_MS, 3600 * NS_PER_S);
	ck_assert_int_eq(post(secure), HTTP_E_FAILED);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("http_rude");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_reply_that_nobody_asked_for_answers_nothing);
	tcase_add_test(t, a_reply_without_end_is_left);
	tcase_add_test(t,
		a_name_server_that_hangs_takes_no_longer_than_connecting_may);
	tcase_add_test(
		t, a_handshake_that_stops_takes_no_longer_than_connecting_may);
	return suite_run("http_rude", t);
}
