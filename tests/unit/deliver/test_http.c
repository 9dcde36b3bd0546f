#include <check.h>
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "deliver/http.h"
#include "lib/fake_collector.h"
#include "lib/suite.h"

static struct fake_collector server;
static struct stop stop;
static struct http *http;
static struct reply reply;

static struct http_target *target;
static struct pool_stats stats;

static struct http_target_settings settings(void)
{
	return (struct http_target_settings){
		.label = "output=test",
		.url = "http://collector.invalid:8088/",
		.content_type = "application/json",
		.auth_scheme = "Splunk",
		.token = "secret",
		.connect_timeout_ns = 5 * NS_PER_S,
		.request_timeout_ns = 10 * NS_PER_S,
		.pool = {
			.enabled = true,
			.max_active = 2,
			.max_idle = 2,
			.validate_after_ns = 2 * NS_PER_S,
			.checkout_timeout_ns = 10 * NS_PER_MS,
		},
	};
}

static void aim(const struct http_target_settings *s)
{
	http_target_free(target);
	ck_assert_int_eq(http_target_new(&target, s), 0);
}

static void setup(void)
{
	const struct http_target_settings s = settings();

	ck_assert_int_eq(http_init(), 0);
	ck_assert_int_eq(stop_init(&stop), 0);
	ck_assert_int_eq(
		http_new(&http, &stop, (struct pool_holder){ "test", 0 }), 0);
	aim(&s);
}

static void teardown(void)
{
	target = http_target_free(target);
	http = http_free(http);
	stop_deinit(&stop);
}

static int post_to(const char *url, const char *body)
{
	const struct http_request rq = { .url = url,
		.body = slice_from_str(body) };

	return http_send(http, target, &rq, &reply);
}

static int post(const char *body)
{
	return post_to(server.url, body);
}

static uint64_t count(enum pool_stat id)
{
	pool_stats_read(target->pool, &stats);
	return stats.count[id];
}

START_TEST(a_reply_comes_back_with_all_its_parts)
{
	const struct fake_reply script[] = { { .status = 429,
		.body = "{\"code\":26}",
		.headers = "RETRY-AFTER:  120 \r\n" } };

	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post("{\"n\":0}"), 0);
	ck_assert_int_eq(reply.status, 429);
	ck_assert_uint_eq(reply.body.len, 11);
	ck_assert_mem_eq(reply.body.data, "{\"code\":26}", 11);
	ck_assert_str_eq(reply.content_type, "application/json");
	ck_assert_uint_eq(verdict_retry_after(reply.retry_after, reply.real_ns),
		120 * NS_PER_S);
	ck_assert_uint_gt(reply.real_ns, UINT64_C(1700000000) * NS_PER_S);
	fake_collector_stop(&server);
	ck_assert(server.requests[0].authorized);
	ck_assert(server.requests[0].agent);
	ck_assert(!server.requests[0].gzip);
}
END_TEST

START_TEST(nothing_stays_from_the_reply_before)
{
	const struct fake_reply script[] = {
		{ .status = 503, .body = "x", .headers = "Retry-After: 1\r\n" },
		{ .status = 200 },
	};

	fake_collector_start(&server, 0, script, 2);
	ck_assert_int_eq(post("{\"n\":0}"), 0);
	ck_assert_ptr_nonnull(reply.retry_after);
	ck_assert_int_eq(post("{\"n\":1}"), 0);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_ptr_null(reply.retry_after);
	ck_assert_uint_eq(reply.body.len, 0);
	fake_collector_stop(&server);
}
END_TEST

START_TEST(a_long_reply_is_read_to_its_end_and_kept_in_part)
{
	static char body[300000];
	const struct fake_reply script[] = { { .status = 200, .body = body } };

	memset(body, 'a', sizeof(body) - 1);
	fake_collector_start(&server, 0, script, 1);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(post("{\"n\":0}"), 0);
		ck_assert_uint_eq(reply.body.len, HTTP_REPLY_MAX);
	}
	fake_collector_stop(&server);
	ck_assert_uint_eq(server.connections, 1);
}
END_TEST

START_TEST(a_large_body_does_not_wait_for_100_continue)
{
	enum { LARGE = 3000000 };
	const struct fake_reply script[] = { FAKE_OK };
	char *body = calloc(1, LARGE + 1);

	memset(body, ' ', LARGE);
	memcpy(body + LARGE - 8, "{\"n\":42}", 8);
	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post(body), 0);
	fake_collector_stop(&server);
	ck_assert(!server.requests[0].expects);
	ck_assert_uint_eq(server.taken[42], 1);
	free(body);
}
END_TEST

