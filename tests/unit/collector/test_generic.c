#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collector/generic.h"
#include "lib/suite.h"

enum { SLOW = 1 };

/* The table of protocols.md, "Generic HTTP (NDJSON)", and what it leaves open.
 * The request was compressed. */
static const struct {
	long first, last;
	enum verdict_action action;
	int slow;
} replies[] = {
	{ 200, 299, VERDICT_DELIVERED, 0 },
	{ 300, 399, VERDICT_HOLD, 0 },
	{ 400, 400, VERDICT_REFUSED, 0 },
	{ 401, 401, VERDICT_HOLD, 0 },
	{ 402, 402, VERDICT_REFUSED, 0 },
	{ 403, 405, VERDICT_HOLD, 0 },
	{ 406, 406, VERDICT_REFUSED, 0 },
	{ 407, 407, VERDICT_HOLD, 0 },
	{ 408, 408, VERDICT_RETRY, 0 },
	{ 409, 412, VERDICT_REFUSED, 0 },
	{ 413, 413, VERDICT_SPLIT, 0 },
	{ 414, 414, VERDICT_REFUSED, 0 },
	{ 415, 415, VERDICT_PLAIN, 0 },
	{ 416, 424, VERDICT_REFUSED, 0 },
	{ 425, 425, VERDICT_RETRY, 0 },
	{ 426, 428, VERDICT_REFUSED, 0 },
	{ 429, 429, VERDICT_RETRY, SLOW },
	{ 430, 499, VERDICT_REFUSED, 0 },
	{ 500, 500, VERDICT_RETRY, 0 },
	{ 501, 501, VERDICT_HOLD, 0 },
	{ 502, 502, VERDICT_RETRY, 0 },
	{ 503, 503, VERDICT_RETRY, SLOW },
	{ 504, 504, VERDICT_RETRY, 0 },
	{ 505, 505, VERDICT_HOLD, 0 },
	{ 506, 599, VERDICT_RETRY, 0 },
};

static void judge(struct verdict *v, long status, bool compressed,
	const char *retry_after)
{
	struct request rq = {
		.events = 10, .bytes = 5000, .compressed = compressed
	};
	struct reply rp = { .status = status,
		.body = slice_from_str("{\"code\":0}"),
		.retry_after = retry_after,
		.real_ns = UINT64_C(1795176000) * NS_PER_S };

	memset(v, 0xa5, sizeof(*v));
	generic_judge(v, &rq, &rp);
}

START_TEST(every_status_has_its_verdict)
{
	struct verdict v;

	for (long s = replies[_i].first; s <= replies[_i].last; s++) {
		judge(&v, s, true, NULL);
		ck_assert_msg(
			v.action == replies[_i].action, "%ld: %d", s, v.action);
		ck_assert_int_eq(v.slow_down, replies[_i].slow);
		ck_assert_int_eq(v.code, -1);
		ck_assert_uint_eq(v.ack_id, VERDICT_NO_ACK);
		ck_assert_uint_eq(v.retry_after_ns, 0);
		ck_assert_str_ne(v.reason, "");
	}
}
END_TEST

START_TEST(no_status_between_200_and_599_is_left_out)
{
	long next = 200;

	for (size_t i = 0; i < COUNT(replies); i++) {
		ck_assert_int_eq(replies[i].first, next);
		next = replies[i].last + 1;
	}
	ck_assert_int_eq(next, 600);
}
END_TEST

START_TEST(no_reply_is_tried_again)
{
	struct verdict v;

	judge(&v, 0, false, NULL);
	ck_assert_int_eq(v.action, VERDICT_RETRY);
}
END_TEST

START_TEST(a_status_that_is_none_is_unknown)
{
	static const long odd[] = { 1, 100, 199, 600, 999 };
	struct verdict v;

	judge(&v, odd[_i], false, NULL);
	ck_assert_int_eq(v.action, VERDICT_UNKNOWN);
}
END_TEST

START_TEST(a_plain_body_whose_encoding_is_refused_is_refused)
{
	struct verdict v;

	judge(&v, 415, false, NULL);
	ck_assert_int_eq(v.action, VERDICT_REFUSED);
}
END_TEST

START_TEST(retry_after_is_read_from_any_reply)
{
	struct verdict v;

	judge(&v, 429, false, "7");
	ck_assert_uint_eq(v.retry_after_ns, 7 * NS_PER_S);
	judge(&v, 403, false, "7");
	ck_assert_uint_eq(v.retry_after_ns, 7 * NS_PER_S);
}
END_TEST

