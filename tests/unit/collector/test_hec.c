#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "collector/hec.h"
#include "lib/suite.h"

enum { EVENTS = 10, SLOW = 1, NO_CODE = -1 };

#define CODE(c) "{\"text\":\"t\",\"code\":" #c "}"
#define CODE_NUMBER(c, n) \
	"{\"text\":\"t\",\"code\":" #c ",\"invalid-event-number\":" #n "}"

/* A request of ten events, 5,000 octets, compressed. */
static const struct {
	long status;
	const char *body;
	enum verdict_action action;
	int code;
	uint32_t event;
	int slow;
} replies[] = {
	/* the table of protocols.md, code by code */
	{ 200, CODE(0), VERDICT_DELIVERED, 0, 0, 0 },
	{ 403, CODE(1), VERDICT_HOLD, 1, 0, 0 },
	{ 401, CODE(2), VERDICT_HOLD, 2, 0, 0 },
	{ 401, CODE(3), VERDICT_HOLD, 3, 0, 0 },
	{ 403, CODE(4), VERDICT_HOLD, 4, 0, 0 },
	{ 400, CODE(5), VERDICT_REFUSED, 5, 0, 0 },
	{ 400, CODE_NUMBER(6, 0), VERDICT_PARTIAL, 6, 0, 0 },
	{ 400, CODE_NUMBER(6, 4), VERDICT_PARTIAL, 6, 4, 0 },
	{ 400, CODE_NUMBER(6, 9), VERDICT_PARTIAL, 6, 9, 0 },
	{ 400, CODE_NUMBER(7, 5), VERDICT_PARTIAL, 7, 4, 0 },
	{ 400, CODE_NUMBER(7, 10), VERDICT_PARTIAL, 7, 9, 0 },
	{ 500, CODE(8), VERDICT_RETRY, 8, 0, 0 },
	{ 503, CODE(9), VERDICT_RETRY, 9, 0, SLOW },
	{ 400, CODE(10), VERDICT_CHANNEL, 10, 0, 0 },
	{ 400, CODE(11), VERDICT_CHANNEL, 11, 0, 0 },
	{ 400, CODE_NUMBER(12, 3), VERDICT_PARTIAL, 12, 3, 0 },
	{ 400, CODE_NUMBER(13, 3), VERDICT_PARTIAL, 13, 3, 0 },
	{ 400, CODE(14), VERDICT_HOLD, 14, 0, 0 },
	{ 400, CODE_NUMBER(15, 3), VERDICT_PARTIAL, 15, 3, 0 },
	{ 400, CODE(16), VERDICT_HOLD, 16, 0, 0 },
	{ 200, CODE(17), VERDICT_HOLD, 17, 0, 0 },
	{ 503, CODE(18), VERDICT_RETRY, 18, 0, SLOW },
	{ 503, CODE(19), VERDICT_RETRY, 19, 0, 0 },
	{ 503, CODE(20), VERDICT_RETRY, 20, 0, SLOW },
	{ 400, CODE(21), VERDICT_HOLD, 21, 0, 0 },
	{ 400, CODE(22), VERDICT_HOLD, 22, 0, 0 },
	{ 503, CODE(23), VERDICT_RETRY, 23, 0, 0 },
	{ 200, CODE(24), VERDICT_DELIVERED, 24, 0, SLOW },
	{ 200, CODE(25), VERDICT_DELIVERED, 25, 0, 0 },
	{ 429, CODE(26), VERDICT_RETRY, 26, 0, SLOW },
	{ 429, CODE(27), VERDICT_CHANNEL, 27, 0, SLOW },
	{ 400, CODE(28), VERDICT_CHANNEL, 28, 0, 0 },
	/* event numbers that make no sense: halves find the bad one */
	{ 400, CODE(6), VERDICT_SPLIT, 6, 0, 0 },
	{ 400, CODE_NUMBER(6, 10), VERDICT_SPLIT, 6, 0, 0 },
	{ 400, CODE_NUMBER(6, -1), VERDICT_SPLIT, 6, 0, 0 },
	{ 400, CODE_NUMBER(6, 4294967297), VERDICT_SPLIT, 6, 0, 0 },
	{ 400, CODE_NUMBER(6, "4"), VERDICT_SPLIT, 6, 0, 0 },
	{ 400, CODE_NUMBER(6, 4.0), VERDICT_SPLIT, 6, 0, 0 },
	{ 400, CODE_NUMBER(6, null), VERDICT_SPLIT, 6, 0, 0 },
	/* a wrong index from the first event on is every event's */
	{ 400, CODE_NUMBER(7, 1), VERDICT_HOLD, 7, 0, 0 },
	{ 400, CODE_NUMBER(7, 0), VERDICT_HOLD, 7, 0, 0 },
	{ 400, CODE_NUMBER(7, 11), VERDICT_HOLD, 7, 0, 0 },
	{ 400, CODE(7), VERDICT_HOLD, 7, 0, 0 },
	/* codes younger than the table */
	{ 400, CODE_NUMBER(41, 2), VERDICT_PARTIAL, 41, 2, 0 },
	{ 400, CODE(41), VERDICT_UNKNOWN, 41, 0, 0 },
	/* the right code with another's status: a proxy talks */
	{ 500, CODE(0), VERDICT_RETRY, 0, 0, 0 },
	{ 503, CODE_NUMBER(6, 4), VERDICT_RETRY, 6, 0, SLOW },
	{ 200, CODE_NUMBER(6, 4), VERDICT_HOLD, 6, 0, 0 },
	{ 403, CODE(5), VERDICT_HOLD, 5, 0, 0 },
	{ 401, CODE(1), VERDICT_HOLD, 1, 0, 0 },
	{ 404, CODE(404), VERDICT_HOLD, 404, 0, 0 },
	/* status alone */
	{ 0, "", VERDICT_RETRY, NO_CODE, 0, 0 },
	{ 200, "", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 200, "<html>please log in</html>", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 200, "[]", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 200, "0", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 200, "{\"code\":\"0\"}", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 200, "{\"code\":0,\"code\":0}", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 200, "{\"code\":0", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 200, "{\"code\":4294967296}", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 201, CODE(0), VERDICT_HOLD, 0, 0, 0 },
	{ 204, "", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 301, "", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 302, CODE(0), VERDICT_HOLD, 0, 0, 0 },
	{ 400, "<html>plain HTTP sent to HTTPS port", VERDICT_UNKNOWN, NO_CODE,
		0, 0 },
	{ 401, "", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 403, "", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 404, "", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 405, "", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 407, "", VERDICT_HOLD, NO_CODE, 0, 0 },
	{ 408, "", VERDICT_RETRY, NO_CODE, 0, 0 },
	{ 411, "", VERDICT_UNKNOWN, NO_CODE, 0, 0 },
	{ 413, "", VERDICT_SPLIT, NO_CODE, 0, 0 },
	{ 415, "<html>", VERDICT_PLAIN, NO_CODE, 0, 0 },
	{ 425, "", VERDICT_RETRY, NO_CODE, 0, 0 },
	{ 429, "", VERDICT_RETRY, NO_CODE, 0, SLOW },
	{ 500, "", VERDICT_RETRY, NO_CODE, 0, 0 },
	{ 501, "", VERDICT_RETRY, NO_CODE, 0, 0 },
	{ 502, "<html>bad gateway", VERDICT_RETRY, NO_CODE, 0, 0 },
	{ 503, "", VERDICT_RETRY, NO_CODE, 0, SLOW },
	{ 504, "", VERDICT_RETRY, NO_CODE, 0, 0 },
	{ 100, "", VERDICT_UNKNOWN, NO_CODE, 0, 0 },
	{ 418, "<html>", VERDICT_UNKNOWN, NO_CODE, 0, 0 },
};

