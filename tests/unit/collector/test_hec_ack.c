#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collector/hec_ack.h"
#include "lib/suite.h"

static const uint64_t ids[] = { 0, 1, 2, UINT64_C(9007199254740993) };
static bool acked[COUNT(ids)];

static struct ack_verdict judge(long status, const char *body)
{
	struct reply rp = { .status = status, .body = slice_from_str(body) };
	struct ack_verdict v;

	memset(acked, 1, sizeof(acked));
	hec_ack_judge(&v, ids, acked, COUNT(ids), &rp);
	return v;
}

START_TEST(what_is_true_is_in_and_nothing_else)
{
	struct ack_verdict v =
		judge(200, "{\"acks\":{\"0\":true,\"1\":false,\"7\":true,"
			   "\"9007199254740993\":true}}");

	ck_assert_int_eq(v.action, ACK_ANSWERED);
	ck_assert_uint_eq(v.n_acked, 2);
	ck_assert(acked[0] && !acked[1] && !acked[2] && acked[3]);
}
END_TEST

/* Replies without one true, and what they are. */
static const struct {
	long status;
	const char *body;
	enum ack_action action;
	int code;
} replies[] = {
	{ 200, "{\"acks\":{}}", ACK_ANSWERED, -1 },
	{ 200, "{\"acks\":{\"0\":\"true\",\"1\":1,\"2\":null}}", ACK_ANSWERED,
		-1 },
	{ 200, "{\"acks\":{\"00\":true,\" 1\":true,\"2.0\":true}}",
		ACK_ANSWERED, -1 },
	/* what a failing or foreign endpoint says is no success */
	{ 0, "", ACK_FAILED, -1 },
	{ 200, "", ACK_FAILED, -1 },
	{ 200, "<html>please log in</html>", ACK_FAILED, -1 },
	{ 200, "{}", ACK_FAILED, -1 },
	{ 200, "true", ACK_FAILED, -1 },
	{ 200, "{\"0\":true}", ACK_FAILED, -1 },
	{ 200, "{\"acks\":[true,true]}", ACK_FAILED, -1 },
	{ 200, "{\"acks\":true}", ACK_FAILED, -1 },
	{ 200, "{\"acks\":{\"0\":true}", ACK_FAILED, -1 },
	{ 200, "{\"acks\":{\"0\":true,\"0\":true}}", ACK_FAILED, -1 },
	{ 200, "{\"acks\":{\"0\":true}} {}", ACK_FAILED, -1 },
	{ 200, "{\"text\":\"Success\",\"code\":0}", ACK_FAILED, 0 },
	{ 201, "{\"acks\":{\"0\":true}}", ACK_FAILED, -1 },
	{ 302, "{\"acks\":{\"0\":true}}", ACK_FAILED, -1 },
	{ 404, "{\"acks\":{\"0\":true}}", ACK_FAILED, -1 },
	{ 500, "{\"acks\":{\"0\":true}}", ACK_FAILED, -1 },
	{ 401, "{\"code\":3}", ACK_FAILED, 3 },
	{ 403, "{\"code\":4}", ACK_FAILED, 4 },
	{ 400, "{\"code\":10}", ACK_FAILED, 10 },
	{ 400, "{\"code\":11}", ACK_LOST, 11 },
	{ 503, "{\"code\":11}", ACK_FAILED, 11 },
	{ 400, "{\"code\":14}", ACK_OFF, 14 },
	{ 200, "{\"code\":14}", ACK_FAILED, 14 },
	{ 400, "{\"code\":28}", ACK_FAILED, 28 },
	{ 429, "{\"code\":27}", ACK_FAILED, 27 },
	{ 503, "{\"code\":19}", ACK_FAILED, 19 },
	{ 503, "{\"code\":9}", ACK_FAILED, 9 },
	{ 404, "{\"code\":404}", ACK_FAILED, 404 },
	{ 400, "", ACK_FAILED, -1 },
	{ 502, "<html>bad gateway", ACK_FAILED, -1 },
	{ 504, "", ACK_FAILED, -1 },
};

START_TEST(no_other_reply_acknowledges_anything)
{
	struct ack_verdict v = judge(replies[_i].status, replies[_i].body);

	ck_assert_msg(v.action == replies[_i].action, "%ld %s: %d (%s)",
		replies[_i].status, replies[_i].body, v.action, v.reason);
	ck_assert_int_eq(v.code, replies[_i].code);
	ck_assert_uint_eq(v.n_acked, 0);
	ck_assert_str_ne(v.reason, "");
	for (size_t i = 0; i < COUNT(ids); i++)
		ck_assert(!acked[i]);
}
END_TEST

START_TEST(a_reply_cut_anywhere_acknowledges_nothing)
{
	static const char whole[] =
		"{\"acks\":{\"0\":true,\"1\":true,\"2\":true}}";
	char *cut;

	ck_assert_uint_eq(judge(200, whole).n_acked, 3);
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		cut = strndup(whole, len);
		ck_assert_int_eq(judge(200, cut).action, ACK_FAILED);
		free(cut);
	}
}
END_TEST

START_TEST(retry_after_is_heard)
{
	struct reply rp = { .status = 503,
		.body = slice_from_str("busy"),
		.retry_after = "7" };
	struct ack_verdict v;

	hec_ack_judge(&v, ids, acked, COUNT(ids), &rp);
	ck_assert_int_eq(v.action, ACK_FAILED);
	ck_assert_uint_eq(v.retry_after_ns, 7 * NS_PER_S);
}
END_TEST

START_TEST(all_ids_are_asked_about_at_once)
{
	struct buf body = BUF_NULL;

	ck_assert_int_eq(hec_ack_ask(&body, ids, COUNT(ids)), 0);
	ck_assert_str_eq(buf_str(&body), "{\"acks\":[0,1,2,9007199254740993]}");
	buf_clear(&body);
	ck_assert_int_eq(hec_ack_ask(&body, ids, 1), 0);
	ck_assert_str_eq(buf_str(&body), "{\"acks\":[0]}");
	buf_deinit(&body);
}
END_TEST

static const struct {
	const char *post;
	const char *ack;
} urls[] = {
	{ "https://h:8088/services/collector/event",
		"https://h:8088/services/collector/ack?channel=c" },
	{ "https://h:8088/services/collector/event/1.0",
		"https://h:8088/services/collector/ack?channel=c" },
	{ "http://h/prefix/services/collector/raw",
		"http://h/prefix/services/collector/ack?channel=c" },
};

START_TEST(the_ack_endpoint_is_beside_the_events)
{
	struct buf url = BUF_NULL;

	ck_assert_int_eq(hec_ack_url(&url, urls[_i].post, "c"), 0);
	ck_assert_str_eq(buf_str(&url), urls[_i].ack);
	buf_deinit(&url);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("hec_ack");

	tcase_add_test(t, what_is_true_is_in_and_nothing_else);
	tcase_add_loop_test(
		t, no_other_reply_acknowledges_anything, 0, COUNT(replies));
	tcase_add_test(t, a_reply_cut_anywhere_acknowledges_nothing);
	tcase_add_test(t, retry_after_is_heard);
	tcase_add_test(t, all_ids_are_asked_about_at_once);
	tcase_add_loop_test(
		t, the_ack_endpoint_is_beside_the_events, 0, COUNT(urls));
	return suite_run("hec_ack", t);
}
