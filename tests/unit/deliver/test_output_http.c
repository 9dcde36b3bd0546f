/* The http output against scripted collectors: what its requests are like. */
#include <check.h>
#include <string.h>

#include "lib/fake_collector.h"
#include "lib/output_rig.h"
#include "lib/suite.h"

#define SCRIPT(...) ((const struct fake_reply[]){ __VA_ARGS__ })
#define START(...)            \
	fake_collector_start( \
		&server, 0, SCRIPT(__VA_ARGS__), COUNT(SCRIPT(__VA_ARGS__)))
#define CREATED                                                     \
	{                                                           \
		.status = 201, .body = "created", .takes = FAKE_ALL \
	}

static struct fake_collector server;
static struct output_rig rig;

static void setup(void)
{
	rig_init(&rig, OUTPUT_TYPE_HTTP);
}

static void teardown(void)
{
	rig_deinit(&rig);
}

static void run(unsigned batches, unsigned events)
{
	rig_backend(&rig, server.url);
	rig_start(&rig);
	for (unsigned i = 0; i < batches; i++)
		rig_push(&rig, events, 0);
	rig_settle(&rig);
	rig_end(&rig, 1000);
	fake_collector_stop(&server);
}

static void expect_each_once(void)
{
	for (unsigned i = 0; i < rig.pushed; i++)
		ck_assert_uint_eq(server.taken[i], 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), rig.pushed);
}

START_TEST(lines_are_posted_with_their_type_and_token)
{
	START(CREATED);
	run(3, 10);
	expect_each_once();
	ck_assert_uint_eq(server.n_requests, 3);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_str_eq(
			server.requests[i].type, "application/x-ndjson");
		ck_assert(server.requests[i].bearer);
		ck_assert(!server.requests[i].put);
		ck_assert(!server.requests[i].array);
	}
}
END_TEST

START_TEST(an_array_can_be_put_compressed_with_headers)
{
	char *lines[] = { (char *)"X-A: one",
		(char *)"Authorization: Bearer secret" };

	START(CREATED);
	rig.settings.remote.compression = COMPRESSION_GZIP;
	rig.settings.remote.access.token = NULL;
	rig.settings.remote.access.headers = (struct header_list){ lines, 2 };
	rig.settings.remote.collector.method = METHOD_PUT;
	rig.settings.remote.collector.format = FORMAT_ARRAY;
	run(3, 10);
	expect_each_once();
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_str_eq(server.requests[i].type, "application/json");
		ck_assert(server.requests[i].put);
		ck_assert(server.requests[i].gzip);
		ck_assert(server.requests[i].array);
		ck_assert(server.requests[i].bearer); /* a header */
		ck_assert_uint_eq(server.requests[i].events, 10);
	}
}
END_TEST

START_TEST(zstd_bodies_say_so_and_plain_ones_follow_a_415)
{
	if (!compression_built(COMPRESSION_ZSTD))
		return;
	START(CREATED, { .status = 415 }, CREATED);
	rig.settings.remote.compression = COMPRESSION_ZSTD;
	rig.settings.remote.compression_level = 3;
	run(3, 100);
	expect_each_once();
	ck_assert_uint_eq(server.n_requests, 4);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert(!server.requests[i].gzip);
		ck_assert_int_eq(server.requests[i].zstd, i < 2);
		/* decoded by libzstd */
		ck_assert_uint_eq(server.requests[i].events, 100);
	}
}
END_TEST

START_TEST(a_retry_has_the_key_of_its_first_try_and_no_other_request_has)
{
	START({ .status = 500 }, { .status = 503 }, CREATED);
	run(2, 10);
	expect_each_once();
	ck_assert_uint_eq(server.n_requests, 4);
	ck_assert_str_ne(server.requests[0].key, "");
	ck_assert_str_eq(server.requests[0].key, server.requests[1].key);
	ck_assert_str_eq(server.requests[0].key, server.requests[2].key);
	ck_assert_str_ne(server.requests[0].key, server.requests[3].key);
	ck_assert_str_ne(server.requests[3].key, "");
}
END_TEST

START_TEST(halves_have_keys_of_their_own)
{
	START({ .status = 413 }, { .status = 500 }, CREATED);
	run(1, 10);
	expect_each_once();
	ck_assert_uint_eq(server.n_requests, 4);
	ck_assert_str_ne(server.requests[0].key, server.requests[1].key);
	ck_assert_str_eq(server.requests[1].key, server.requests[2].key);
	ck_assert_str_ne(server.requests[2].key, server.requests[3].key);
	ck_assert_str_ne(server.requests[0].key, server.requests[3].key);
}
END_TEST

START_TEST(a_half_of_an_array_is_an_array)
{
	START({ .status = 413 }, { .status = 413 }, CREATED);
	rig.settings.remote.collector.format = FORMAT_ARRAY;
	run(1, 10);
	expect_each_once();
	for (unsigned i = 0; i < server.n_requests; i++)
		ck_assert(server.requests[i].array);
}
END_TEST

START_TEST(two_processes_number_their_batches_differently)
{
	char first[sizeof(server.requests[0].key)];

	START(CREATED);
	run(1, 1);
	strcpy(first, server.requests[0].key);
	rig_deinit(&rig);
	setup();
	START(CREATED);
	run(1, 1);
	ck_assert_str_ne(first, server.requests[0].key);
}
END_TEST

START_TEST(a_hec_request_has_no_key)
{
	START(FAKE_OK);
	rig.settings.type = OUTPUT_TYPE_HEC;
	run(1, 1);
	ck_assert_str_eq(server.requests[0].key, "");
	ck_assert(server.requests[0].authorized);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("output_http");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, lines_are_posted_with_their_type_and_token);
	tcase_add_test(t, an_array_can_be_put_compressed_with_headers);
	tcase_add_test(t, zstd_bodies_say_so_and_plain_ones_follow_a_415);
	tcase_add_test(t,
		a_retry_has_the_key_of_its_first_try_and_no_other_request_has);
	tcase_add_test(t, halves_have_keys_of_their_own);
	tcase_add_test(t, a_half_of_an_array_is_an_array);
	tcase_add_test(t, two_processes_number_their_batches_differently);
	tcase_add_test(t, a_hec_request_has_no_key);
	return suite_run("output_http", t);
}