static struct verdict judge(
	const char *body, long status, const struct request *rq)
{
	struct reply rp = { .status = status, .body = slice_from_str(body) };
	struct verdict v;

	hec_judge(&v, rq, &rp);
	return v;
}

START_TEST(every_reply_has_its_verdict)
{
	const struct request rq = { EVENTS, 5000, true, REQUEST_NO_CHANNEL };
	struct verdict v = judge(replies[_i].body, replies[_i].status, &rq);

	ck_assert_msg(v.action == replies[_i].action, "%ld %s: %d (%s)",
		replies[_i].status, replies[_i].body, v.action, v.reason);
	ck_assert_int_eq(v.code, replies[_i].code);
	ck_assert_uint_eq(v.event, replies[_i].event);
	ck_assert_int_eq(v.slow_down, replies[_i].slow);
	ck_assert_str_ne(v.reason, "");
	ck_assert_uint_eq(v.retry_after_ns, 0);
}
END_TEST

START_TEST(a_single_event_without_a_number_is_the_bad_one)
{
	const struct request one = { 1, 500, true, REQUEST_NO_CHANNEL };

	ck_assert_int_eq(judge(CODE(6), 400, &one).action, VERDICT_REFUSED);
	ck_assert_int_eq(
		judge(CODE_NUMBER(6, 1), 400, &one).action, VERDICT_REFUSED);
	ck_assert_int_eq(
		judge(CODE_NUMBER(6, 0), 400, &one).action, VERDICT_PARTIAL);
}
END_TEST