START_TEST(an_interim_reply_is_none)
{
	/* 100 Continue with a header of its own, and then the reply */
	const struct fake_reply script[] = { { .status = 100,
		.headers = "Retry-After: 9\r\n\r\nHTTP/1.1 200 OK\r\n"
			   "Content-Length: 2\r\n",
		.body = "{}" } };

	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post("{\"n\":0}"), 0);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_ptr_null(reply.retry_after);
	ck_assert_uint_eq(reply.body.len, 2);
	fake_collector_stop(&server);
}
END_TEST

START_TEST(half_a_reply_is_no_reply)
{
	const struct fake_reply script[] = {
		{ .status = 200, .body = "{}", .fault = FAKE_CUT }
	};

	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post("{\"n\":0}"), HTTP_E_FAILED);
	ck_assert_int_eq(reply.status, 0);
	ck_assert_str_ne(http_error(http), "");
	fake_collector_stop(&server);
}
END_TEST

START_TEST(what_the_environment_says_about_proxies_is_ignored)
{
	const struct fake_reply script[] = { FAKE_OK };

	ck_assert_int_eq(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post("{\"n\":0}"), 0);
	fake_collector_stop(&server);
}
END_TEST

START_TEST(a_configured_proxy_is_used_whatever_the_environment_says)
{
	const struct fake_reply script[] = { FAKE_OK };
	struct http_target_settings s = settings();

	ck_assert_int_eq(setenv("no_proxy", "collector.invalid", 1), 0);
	fake_collector_start(&server, 0, script, 1);
	s.proxy = server.url;
	aim(&s);
	ck_assert_int_eq(
		post_to("http://collector.invalid:8088/", "{\"n\":7}"), 0);
	fake_collector_stop(&server);
	ck_assert_uint_eq(server.taken[7], 1);
}
END_TEST

START_TEST(a_proxy_that_cannot_be_used_is_not_quoted)
{
	/* the configuration refuses it; libcurl quotes it */
	static const char *const bad[] = { "http://u:s3cret@127.0.0.1:999999",
		"foo://u:s3cret@127.0.0.1:1" };
	struct http_target_settings s = settings();

	for (size_t i = 0; i < COUNT(bad); i++) {
		s.proxy = bad[i];
		aim(&s);
		ck_assert_int_eq(
			post_to("http://collector.invalid:8088/", "{}"),
			HTTP_E_FAILED);
		ck_assert_ptr_nonnull(strstr(http_error(http), "proxy"));
		ck_assert_ptr_null(strstr(http_error(http), "s3cret"));
	}
}
END_TEST

START_TEST(one_connection_serves_many_requests)
{
	const struct fake_reply script[] = { FAKE_OK };

	fake_collector_start(&server, 0, script, 1);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(post("{\"n\":0}"), 0);
	ck_assert_uint_eq(count(POOL_CREATED), 1);
	ck_assert_uint_eq(stats.count[POOL_REUSED], 19);
	ck_assert_uint_eq(stats.connecting.count, 1);
	ck_assert_uint_eq(stats.idle, 1);
	fake_collector_stop(&server);
	ck_assert_uint_eq(server.connections, 1);
}
END_TEST

START_TEST(without_a_pool_each_request_has_its_own)
{
	const struct fake_reply script[] = { FAKE_OK };
	struct http_target_settings s = settings();

	s.pool.enabled = false;
	aim(&s);
	fake_collector_start(&server, 0, script, 1);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(post("{\"n\":0}"), 0);
	fake_collector_stop(&server);
	ck_assert_uint_eq(server.connections, 5);
	ck_assert_uint_eq(count(POOL_CLOSED_UNPOOLED), 5);
}
END_TEST

START_TEST(a_connection_the_peer_wants_closed_is_closed)
{
	const struct fake_reply script[] = { { .status = 200,
		.body = "{}",
		.headers = "Connection: close\r\n" } };

	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post("{\"n\":0}"), 0);
	ck_assert_int_eq(post("{\"n\":1}"), 0);
	fake_collector_stop(&server);
	ck_assert_uint_eq(count(POOL_CLOSED_PEER), 2);
	ck_assert_uint_eq(stats.idle, 0);
}
END_TEST

