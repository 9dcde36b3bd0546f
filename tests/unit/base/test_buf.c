#include "base/buf.h"

#include <stdlib.h>

#include "lib/suite.h"

START_TEST(an_empty_builder_is_an_empty_string)
{
	struct buf b = BUF_NULL;
	char *s;

	ck_assert_str_eq(buf_str(&b), "");
	s = buf_take(&b);
	ck_assert_str_eq(s, "");
	free(s);
}
END_TEST

START_TEST(text_grows_through_every_size)
{
	struct buf b = BUF_NULL;

	for (size_t i = 0; i < 5000; i++) {
		buf_add(&b, "x", 1);
		ck_assert_uint_eq(b.len, i + 1);
		ck_assert_int_eq(b.data[b.len], '\0');
	}
	buf_clear(&b);
	ck_assert_str_eq(buf_str(&b), "");
	buf_printf(&b, "%s=%d", "n", 42);
	buf_add_str(&b, "!");
	ck_assert_str_eq(buf_str(&b), "n=42!");
	buf_deinit(&b);
}
END_TEST

START_TEST(a_size_that_cannot_be_had_is_remembered)
{
	struct buf b = BUF_NULL;

	buf_add_str(&b, "kept");
	b.len = SIZE_MAX - 2; /* as if that much were in it */
	buf_add(&b, "more", 4);
	ck_assert(buf_failed(&b));
	b.len = 4;
	buf_add_str(&b, "ignored");
	ck_assert_str_eq(buf_str(&b), "kept");
	ck_assert_ptr_null(buf_take(&b));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("buf");

	tcase_add_test(t, an_empty_builder_is_an_empty_string);
	tcase_add_test(t, text_grows_through_every_size);
	tcase_add_test(t, a_size_that_cannot_be_had_is_remembered);
	return suite_run("buf", t);
}
