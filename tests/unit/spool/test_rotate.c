#include <check.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "spool/rotate.h"
#include "lib/suite.h"

static char dir[64], path[128];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tapferry-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out", dir);
}

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static const char *rotated(unsigned number, const char *suffix)
{
	static char name[160];

	snprintf(name, sizeof(name), "%s.%u%s", path, number, suffix);
	return name;
}

static void expect(unsigned number, const char *text)
{
	char have[64];
	FILE *f = fopen(rotated(number, ""), "r");

	ck_assert_msg(f != NULL, "%s is missing", rotated(number, ""));
	have[fread(have, 1, sizeof(have) - 1, f)] = '\0';
	fclose(f);
	ck_assert_str_eq(have, text);
}

static bool exists(const char *name)
{
	return access(name, F_OK) == 0;
}

START_TEST(the_newest_are_kept_and_the_oldest_goes)
{
	struct rotation r;
	char text[2] = "a";

	ck_assert_int_eq(rotation_init(&r, path, 3, false), 0);
	for (; text[0] <= 'e'; text[0]++) {
		put(path, text);
		ck_assert_int_eq(rotation_shift(&r), 0);
		ck_assert(!exists(path));
	}
	expect(1, "e");
	expect(2, "d");
	expect(3, "c");
	ck_assert(!exists(rotated(4, "")));
	rotation_deinit(&r);
}
END_TEST

START_TEST(one_kept_file_is_replaced)
{
	struct rotation r;

	ck_assert_int_eq(rotation_init(&r, path, 1, false), 0);
	put(path, "a");
	ck_assert_int_eq(rotation_shift(&r), 0);
	put(path, "b");
	ck_assert_int_eq(rotation_shift(&r), 0);
	expect(1, "b");
	ck_assert(!exists(rotated(2, "")));
	rotation_deinit(&r);
}
END_TEST

START_TEST(without_the_file_there_is_nothing_to_shift)
{
	struct rotation r;

	ck_assert_int_eq(rotation_init(&r, path, 2, false), 0);
	ck_assert_int_lt(rotation_shift(&r), 0);
	rotation_deinit(&r);
}
END_TEST

/* Every member of a gzip file, one after the other. */
static size_t gunzip(const char *name, uint8_t *text, size_t cap)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	static uint8_t zipped[1 << 20];
	FILE *f = fopen(name, "r");
	size_t len, at = 0, total = 0, used, made;

	ck_assert_ptr_nonnull(f);
	len = fread(zipped, 1, sizeof(zipped), f);
	fclose(f);
	for (; at < len; at += used, total += made)
		ck_assert_int_eq(
			libdeflate_gzip_decompress_ex(d, zipped + at, len - at,
				text + total, cap - total, &used, &made),
			LIBDEFLATE_SUCCESS);
	libdeflate_free_decompressor(d);
	return total;
}

static void wait_for(const char *name)
{
	for (int i = 0; i < 1000 && !exists(name); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	ck_assert_msg(exists(name), "%s never came", name);
}

enum { LARGE = 5 << 19 }; /* two chunks and a half */

START_TEST(rotated_files_are_compressed_with_mode_and_content)
{
	static uint8_t text[LARGE + 1];
	struct rotation r;
	struct stat st;
	FILE *f = fopen(path, "w");

	for (int i = 0; i < LARGE; i++)
		ensure(putc('a' + i % 23, f) != EOF);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(rotation_init(&r, path, 2, true), 0);
	ck_assert_int_eq(rotation_shift(&r), 0);
	wait_for(rotated(1, ".gz"));
	rotation_deinit(&r);
	ck_assert(!exists(rotated(1, "")));
	ck_assert_int_eq(stat(rotated(1, ".gz"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(gunzip(rotated(1, ".gz"), text, sizeof(text)), LARGE);
	for (int i = 0; i < LARGE; i++)
		ensure(text[i] == 'a' + i % 23);
}
END_TEST

START_TEST(what_an_earlier_run_left_is_compressed)
{
	struct rotation r;
	uint8_t text[16];

	put(rotated(2, ""), "old");
	ck_assert_int_eq(rotation_init(&r, path, 3, true), 0);
	wait_for(rotated(2, ".gz"));
	rotation_deinit(&r);
	ck_assert(!exists(rotated(2, "")));
	ck_assert_uint_eq(gunzip(rotated(2, ".gz"), text, sizeof(text)), 3);
}
END_TEST

START_TEST(rotations_during_compression_lose_nothing)
{
	struct rotation r;
	uint8_t text[16];

	ck_assert_int_eq(rotation_init(&r, path, 40, true), 0);
	for (int i = 0; i < 40; i++) {
		char word[16];

		snprintf(word, sizeof(word), "n%02d", i);
		put(path, word);
		ck_assert_int_eq(rotation_shift(&r), 0);
	}
	for (unsigned i = 1; i <= 40; i++) {
		char word[16];

		snprintf(word, sizeof(word), "n%02u", 40 - i);
		wait_for(rotated(i, ".gz"));
		ck_assert_uint_eq(
			gunzip(rotated(i, ".gz"), text, sizeof(text)), 3);
		ck_assert_mem_eq(text, word, 3);
	}
	rotation_deinit(&r);
}
END_TEST

START_TEST(a_path_too_long_for_its_numbers_is_refused)
{
	static char longest[4090];
	struct rotation r;

	memset(longest, 'a', sizeof(longest) - 1);
	ck_assert_int_lt(rotation_init(&r, longest, 1, false), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("rotate");

	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_newest_are_kept_and_the_oldest_goes);
	tcase_add_test(t, one_kept_file_is_replaced);
	tcase_add_test(t, without_the_file_there_is_nothing_to_shift);
	tcase_add_test(t, rotated_files_are_compressed_with_mode_and_content);
	tcase_add_test(t, what_an_earlier_run_left_is_compressed);
	tcase_add_test(t, rotations_during_compression_lose_nothing);
	tcase_add_test(t, a_path_too_long_for_its_numbers_is_refused);
	return suite_run("rotate", t);
}
