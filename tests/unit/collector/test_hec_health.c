#include "collector/health.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "lib/suite.h"

static enum health_sign sign_of(long status, const char *body, bool ack)
{
	struct reply rp = { .status = status,
		.body = slice_from(body, strlen(body)) };
	struct health_verdict v = { .sign = (enum health_sign)99 };

	hec_health.judge(&v, &rp, ack);
	ck_assert(v.reason[0] != '\0');
	return v.sign;
}

static const struct {
	long status;
	int code;
	enum health_sign sign, with_ack;
} codes[] = {
	{ 200, 17, HEALTH_WELL, HEALTH_WELL },
	{ 503, 18, HEALTH_GONE, HEALTH_GONE },
	{ 503, 19, HEALTH_WELL, HEALTH_GONE },
	{ 503, 20, HEALTH_GONE, HEALTH_GONE },
	{ 400, 21, HEALTH_REFUSED, HEALTH_REFUSED },
	{ 400, 22, HEALTH_REFUSED, HEALTH_REFUSED },
	{ 503, 23, HEALTH_GONE, HEALTH_GONE },
};
enum { CODES = sizeof(codes) / sizeof(codes[0]) };

START_TEST(every_code_has_its_meaning)
{
	char body[64];

	snprintf(body, sizeof(body), "{\"text\":\"x\",\"code\":%d}",
		codes[_i].code);
	ck_assert_int_eq(
		sign_of(codes[_i].status, body, false), codes[_i].sign);
	ck_assert_int_eq(
		sign_of(codes[_i].status, body, true), codes[_i].with_ack);
	/* with another status somebody in between is talking */
	ck_assert_int_eq(sign_of(404, body, false), HEALTH_UNKNOWN);
	ck_assert_int_eq(sign_of(502, body, false), HEALTH_ILL);
}
END_TEST

START_TEST(other_replies_say_nothing_or_that_it_is_ill)
{
	ck_assert_int_eq(sign_of(200, "<html>log in", false), HEALTH_UNKNOWN);
	ck_assert_int_eq(sign_of(200, "", false), HEALTH_UNKNOWN);
	ck_assert_int_eq(sign_of(200, "[17]", false), HEALTH_UNKNOWN);
	ck_assert_int_eq(
		sign_of(200, "{\"code\":\"17\"}", false), HEALTH_UNKNOWN);
	ck_assert_int_eq(sign_of(404, "", false), HEALTH_UNKNOWN);
	ck_assert_int_eq(sign_of(500, "", false), HEALTH_ILL);
	ck_assert_int_eq(sign_of(503, "<html>", true), HEALTH_ILL);
}
END_TEST

START_TEST(a_status_alone_may_be_what_is_wanted)
{
	struct health_verdict v;

	health_judge_status(&v, 204, 0);
	ck_assert_int_eq(v.sign, HEALTH_WELL);
	health_judge_status(&v, 301, 0);
	ck_assert_int_eq(v.sign, HEALTH_ILL);
	health_judge_status(&v, 401, 401);
	ck_assert_int_eq(v.sign, HEALTH_WELL);
	health_judge_status(&v, 200, 401);
	ck_assert_int_eq(v.sign, HEALTH_ILL);
	ck_assert_str_eq(v.reason, "health check: status 200");
}
END_TEST

static const struct {
	const char *post, *path, *url; /* path NULL: HEC's own */
} urls[] = {
	{ "https://h:8088/services/collector/event", NULL,
		"https://h:8088/services/collector/health" },
	{ "https://h/splunk/services/collector/event/1.0", NULL,
		"https://h/splunk/services/collector/health" },
	{ "http://[::1]:1/services/collector/event", "/alive",
		"http://[::1]:1/alive" },
	{ "http://h/in?token=1", "/up", "http://h/up" },
};
enum { URLS = sizeof(urls) / sizeof(urls[0]) };

START_TEST(the_url_is_made_of_the_one_to_post_to)
{
	struct buf url = BUF_NULL;

	ck_assert_int_eq(
		urls[_i].path == NULL
			? hec_health.url(&url, urls[_i].post)
			: health_path(&url, urls[_i].post, urls[_i].path),
		0);
	ck_assert_str_eq(buf_str(&url), urls[_i].url);
	buf_deinit(&url);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("hec_health");

	tcase_add_loop_test(t, every_code_has_its_meaning, 0, CODES);
	tcase_add_test(t, other_replies_say_nothing_or_that_it_is_ill);
	tcase_add_test(t, a_status_alone_may_be_what_is_wanted);
	tcase_add_loop_test(t, the_url_is_made_of_the_one_to_post_to, 0, URLS);
	return suite_run("hec_health", t);
}
