#include "base/log_pairs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/suite.h"

static char text[LOG_PAIRS_MAX + 1];

static const char *pairs_in(size_t cap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static const char *pairs_in(size_t cap, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	text[log_pairs_format(text, cap, format, ap)] = '\0';
	va_end(ap);
	return text;
}

#define pairs(...) pairs_in(LOG_PAIRS_MAX, __VA_ARGS__)

/* Values that would end early, or hide one behind them. */
static const struct {
	const char *value, *quoted;
} values[] = {
	{ "no such file", "no such file" },
	{ "", "" },
	{ "is no \"size\"", "is no \\\"size\\\"" },
	{ "\" forged=\"1", "\\\" forged=\\\"1" },
	{ "C:\\spool\\", "C:\\\\spool\\\\" },
	{ "one\ntwo\r\n\tthree", "one\\ntwo\\r\\n\\tthree" },
	{ "\x01\x02\x03\x04\x05\x06\x1b[0m\x7f",
		"\\x01\\x02\\x03\\x04\\x05\\x06\\x1b[0m\\x7f" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
};
enum { N_VALUES = sizeof(values) / sizeof(values[0]) };

START_TEST(quotes_of_the_format_hold_any_value)
{
	char expected[256], plain[256];
	size_t n;

	snprintf(expected, sizeof(expected), "a=1 reason=\"%s\" n=7",
		values[_i].quoted);
	ck_assert_str_eq(
		pairs("a=%d reason=\"%s\" n=%u", 1, values[_i].value, 7U),
		expected);
	n = log_pair_plain(plain, values[_i].quoted, strlen(values[_i].quoted));
	ck_assert_mem_eq(plain, values[_i].value, n);
	ck_assert_uint_eq(n, strlen(values[_i].value));
}
END_TEST

START_TEST(a_value_gets_quotes_when_it_needs_them)
{
	ck_assert_str_eq(pairs("path=%s/%x.batch n=%d", "/var/lib/sp", 255U, 1),
		"path=/var/lib/sp/ff.batch n=1");
	ck_assert_str_eq(pairs("path=%s/%x.batch n=%d", "/my spool", 255U, 1),
		"path=\"/my spool/ff.batch\" n=1");
	ck_assert_str_eq(
		pairs("peer=%s", "a b=\"c\""), "peer=\"a b=\\\"c\\\"\"");
	ck_assert_str_eq(pairs("url=%s n=%d", "http://h/?a=b\\", 1),
		"url=http://h/?a=b\\ n=1");
	ck_assert_str_eq(pairs("empty=%s n=%d", "", 1), "empty= n=1");
}
END_TEST

START_TEST(pairs_made_before_stay_as_they_are)
{
	ck_assert_str_eq(pairs("%s", " a=1 b=\"2 3\""), "a=1 b=\"2 3\"");
	ck_assert_str_eq(pairs("%s", ""), "");
	ck_assert_str_eq(
		pairs("a=%d %s b=\"%s\"", 1, " http=503 code=9", "x y"),
		"a=1 http=503 code=9 b=\"x y\"");
	ck_assert_str_eq(
		pairs("a=%d %s b=\"%s\"", 1, "", "x y"), "a=1 b=\"x y\"");
	ck_assert_str_eq(pairs("a=%d %s", 1, ""), "a=1");
	ck_assert_str_eq(pairs("%s a=%d", "", 1), "a=1");
	text[log_pair_format(text, sizeof(text), "url", "a \"b", 4)] = '\0';
	ck_assert_str_eq(text, "url=\"a \\\"b\"");
	ck_assert_uint_eq(log_pair_format(text, 3, "url", "a \"b", 4), 0);
	text[log_pair_format(text, 8, "url", "a \"b", 4)] = '\0';
	ck_assert_str_eq(text, "url=\"a \"");
}
END_TEST

/* An even number of quotes that no backslash hides. */
static bool is_closed(const char *p)
{
	bool open = false;

	for (; *p != '\0'; p++) {
		if (*p == '"')
			open = !open;
		else if (*p == '\\' && *++p == '\0')
			return false;
	}
	return !open;
}

START_TEST(what_is_cut_ends_with_a_quote)
{
	static const char value[] = "x\"\n\x1b\\ y";
	char whole[128];
	size_t len;

	snprintf(whole, sizeof(whole), "%s",
		pairs("a=%d b=\"%s\" c=%s", 1, value, value));
	len = strlen(whole);
	for (size_t cap = 0; cap <= len; cap++) {
		const char *cut =
			pairs_in(cap, "a=%d b=\"%s\" c=%s", 1, value, value);

		ck_assert_uint_le(strlen(cut), cap);
		ck_assert_msg(is_closed(cut), "%s", cut);
		ck_assert_int_eq(strcmp(cut, whole) == 0, cap == len);
	}
}
END_TEST

START_TEST(a_value_longer_than_a_line_is_cut)
{
	char *value = malloc(10001);

	memset(value, '"', 10000);
	value[10000] = '\0';
	pairs("a=\"%s\" b=%d", value, 1);
	ck_assert_uint_gt(strlen(text), LOG_PAIRS_MAX - 4);
	ck_assert(is_closed(text));
	memset(value, 'x', 10000);
	ck_assert_uint_gt(strlen(pairs("%s", value)), LOG_PAIRS_MAX - 4);
	free(value);
}
END_TEST

START_TEST(plain_text_of_half_an_escape_stays_within_it)
{
	char out[8];

	ck_assert_uint_eq(log_pair_plain(out, "\\", 1), 1);
	ck_assert_uint_eq(log_pair_plain(out, "\\x1", 3), 2);
	ck_assert_mem_eq(out, "x1", 2);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("log_pairs");

	tcase_add_loop_test(
		t, quotes_of_the_format_hold_any_value, 0, N_VALUES);
	tcase_add_test(t, a_value_gets_quotes_when_it_needs_them);
	tcase_add_test(t, pairs_made_before_stay_as_they_are);
	tcase_add_test(t, what_is_cut_ends_with_a_quote);
	tcase_add_test(t, a_value_longer_than_a_line_is_cut);
	tcase_add_test(t, plain_text_of_half_an_escape_stays_within_it);
	return suite_run("log_pairs", t);
}
