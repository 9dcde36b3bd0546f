#include "base/path.h"

#include <errno.h>
#include <string.h>

#include "lib/suite.h"

START_TEST(a_path_is_in_a_folder)
{
	static const char *const rows[][2] = {
		{ "name", "." },
		{ "name/", "." },
		{ "/name", "/" },
		{ "//name//", "/" },
		{ "/", "/" },
		{ "a/b", "a" },
		{ "/a/b", "/a" },
		{ "/a/b/", "/a" },
		{ "/a//b//", "/a" },
	};
	char folder[PATH_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(path_folder(rows[i][0], folder), 0);
		ck_assert_str_eq(folder, rows[i][1]);
	}
}
END_TEST

START_TEST(a_path_may_be_too_long)
{
	char path[PATH_MAX + 3], folder[PATH_MAX];

	memset(path, 'a', sizeof(path));
	memcpy(path + PATH_MAX, "/b", 3);
	ck_assert_int_eq(path_folder(path, folder), -ENAMETOOLONG);
}
END_TEST

START_TEST(slashes_make_no_difference)
{
	ck_assert(path_same("/a/b", "/a/b"));
	ck_assert(path_same("/a/b", "/a/b/"));
	ck_assert(path_same("//a///b//", "/a/b"));
	ck_assert(path_same("/", "//"));
	ck_assert(path_same("a/", "a"));
	ck_assert(!path_same("/a/b", "/a/bc"));
	ck_assert(!path_same("/a/b", "/ab"));
	ck_assert(!path_same("/ab", "/a/b"));
	ck_assert(!path_same("/a", "a"));
	ck_assert(!path_same("/a", "/"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("path");

	tcase_add_test(t, a_path_is_in_a_folder);
	tcase_add_test(t, a_path_may_be_too_long);
	tcase_add_test(t, slashes_make_no_difference);
	return suite_run("path", t);
}