START_TEST(nothing_is_sent_twice_behind_our_back)
{
	const struct fake_reply script[] = { FAKE_OK, { .fault = FAKE_RESET } };

	fake_collector_start(&server, 0, script, 2);
	ck_assert_int_eq(post("{\"n\":0}"), 0);
	ck_assert_int_eq(post("{\"n\":1}"), HTTP_E_STALE);
	ck_assert_int_eq(reply.status, 0);
	/* on a new connection it is the collector's failure */
	ck_assert_int_eq(post("{\"n\":1}"), HTTP_E_FAILED);
	fake_collector_stop(&server);
	ck_assert_uint_eq(server.n_requests, 3);
	/* libcurl made one for its second try, which had nothing sent */
	ck_assert_uint_eq(count(POOL_CREATED), 3);
	ck_assert_uint_eq(stats.idle, 0);
}
END_TEST

START_TEST(an_idle_connection_that_was_closed_is_found_out)
{
	const struct fake_reply script[] = { FAKE_OK };
	struct http_target_settings s = settings();
	uint16_t port;

	s.pool.validate_after_ns = 0;
	aim(&s);
	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post("{\"n\":0}"), 0);
	port = server.port;
	fake_collector_stop(&server); /* closes what is open */
	fake_collector_start(&server, port, script, 1);
	ck_assert_int_eq(post("{\"n\":1}"), 0);
	ck_assert_uint_eq(count(POOL_CLOSED_INVALID), 1);
	fake_collector_stop(&server);
	pool_tend(target->pool);
	ck_assert_uint_eq(count(POOL_CLOSED_INVALID), 2);
	ck_assert_uint_eq(stats.idle, 0);
}
END_TEST

START_TEST(who_finds_no_connection_free_has_sent_nothing)
{
	const struct pool_use unused = { .closed = true };
	struct pool_lease lease[2];

	for (unsigned i = 0; i < COUNT(lease); i++)
		ck_assert_int_eq(pool_lease(target->pool,
					 (struct pool_holder){ "test", i },
					 NULL, &lease[i]),
			0);
	ck_assert_int_eq(
		post_to("http://127.0.0.1:1/", "{}"), HTTP_E_NO_CONNECTION);
	ck_assert_uint_eq(count(POOL_EXHAUSTED), 1);
	for (unsigned i = 0; i < COUNT(lease); i++)
		pool_release(target->pool, &lease[i], &unused);
}
END_TEST

START_TEST(who_is_not_reached_is_no_connection)
{
	ck_assert_int_eq(post_to("http://127.0.0.1:1/", "{}"), HTTP_E_FAILED);
	ck_assert_uint_eq(count(POOL_OPEN_FAILED), 1);
	ck_assert_uint_eq(stats.count[POOL_CREATED], 0);
	ck_assert_uint_eq(stats.idle, 0);
}
END_TEST

START_TEST(connections_are_made_ahead_of_need)
{
	const struct fake_reply script[] = { FAKE_OK };
	struct http_target_settings s = settings();

	fake_collector_start(&server, 0, script, 1);
	s.url = server.url;
	s.pool.min_idle = 2;
	aim(&s);
	pool_tend(target->pool);
	pool_warm(target->pool, http);
	ck_assert_uint_eq(count(POOL_CREATED), 2);
	ck_assert_uint_eq(stats.idle, 2);
	ck_assert_int_eq(post("{\"n\":3}"), 0);
	ck_assert_uint_eq(count(POOL_REUSED), 1);
	fake_collector_stop(&server);
	ck_assert_uint_eq(server.connections, 2);
	ck_assert_uint_eq(server.taken[3], 1);
}
END_TEST

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

START_TEST(quiet_connections_are_probed_as_the_settings_say)
{
	const struct fake_reply script[] = { FAKE_OK };
	const struct pool_use unused = { 0 };
	struct http_target_settings s = settings();
	struct pool_lease lease;
	int fd;

	s.keepalive_time_ns = 70 * NS_PER_S;
	s.keepalive_interval_ns = 11 * NS_PER_S;
	s.keepalive_count = 4;
	aim(&s);
	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post("{\"n\":0}"), 0);
	ck_assert_int_eq(
		pool_lease(target->pool, (struct pool_holder){ "test", 0 },
			NULL, &lease),
		0);
	fd = ((struct http_conn *)lease.conn)->fd;
	ck_assert_int_eq(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 70);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 11);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
	pool_release(target->pool, &lease, &unused);
	fake_collector_stop(&server);
}
END_TEST

