#include <check.h>
#include <errno.h>
#include <string.h>

#include "deliver/header_list.h"
#include "lib/suite.h"

static struct header_list list;
static struct buf text;

static void setup(void)
{
	list = HEADER_LIST_NULL;
	text = BUF_NULL;
}

static void teardown(void)
{
	header_list_deinit(&list);
	buf_deinit(&text);
}

START_TEST(each_line_is_a_header)
{
	ck_assert_int_eq(
		header_list_parse(
			&list, "X-Scope-OrgID: dns\nx-key:secret\tone", &text),
		0);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_str_eq(list.lines[0], "X-Scope-OrgID: dns");
	ck_assert_str_eq(list.lines[1], "x-key:secret\tone");
	ck_assert(header_list_has(&list, "x-scope-orgid"));
	ck_assert(header_list_has(&list, "X-Key"));
	ck_assert(!header_list_has(&list, "X-Scope"));
}
END_TEST

START_TEST(printed_values_are_blotted_out)
{
	ck_assert_int_eq(header_list_parse(&list, "A: 1\nB:secret", &text), 0);
	header_list_format(&list, "***", &text);
	ck_assert_str_eq(buf_str(&text), "[\"A: ***\", \"B: ***\"]");
}
END_TEST

START_TEST(no_header_is_no_list)
{
	ck_assert_int_eq(header_list_parse(&list, "", &text), 0);
	ck_assert_uint_eq(list.n, 0);
	header_list_format(&list, "***", &text);
	ck_assert_str_eq(buf_str(&text), "");
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} wrong[] = {
	{ "secret", "number 1 is not a header" },
	{ "A: 1\nAuthorization Bearer secret", "number 2 is not a header" },
	{ ": secret", "is not a header" },
	{ "A B: secret", "is not a header" },
	{ "A : secret", "is not a header" },
	{ "A: 1\n\nB: secret", "is not a header" },
	{ "A: secret\r", "has control characters" },
	{ "A: ********", "has the mask" },
	{ "A:", "has no value" },
	{ "A: \t", "has no value" },
	{ "content-type: secret", "is set by content_type" },
	{ "Content-Length: 7", "is set with the body" },
	{ "IDEMPOTENCY-KEY: secret", "is set for each request" },
	{ "Expect: secret", "is HTTP's own" },
};

START_TEST(what_is_wrong_is_told_without_the_value)
{
	ck_assert_int_eq(
		header_list_parse(&list, wrong[_i].text, &text), -EINVAL);
	ck_assert_msg(strstr(buf_str(&text), wrong[_i].why) != NULL, "%s",
		buf_str(&text));
	ck_assert_ptr_null(strstr(buf_str(&text), "secret"));
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("header_list");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_line_is_a_header);
	tcase_add_test(t, printed_values_are_blotted_out);
	tcase_add_test(t, no_header_is_no_list);
	tcase_add_loop_test(
		t, what_is_wrong_is_told_without_the_value, 0, COUNT(wrong));
	return suite_run("header_list", t);
}
