#include "control/token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/suite.h"

static char path[] = "/tmp/tapferry-token-XXXXXX";
static struct buf why = BUF_NULL;
static char *token;
static bool exposed;

static void setup(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
	free(token);
	buf_deinit(&why);
}

static int read_back(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	fclose(f);
	return token_read(&token, path, &exposed, &why);
}

static const char *const accepted[] = { "abc-1", "abc-1\n", "abc-1\r\n" };

START_TEST(the_lines_end_is_no_part_of_it)
{
	ck_assert_int_eq(read_back(accepted[_i], strlen(accepted[_i])), 0);
	ck_assert_str_eq(token, "abc-1");
	ck_assert(!exposed);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *why;
} refused[] = {
	{ "", 0, "is empty" },
	{ "\n", 1, "is empty" },
	{ "a\nb\n", 4, "several lines" },
	{ "a\0b", 3, "binary" },
	{ "\xef\xbb\xbft0ken\n", 9, "byte-order mark" },
};

START_TEST(what_is_no_token_is_refused_with_the_reason)
{
	ck_assert_int_eq(read_back(refused[_i].text, refused[_i].len), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&why), refused[_i].why));
	ck_assert_ptr_null(token);
}
END_TEST

START_TEST(a_file_that_is_much_too_long_is_refused)
{
	char text[5000];

	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(read_back(text, sizeof(text)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&why), "too long"));
}
END_TEST

START_TEST(a_missing_file_says_how_to_mend_it)
{
	unlink(path);
	ck_assert_int_eq(token_read(&token, path, &exposed, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&why), "No such file"));
	ck_assert_ptr_nonnull(strstr(buf_str(&why), "write the token to it"));
}
END_TEST

START_TEST(a_folder_is_refused)
{
	ck_assert_int_eq(token_read(&token, "/tmp", &exposed, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&why), "cannot be read"));
}
END_TEST

START_TEST(a_file_that_this_user_may_not_read_says_who_it_is)
{
	if (geteuid() == 0 && seteuid(65534) != 0)
		return;
	/* root's own, or a file nobody may read */
	ck_assert_int_eq(
		token_read(&token, "/etc/shadow", &exposed, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&why), "let user"));
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(a_file_that_all_may_read_is_told)
{
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(read_back("abc", 3), 0);
	ck_assert(exposed);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("token");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
		t, the_lines_end_is_no_part_of_it, 0, COUNT(accepted));
	tcase_add_loop_test(t, what_is_no_token_is_refused_with_the_reason, 0,
		COUNT(refused));
	tcase_add_test(t, a_file_that_is_much_too_long_is_refused);
	tcase_add_test(t, a_missing_file_says_how_to_mend_it);
	tcase_add_test(t, a_folder_is_refused);
	tcase_add_test(t, a_file_that_this_user_may_not_read_says_who_it_is);
	tcase_add_test(t, a_file_that_all_may_read_is_told);
	return suite_run("token", t);
}
