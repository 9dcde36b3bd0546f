#include "base/units.h"

#include <stdio.h>
#include <string.h>

#include "lib/suite.h"

static const struct {
	const char *text;
	int result;
	uint64_t value;
} durations[] = {
	{ "0", 0, 0 },
	{ "0s", 0, 0 },
	{ "1ns", 0, 1 },
	{ "1us", 0, 1000 },
	{ "500ms", 0, 500000000 },
	{ "1s", 0, 1000000000 },
	{ "1.5s", 0, 1500000000 },
	{ "0.1s", 0, 100000000 },
	{ "0.000000001s", 0, 1 },
	{ "0.0000000019s", 0, 1 },
	{ " 2 m", 0, UINT64_C(120000000000) },
	{ "5m", 0, UINT64_C(300000000000) },
	{ "1h", 0, UINT64_C(3600000000000) },
	{ "2d", 0, UINT64_C(172800000000000) },
	{ "0.5ns", 0, 0 },
	{ "18446744073709551615ns", 0, UINT64_MAX },
	{ "18446744073709551616ns", UNITS_E_RANGE, 0 },
	{ "99999999999999d", UNITS_E_RANGE, 0 },
	{ "-1s", UNITS_E_RANGE, 0 },
	{ "10", UNITS_E_NO_UNIT, 0 },
	{ "0.75", UNITS_E_NO_UNIT, 0 },
	{ "0.0", UNITS_E_NO_UNIT, 0 },
	{ "", UNITS_E_SYNTAX, 0 },
	{ "s", UNITS_E_SYNTAX, 0 },
	{ "1.s", UNITS_E_SYNTAX, 0 },
	{ "1x", UNITS_E_SYNTAX, 0 },
	{ "1 s ", UNITS_E_SYNTAX, 0 },
	{ "1S", UNITS_E_SYNTAX, 0 },
	{ "0x10s", UNITS_E_SYNTAX, 0 },
};

START_TEST(durations_are_read_exactly)
{
	uint64_t ns = 77;
	int r = units_parse_duration(durations[_i].text, &ns);

	ck_assert_msg(
		r == durations[_i].result, "%s: %d", durations[_i].text, r);
	ck_assert_uint_eq(ns, r == 0 ? durations[_i].value : 77);
}
END_TEST

static const struct {
	const char *text;
	int result;
	uint64_t value;
} sizes[] = {
	{ "0", 0, 0 },
	{ "4096", 0, 4096 },
	{ "1B", 0, 1 },
	{ "1kB", 0, 1000 },
	{ "64KiB", 0, 65536 },
	{ "1MB", 0, 1000000 },
	{ "1.5MiB", 0, 1572864 },
	{ "10GiB", 0, UINT64_C(10737418240) },
	{ "2TiB", 0, UINT64_C(2199023255552) },
	{ "2TB", 0, UINT64_C(2000000000000) },
	{ "0.3GB", 0, 300000000 },
	{ "17179869184GiB", UNITS_E_RANGE, 0 },
	{ "1K", UNITS_E_SYNTAX, 0 },
	{ "1 MB of", UNITS_E_SYNTAX, 0 },
	{ "-5", UNITS_E_RANGE, 0 },
};

START_TEST(sizes_are_read_exactly)
{
	uint64_t bytes = 77;
	int r = units_parse_size(sizes[_i].text, &bytes);

	ck_assert_msg(r == sizes[_i].result, "%s: %d", sizes[_i].text, r);
	ck_assert_uint_eq(bytes, r == 0 ? sizes[_i].value : 77);
}
END_TEST

START_TEST(what_is_printed_reads_back_the_same)
{
	static const uint64_t values[] = { 0, 1, 999, 1000, 1024, 1536, 65536,
		1000000, 1048576, 90000000000, 3600000000000, 86400000000000,
		1500000000, UINT64_MAX };
	char text[UNITS_TEXT_MAX];
	uint64_t back;

	units_format_duration(values[_i], text, sizeof(text));
	ck_assert_int_eq(units_parse_duration(text, &back), 0);
	ck_assert_uint_eq(back, values[_i]);
	units_format_size(values[_i], text, sizeof(text));
	ck_assert_int_eq(units_parse_size(text, &back), 0);
	ck_assert_uint_eq(back, values[_i]);
}
END_TEST

START_TEST(the_largest_unit_that_divides_is_printed)
{
	char text[UNITS_TEXT_MAX];

	units_format_duration(UINT64_C(300000000000), text, sizeof(text));
	ck_assert_str_eq(text, "5m");
	units_format_duration(1500000000, text, sizeof(text));
	ck_assert_str_eq(text, "1500ms");
	units_format_size(262144, text, sizeof(text));
	ck_assert_str_eq(text, "256KiB");
	units_format_size(1000000, text, sizeof(text));
	ck_assert_str_eq(text, "1MB");
}
END_TEST

START_TEST(each_unit_that_messages_name_is_one)
{
	static const char *const lists[] = { UNITS_OF_SIZE, UNITS_OF_DURATION };

	for (unsigned i = 0; i < COUNT(lists); i++) {
		char words[64], *rest = words, *word;

		snprintf(words, sizeof(words), "%s", lists[i]);
		while ((word = strsep(&rest, ", ")) != NULL) {
			char text[80];
			uint64_t value;

			if (*word == '\0' || strcmp(word, "or") == 0)
				continue;
			snprintf(text, sizeof(text), "2%s", word);
			ck_assert_msg((i == 0 ? units_parse_size
					      : units_parse_duration)(
					      text, &value) == 0,
				"%s", text);
		}
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("units");

	tcase_add_loop_test(t, durations_are_read_exactly, 0, COUNT(durations));
	tcase_add_loop_test(t, sizes_are_read_exactly, 0, COUNT(sizes));
	tcase_add_loop_test(t, what_is_printed_reads_back_the_same, 0, 14);
	tcase_add_test(t, the_largest_unit_that_divides_is_printed);
	tcase_add_test(t, each_unit_that_messages_name_is_one);
	return suite_run("units", t);
}