static const struct {
	const char *url;
	int error;
} urls[] = {
	{ "https://h", 0 },
	{ "http://h:8080/a/b?c=d&e=%20f", 0 },
	{ "http://[::1]:1/?query=INSERT%20INTO%20t", 0 },
	{ "HTTP://h/x/", 0 },
	{ "http://h/a b", URL_E_HOST },
	{ "http://h/\r\nX: y", URL_E_HOST },
	{ "http://u:p@h/", URL_E_HOST },
	{ "http://", URL_E_HOST },
	{ "h:8080", URL_E_SCHEME },
	{ "http://h/#part", URL_E_FRAGMENT },
};

START_TEST(urls_are_taken_as_they_are)
{
	struct buf url = BUF_NULL;
	int r = collector_http.url(&url, urls[_i].url);

	ck_assert_msg(r == urls[_i].error, "%s: %d", urls[_i].url, r);
	ck_assert_str_eq(buf_str(&url), r == 0 ? urls[_i].url : "");
	ck_assert_str_ne(url_error_text(r), "");
	buf_deinit(&url);
}
END_TEST

START_TEST(an_array_is_made_of_any_run_of_events)
{
	static uint8_t data[] = "{\"a\":1}\n{\"b\":\"\\n\"}\n{}\n";
	uint32_t ends[] = { 8, 19, 22 };
	static const struct {
		uint32_t first, n;
		const char *body;
	} runs[] = {
		{ 0, 3, "[{\"a\":1},{\"b\":\"\\n\"},{}]" },
		{ 0, 1, "[{\"a\":1}]" },
		{ 1, 1, "[{\"b\":\"\\n\"}]" },
		{ 1, 2, "[{\"b\":\"\\n\"},{}]" },
		{ 2, 1, "[{}]" },
	};
	struct collector_settings s = { .format = FORMAT_ARRAY };
	struct buf body = BUF_NULL;

	ck_assert_uint_eq(sizeof(data) - 1, ends[2]);
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct batch b = { .data = data,
			.ends = ends,
			.events = 3,
			.first = runs[i].first };

		buf_clear(&body);
		ck_assert(collector_http.frame(&body, &s, &b, runs[i].n));
		ck_assert_str_eq(buf_str(&body), runs[i].body);
		ck_assert_uint_eq(body.len, strlen(runs[i].body));
	}
	buf_deinit(&body);
}
END_TEST

START_TEST(lines_go_as_they_are)
{
	struct collector_settings s = { .format = FORMAT_NDJSON };
	struct batch b = { .events = 1 };
	struct buf body = BUF_NULL;

	ck_assert(!collector_http.frame(&body, &s, &b, 1));
	ck_assert_uint_eq(body.len, 0);
}
END_TEST

START_TEST(the_content_type_follows_the_format_unless_it_is_set)
{
	struct collector_settings s = { .format = FORMAT_NDJSON };

	ck_assert_str_eq(
		collector_http.content_type(&s), "application/x-ndjson");
	s.format = FORMAT_ARRAY;
	ck_assert_str_eq(collector_http.content_type(&s), "application/json");
	s.content_type = "text/plain";
	ck_assert_str_eq(collector_http.content_type(&s), "text/plain");
}
END_TEST

START_TEST(every_product_has_what_outputs_call)
{
	for (unsigned i = 0; i < COLLECTOR_COUNT; i++) {
		ck_assert_ptr_nonnull(collectors[i]->url);
		ck_assert_ptr_nonnull(collectors[i]->judge);
		ck_assert_ptr_nonnull(collectors[i]->content_type);
		ck_assert_ptr_nonnull(collectors[i]->auth_scheme);
		ck_assert_str_ne(collector_names[i], "");
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("generic");

	tcase_add_loop_test(t, every_status_has_its_verdict, 0, COUNT(replies));
	tcase_add_test(t, no_status_between_200_and_599_is_left_out);
	tcase_add_test(t, no_reply_is_tried_again);
	tcase_add_loop_test(t, a_status_that_is_none_is_unknown, 0, 5);
	tcase_add_test(t, a_plain_body_whose_encoding_is_refused_is_refused);
	tcase_add_test(t, retry_after_is_read_from_any_reply);
	tcase_add_loop_test(t, urls_are_taken_as_they_are, 0, COUNT(urls));
	tcase_add_test(t, an_array_is_made_of_any_run_of_events);
	tcase_add_test(t, lines_go_as_they_are);
	tcase_add_test(t, the_content_type_follows_the_format_unless_it_is_set);
	tcase_add_test(t, every_product_has_what_outputs_call);
	return suite_run("generic", t);
}