START_TEST(event_0_of_a_body_above_the_limit_means_too_large)
{
	const struct request at = { EVENTS, 1000000, true, REQUEST_NO_CHANNEL };
	const struct request above = { EVENTS, 1000001, true,
		REQUEST_NO_CHANNEL };
	const struct request one = { 1, 1000001, true, REQUEST_NO_CHANNEL };

	ck_assert_int_eq(
		judge(CODE_NUMBER(6, 0), 400, &at).action, VERDICT_PARTIAL);
	ck_assert_int_eq(
		judge(CODE_NUMBER(6, 0), 400, &above).action, VERDICT_SPLIT);
	ck_assert_int_eq(
		judge(CODE_NUMBER(6, 0), 400, &one).action, VERDICT_SPLIT);
	ck_assert_int_eq(
		judge(CODE_NUMBER(6, 1), 400, &above).action, VERDICT_PARTIAL);
}
END_TEST

START_TEST(a_plain_body_whose_encoding_is_refused_holds)
{
	const struct request plain = { EVENTS, 5000, false,
		REQUEST_NO_CHANNEL };

	ck_assert_int_eq(judge("", 415, &plain).action, VERDICT_HOLD);
}
END_TEST

/* How the request named a channel, and what the verdict is then. */
static const struct {
	int code;
	long status;
	enum verdict_action none, one, new_one;
} channel_replies[] = {
	{ 10, 400, VERDICT_CHANNEL, VERDICT_HOLD, VERDICT_HOLD },
	{ 11, 400, VERDICT_CHANNEL, VERDICT_CHANNEL, VERDICT_HOLD },
	{ 14, 400, VERDICT_HOLD, VERDICT_NO_CHANNEL, VERDICT_HOLD },
	{ 27, 429, VERDICT_CHANNEL, VERDICT_CHANNEL, VERDICT_RETRY },
	{ 28, 400, VERDICT_CHANNEL, VERDICT_CHANNEL, VERDICT_HOLD },
};

