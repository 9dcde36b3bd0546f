/* Tables and numbers for people. */
#include "ctl/grid.h"

#include <string.h>

#include "ctl/words.h"
#include "lib/suite.h"

static struct grid grid;
static struct buf out;

static void setup(void)
{
	out = BUF_NULL;
}

static void teardown(void)
{
	grid_deinit(&grid);
	buf_deinit(&out);
}

START_TEST(columns_are_as_wide_as_they_need_to_be)
{
	grid_init(&grid, "NAME|>COUNT|LAST");
	grid_text(&grid, "a");
	grid_number(&grid, 1234567);
	grid_text(&grid, NULL);
	grid_text(&grid, "b\303\266nn");
	grid_number(&grid, 5);
	grid_text(&grid, "x");
	grid_print(&grid, 0, &out);
	ck_assert_str_eq(buf_str(&out), "NAME    COUNT  LAST\n"
					"a     1234567  -\n"
					"b\303\266nn        5  x\n");
}
END_TEST

START_TEST(a_table_without_rows_has_its_head)
{
	grid_init(&grid, "ONE|>TWO");
	grid_print(&grid, 0, &out);
	ck_assert_str_eq(buf_str(&out), "ONE  TWO\n");
}
END_TEST

START_TEST(lines_are_cut_at_the_terminals_edge)
{
	grid_init(&grid, "A|B");
	grid_text(&grid, "\303\266\303\266\303\266");
	grid_text(&grid, "12345");
	grid_print(&grid, 7, &out);
	ck_assert_str_eq(
		buf_str(&out), "A    B\n\303\266\303\266\303\266  12\n");
}
END_TEST

START_TEST(a_peers_text_moves_no_cursor)
{
	char text[] = "a\033[2Jb\r\n\t\177c\302\233d\303\251";

	grid_clean(text);
	ck_assert_str_eq(text, "a?[2Jb????c??d\303\251");
}
END_TEST

START_TEST(numbers_keep_few_digits)
{
	char text[WORDS_MAX];

	ck_assert_str_eq(words_bytes(text, 0), "0 B");
	ck_assert_str_eq(words_bytes(text, 999), "999 B");
	ck_assert_str_eq(words_bytes(text, 1000), "1.0 kB");
	ck_assert_str_eq(words_bytes(text, 123456789), "123 MB");
	ck_assert_str_eq(words_bytes(text, 5e15), "5000 TB");
	ck_assert_str_eq(words_seconds(text, 0.0012), "1.2ms");
	ck_assert_str_eq(words_seconds(text, 0.25), "250ms");
	ck_assert_str_eq(words_seconds(text, 5), "5.0s");
	ck_assert_str_eq(words_seconds(text, 65), "1m05s");
	ck_assert_str_eq(words_seconds(text, 3700), "1h01m");
	ck_assert_str_eq(words_seconds(text, 90000), "1d01h");
}
END_TEST

START_TEST(values_are_found_by_their_path_or_are_nothing)
{
	json_t *o = json_pack(
		"{s:{s:i, s:s, s:f}}", "a", "n", 5, "t", "x", "r", 1.5);

	ck_assert_uint_eq(words_count(o, "a.n"), 5);
	ck_assert_str_eq(words_text(o, "a.t"), "x");
	ck_assert(words_real(o, "a.r") > 1.4);
	ck_assert_uint_eq(words_count(o, "a.x"), 0);
	ck_assert_uint_eq(words_count(o, "b.n"), 0);
	ck_assert_uint_eq(words_count(o, "a.n.m"), 0);
	ck_assert_ptr_null(words_text(o, "a.n"));
	ck_assert_ptr_null(words_at(NULL, "a"));
	json_decref(o);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("grid");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, columns_are_as_wide_as_they_need_to_be);
	tcase_add_test(t, a_table_without_rows_has_its_head);
	tcase_add_test(t, lines_are_cut_at_the_terminals_edge);
	tcase_add_test(t, a_peers_text_moves_no_cursor);
	tcase_add_test(t, numbers_keep_few_digits);
	tcase_add_test(t, values_are_found_by_their_path_or_are_nothing);
	return suite_run("grid", t);
}
