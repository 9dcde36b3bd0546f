/* Numbered events: from the tape to the file, each one counted. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/suite.h"
#include "load/ids.h"
#include "wire/dnstap.h"

static char path[] = "/tmp/tapferry-ids-XXXXXX";
static struct ids ids;
static struct ids_summary s;

static void setup(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(ids_open(&ids, path), 0);
}

static void teardown(void)
{
	ids_close(&ids);
	unlink(path);
}

static void take(const char *text, uint64_t events)
{
	ids_take(&ids, slice_from_str(text), events);
}

#define EVENT(run, n, of) \
	"{\"a\":1,\"extra\":\"run=" run " n=" n " of=" of "\"}\n"

START_TEST(what_is_missing_and_what_came_twice_is_named)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	take(EVENT("0000002a", "00000000", "00000006")
			EVENT("0000002a", "00000004", "00000006"),
		2);
	take(EVENT("0000002a", "00000004", "00000006"), 1);
	take(EVENT("0000002a", "00000004", "00000006"), 1);
	ck_assert(ids_sum(&ids, 0, &s));
	ck_assert(!ids_sum(&ids, 1, &s));
	ck_assert(ids_sum(&ids, 0, &s));
	ck_assert_uint_eq(s.run, 42);
	ck_assert_uint_eq(s.numbered, 6);
	ck_assert_uint_eq(s.taken, 2);
	ck_assert_uint_eq(s.missing, 4);
	ck_assert_uint_eq(s.duplicated, 1);
	ck_assert_uint_eq(s.extra, 2);
	ids_list(&ids, 0, f);
	fclose(f);
	ck_assert_str_eq(text, "missing 0000002a 1-3\ntwice 0000002a 4 3\n"
			       "missing 0000002a 5\n");
	free(text);
}
END_TEST

START_TEST(runs_are_told_apart_and_others_share_the_file)
{
	struct ids other = IDS_NULL;

	ck_assert_int_eq(ids_open(&other, path), 0);
	take(EVENT("00000001", "00000000", "00000001"), 1);
	ids_take(&other,
		slice_from_str(EVENT("00000002", "00000000", "00000001")
				EVENT("00000001", "00000000", "00000001")),
		2);
	ids_close(&other);
	ck_assert(ids_sum(&ids, 0, &s));
	ck_assert_uint_eq(s.extra, 1);
	ck_assert(ids_sum(&ids, 1, &s));
	ck_assert_uint_eq(s.run, 2);
	ck_assert_uint_eq(s.taken, 1);
	ck_assert_uint_eq(s.missing, 0);
	ck_assert_uint_eq(atomic_load(&ids.file->unknown), 0);
}
END_TEST

START_TEST(an_event_without_a_number_is_counted_as_such)
{
	take("{}\n{\"extra\":\"x\"}\n" EVENT("0000000g", "00000000", "00000001")
			EVENT("00000001", "00000001", "00000001")
				EVENT("00000001", "00000000", "09000000"),
		5);
	take("{\"extra\":\"run=00000001 n=00", 1);
	ck_assert_uint_eq(atomic_load(&ids.file->unknown), 6);
	ck_assert(!ids_sum(&ids, 0, &s));
}
END_TEST

START_TEST(another_file_is_refused)
{
	struct ids other = IDS_NULL;
	FILE *f;

	ids_close(&ids);
	f = fopen(path, "w");
	fputs("something else", f);
	fclose(f);
	ck_assert_int_eq(ids_open(&other, path), -EINVAL);
	ck_assert_int_eq(ids_open(&other, "/nowhere/ids"), -ENOENT);
}
END_TEST

START_TEST(a_numbered_tape_has_its_number_in_every_message)
{
	struct tape t = TAPE_NULL;
	struct dnstap d;
	char want[64];

	ck_assert_int_eq(tape_add_generated(&t, 50, 1, 0, "me"), 0);
	ck_assert_int_eq(tape_number(&t, 0xbeef), 0);
	ck_assert_uint_eq(t.frames, 50);
	for (size_t i = 0; i < t.frames; i++) {
		size_t start = tape_start(&t, i) + TAPE_PREFIX_LEN;

		ck_assert_int_eq(dnstap_decode(&d, slice_from(t.data + start,
							   t.ends[i] - start)),
			0);
		snprintf(want, sizeof(want), "run=0000beef n=%08zu of=00000050",
			i);
		ck_assert_uint_eq(d.extra.len, strlen(want));
		ck_assert_mem_eq(d.extra.data, want, d.extra.len);
	}
	tape_deinit(&t);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ids");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_missing_and_what_came_twice_is_named);
	tcase_add_test(t, runs_are_told_apart_and_others_share_the_file);
	tcase_add_test(t, an_event_without_a_number_is_counted_as_such);
	tcase_add_test(t, another_file_is_refused);
	tcase_add_test(t, a_numbered_tape_has_its_number_in_every_message);
	return suite_run("ids", t);
}