START_TEST(a_channel_is_added_replaced_or_left_out_once)
{
	enum verdict_action want[] = {
		[REQUEST_NO_CHANNEL] = channel_replies[_i].none,
		[REQUEST_CHANNEL] = channel_replies[_i].one,
		[REQUEST_NEW_CHANNEL] = channel_replies[_i].new_one,
	};
	char body[32];

	snprintf(body, sizeof(body), "{\"code\":%d}", channel_replies[_i].code);
	for (int c = REQUEST_NO_CHANNEL; c <= REQUEST_NEW_CHANNEL; c++) {
		const struct request rq = { .events = EVENTS,
			.channel = (enum request_channel)c };

		ck_assert_int_eq(
			judge(body, channel_replies[_i].status, &rq).action,
			want[c]);
	}
}
END_TEST

static const struct {
	const char *body;
	uint64_t id;
} ack_ids[] = {
	{ "{\"code\":0,\"ackId\":0}", 0 },
	{ "{\"code\":0,\"ackId\":9007199254740993}", 9007199254740993 },
	{ "{\"code\":24,\"ackId\":7}", 7 },
	{ "{\"code\":25,\"ackId\":7}", 7 },
	{ "{\"code\":0}", VERDICT_NO_ACK },
	{ "{\"code\":0,\"ackId\":-1}", VERDICT_NO_ACK },
	{ "{\"code\":0,\"ackId\":\"7\"}", VERDICT_NO_ACK },
	{ "{\"code\":0,\"ackId\":7.0}", VERDICT_NO_ACK },
	{ "{\"code\":0,\"ackId\":null}", VERDICT_NO_ACK },
};

START_TEST(success_carries_its_ack_id)
{
	const struct request rq = { .events = EVENTS,
		.channel = REQUEST_CHANNEL };
	struct verdict v = judge(ack_ids[_i].body, 200, &rq);

	ck_assert_int_eq(v.action, VERDICT_DELIVERED);
	ck_assert_uint_eq(v.ack_id, ack_ids[_i].id);
	ck_assert_int_eq(v.channel_full, v.code == 25);
}
END_TEST

START_TEST(retry_after_is_read_from_any_reply)
{
	const struct request rq = { EVENTS, 5000, true, REQUEST_NO_CHANNEL };
	struct reply rp = { .status = 503, .retry_after = "7" };
	struct verdict v;

	hec_judge(&v, &rq, &rp);
	ck_assert_int_eq(v.action, VERDICT_RETRY);
	ck_assert_uint_eq(v.retry_after_ns, 7 * NS_PER_S);
	rp.status = 403;
	hec_judge(&v, &rq, &rp);
	ck_assert_int_eq(v.action, VERDICT_HOLD);
	ck_assert_uint_eq(v.retry_after_ns, 7 * NS_PER_S);
	/* in nanoseconds more than 64 bits hold */
	rp.retry_after = "Wed, 01 Jan 2600 00:00:00 GMT";
	hec_judge(&v, &rq, &rp);
	ck_assert_uint_eq(v.retry_after_ns, 3600 * NS_PER_S);
}
END_TEST

START_TEST(a_reply_cut_anywhere_is_never_success)
{
	static const char whole[] = CODE(0);
	const struct request rq = { EVENTS, 5000, true, REQUEST_NO_CHANNEL };

	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		struct reply rp = { .status = 200,
			.body = slice_from(whole, len) };
		struct verdict v;

		hec_judge(&v, &rq, &rp);
		ck_assert_int_eq(v.action, VERDICT_HOLD);
	}
}
END_TEST