START_TEST(auto_learns_from_requests_that_were_given_up)
{
	const struct fake_reply script[] = { { .fault = FAKE_STALL } };
	struct http_target_settings s = settings();
	struct histogram_reading took;

	s.request_timeout_ns = 0;
	aim(&s);
	ck_assert_uint_eq(patience_ns(&target->patience), PATIENCE_START_NS);
	atomic_store(&target->patience.timeout_ns, 100 * NS_PER_MS);
	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(post("{\"n\":0}"), HTTP_E_FAILED);
	histogram_read(&target->patience.took, &took);
	ck_assert_uint_eq(took.count, 1);
	ck_assert_uint_ge(took.sum, 2 * 100 * NS_PER_MS);
	fake_collector_stop(&server);
}
END_TEST

static unsigned folders;

/* The TLS library's calls come here. */
DIR *opendir(const char *name)
{
	(void)name;
	folders++;
	errno = ENOENT;
	return NULL;
}

START_TEST(the_authorities_that_are_named_are_all_that_is_trusted)
{
	static const char some[] = "/etc/ssl/certs/ca-certificates.crt";
	const struct fake_reply script[] = { FAKE_OK };
	struct http_target_settings s = settings();
	char url[64];
	CURL *curl = curl_easy_init();

	fake_collector_start(&server, 0, script, 1);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", server.port);
	/* it speaks no TLS, and would be waited for */
	s.request_timeout_ns = 300 * NS_PER_MS;
	s.tls_ca = access(some, R_OK) == 0 ? some : NULL;
	aim(&s);
	ck_assert_int_eq(post_to(url, "{}"), HTTP_E_FAILED);
	ck_assert_uint_eq(folders, 0);
	/* that it would be seen */
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CAPATH, "/etc/ssl/certs");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 300L);
	ck_assert_int_ne(curl_easy_perform(curl), CURLE_OK);
	ck_assert(folders > 0 || strstr(curl_version(), "GnuTLS") == NULL);
	curl_easy_cleanup(curl);
	fake_collector_stop(&server);
}
END_TEST

START_TEST(other_requests_have_their_own_method_and_headers)
{
	const struct fake_reply script[] = { FAKE_OK };
	struct http_request rq = {
		.url = server.url, .method = "GET", .timeout_ns = NS_PER_S
	};

	fake_collector_start(&server, 0, script, 1);
	ck_assert_int_eq(http_send(http, target, &rq, &reply), 0);
	ck_assert_int_eq(reply.status, 200);
	rq = (struct http_request){ .url = server.url,
		.body = slice_from_str("{\"n\":4}"),
		.headers = { "X-One: 1", "User-Agent: me" } };
	ck_assert_int_eq(http_send(http, target, &rq, &reply), 0);
	fake_collector_stop(&server);
	ck_assert(server.requests[0].agent);
	ck_assert(!server.requests[1].agent);
	ck_assert_uint_eq(server.taken[4], 1);
}
END_TEST

enum { NAME_SERVER_S = 25 };

/* libcurl's calls come here: a name server that does not answer. */
int getaddrinfo(const char *node, const char *service,
	const struct addrinfo *hints, struct addrinfo **found)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)found;
	sleep(NAME_SERVER_S);
	return EAI_AGAIN;
}

START_TEST(a_stop_does_not_wait_for_a_name_server)
{
	uint64_t begun = clock_mono_ns(&clock_system);

	stop_drain(&stop, begun + 100 * NS_PER_MS);
	ck_assert_int_eq(post_to(NULL, "{}"), HTTP_E_FAILED);
	http = http_free(http);
	ck_assert_uint_lt(clock_mono_ns(&clock_system) - begun,
		(NAME_SERVER_S - 10) * NS_PER_S);
}
END_TEST

START_TEST(a_token_with_a_line_break_is_refused)
{
	struct http_target_settings s = settings();
	struct http_target *none = NULL;

	s.token = "secret\n";
	ck_assert_int_eq(http_target_new(&none, &s), -EINVAL);
	ck_assert_ptr_null(none);
}
END_TEST

static void post_by(struct http *h)
{
	const struct http_request rq = { .url = server.url,
		.body = slice_from_str("{\"n\":0}") };

	ck_assert_int_eq(http_send(h, target, &rq, &reply), 0);
}