static const struct {
	const char *base;
	int error;
	const char *url;
} urls[] = {
	{ "https://splunk:8088", 0,
		"https://splunk:8088/services/collector/event" },
	{ "https://splunk:8088/", 0,
		"https://splunk:8088/services/collector/event" },
	{ "http://127.0.0.1:8088/services/collector", 0,
		"http://127.0.0.1:8088/services/collector/event" },
	{ "http://127.0.0.1:8088/services/collector/", 0,
		"http://127.0.0.1:8088/services/collector/event" },
	{ "http://h/services/collector/event", 0,
		"http://h/services/collector/event" },
	{ "http://h/services/collector/event/1.0", 0,
		"http://h/services/collector/event/1.0" },
	{ "http://h/splunk/services/collector/event", 0,
		"http://h/splunk/services/collector/event" },
	{ "https://proxy/hec", 0,
		"https://proxy/hec/services/collector/event" },
	{ "https://proxy/hec//", 0,
		"https://proxy/hec/services/collector/event" },
	{ "https://proxy/hec/services/collector", 0,
		"https://proxy/hec/services/collector/event" },
	{ "https://h/services/collector/rawhide", 0,
		"https://h/services/collector/rawhide" },
	{ "https://h/services/collector/raw", URL_E_ENDPOINT, NULL },
	{ "https://h:8088/services/collector/raw/1.0", URL_E_ENDPOINT, NULL },
	{ "https://proxy/hec/services/collector/raw/", URL_E_ENDPOINT, NULL },
	{ "http://h/services/collector/health", URL_E_ENDPOINT, NULL },
	{ "http://h/services/collector/ack", URL_E_ENDPOINT, NULL },
	{ "http://h/services/collector/mint", URL_E_ENDPOINT, NULL },
	{ "HTTPS://h", 0, "https://h/services/collector/event" },
	{ "http://[::1]:8088", 0,
		"http://[::1]:8088/services/collector/event" },
	{ "", URL_E_SCHEME, NULL },
	{ "splunk:8088", URL_E_SCHEME, NULL },
	{ "ftp://splunk", URL_E_SCHEME, NULL },
	{ "http:/splunk", URL_E_SCHEME, NULL },
	{ " http://splunk", URL_E_SCHEME, NULL },
	{ "http://", URL_E_HOST, NULL },
	{ "http:///services/collector", URL_E_HOST, NULL },
	{ "http://:8088", URL_E_HOST, NULL },
	{ "http://splunk:0x10", URL_E_HOST, NULL },
	{ "http://splunk:65536", URL_E_HOST, NULL },
	{ "http://[::1", URL_E_HOST, NULL },
	{ "http://spl unk", URL_E_HOST, NULL },
	{ "http://splunk\r\nX: y", URL_E_HOST, NULL },
	{ "http://user@splunk", URL_E_HOST, NULL },
	{ "http://user:pw@splunk", URL_E_HOST, NULL },
	{ "http://splunk/?token=x", URL_E_QUERY, NULL },
	{ "http://splunk?", URL_E_QUERY, NULL },
	{ "http://splunk/#a", URL_E_QUERY, NULL },
};

START_TEST(urls_get_the_path_they_lack)
{
	struct buf url = BUF_NULL;
	int r = hec_url(&url, urls[_i].base);

	ck_assert_msg(r == urls[_i].error, "%s: %d %s", urls[_i].base, r,
		buf_str(&url));
	ck_assert_str_eq(buf_str(&url), r == 0 ? urls[_i].url : "");
	ck_assert_str_ne(url_error_text(r), "");
	buf_deinit(&url);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("hec");

	tcase_add_loop_test(t, every_reply_has_its_verdict, 0, COUNT(replies));
	tcase_add_test(t, a_single_event_without_a_number_is_the_bad_one);
	tcase_add_test(t, event_0_of_a_body_above_the_limit_means_too_large);
	tcase_add_test(t, a_plain_body_whose_encoding_is_refused_holds);
	tcase_add_loop_test(t, a_channel_is_added_replaced_or_left_out_once, 0,
		COUNT(channel_replies));
	tcase_add_loop_test(t, success_carries_its_ack_id, 0, COUNT(ack_ids));
	tcase_add_test(t, retry_after_is_read_from_any_reply);
	tcase_add_test(t, a_reply_cut_anywhere_is_never_success);
	tcase_add_loop_test(t, urls_get_the_path_they_lack, 0, COUNT(urls));
	return suite_run("hec", t);
}