START_TEST(cookies_are_shown_again_by_every_client_of_the_target)
{
	const struct fake_reply script[] = {
		{ .status = 200,
			.headers = "Set-Cookie: AWSALB=a; Path=/\r\n" },
		{ .status = 200 },
		{ .status = 200,
			.headers = "Set-Cookie: AWSALB=b; Path=/\r\n" },
		{ .status = 200 },
	};
	struct http_target_settings s = settings();
	struct http *other;

	s.cookies = true;
	aim(&s);
	ck_assert_int_eq(
		http_new(&other, &stop, (struct pool_holder){ "test", 1 }), 0);
	fake_collector_start(&server, 0, script, 4);
	post_by(http);
	post_by(other);
	post_by(other);
	post_by(http);
	/* another target of the same host does not know them */
	aim(&s);
	post_by(http);
	s.cookies = false;
	aim(&s);
	other = http_free(other);
	fake_collector_stop(&server);
	ck_assert_str_eq(server.requests[0].cookie, "");
	ck_assert_str_eq(server.requests[1].cookie, "AWSALB=a");
	ck_assert_str_eq(server.requests[2].cookie, "AWSALB=a");
	ck_assert_str_eq(server.requests[3].cookie, "AWSALB=b");
	ck_assert_str_eq(server.requests[4].cookie, "");
}
END_TEST

START_TEST(cookies_are_kept_only_where_they_are_wanted)
{
	const struct fake_reply script[] = { { .status = 200,
		.headers = "Set-Cookie: a=b\r\n" } };

	fake_collector_start(&server, 0, script, 1);
	post_by(http);
	post_by(http);
	fake_collector_stop(&server);
	ck_assert_str_eq(server.requests[1].cookie, "");
}
END_TEST

START_TEST(a_flood_of_cookies_is_not_kept)
{
	static char headers[COOKIE_JAR_MAX * 2 * 32];
	const struct fake_reply script[] = { { .status = 200,
		.headers = headers } };
	struct http_target_settings s = settings();
	size_t len = 0;

	for (int i = 0; i < COOKIE_JAR_MAX + 1; i++)
		len += (size_t)sprintf(
			headers + len, "Set-Cookie: c%d=x\r\n", i);
	s.cookies = true;
	aim(&s);
	fake_collector_start(&server, 0, script, 1);
	post_by(http);
	post_by(http);
	fake_collector_stop(&server);
	ck_assert_str_eq(server.requests[1].cookie, "");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("http");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_reply_comes_back_with_all_its_parts);
	tcase_add_test(t, nothing_stays_from_the_reply_before);
	tcase_add_test(t, a_long_reply_is_read_to_its_end_and_kept_in_part);
	tcase_add_test(t, a_large_body_does_not_wait_for_100_continue);
	tcase_add_test(t, an_interim_reply_is_none);
	tcase_add_test(t, half_a_reply_is_no_reply);
	tcase_add_test(t, what_the_environment_says_about_proxies_is_ignored);
	tcase_add_test(
		t, a_configured_proxy_is_used_whatever_the_environment_says);
	tcase_add_test(t, a_proxy_that_cannot_be_used_is_not_quoted);
#if LIBCURL_VERSION_NUM >= 0x075700
	tcase_add_test(t, a_stop_does_not_wait_for_a_name_server);
#endif
	tcase_add_test(t, one_connection_serves_many_requests);
	tcase_add_test(t, without_a_pool_each_request_has_its_own);
	tcase_add_test(t, a_connection_the_peer_wants_closed_is_closed);
	tcase_add_test(t, nothing_is_sent_twice_behind_our_back);
	tcase_add_test(t, an_idle_connection_that_was_closed_is_found_out);
	tcase_add_test(t, who_finds_no_connection_free_has_sent_nothing);
	tcase_add_test(t, who_is_not_reached_is_no_connection);
	tcase_add_test(t, connections_are_made_ahead_of_need);
	tcase_add_test(t, quiet_connections_are_probed_as_the_settings_say);
	tcase_add_test(t, auto_learns_from_requests_that_were_given_up);
#if LIBCURL_VERSION_NUM >= 0x075400
	tcase_add_test(
		t, the_authorities_that_are_named_are_all_that_is_trusted);
#endif
	tcase_add_test(t, other_requests_have_their_own_method_and_headers);
	tcase_add_test(t, a_token_with_a_line_break_is_refused);
	tcase_add_test(
		t, cookies_are_shown_again_by_every_client_of_the_target);
	tcase_add_test(t, cookies_are_kept_only_where_they_are_wanted);
	tcase_add_test(t, a_flood_of_cookies_is_not_kept);
	return suite_run("http", t);
}
