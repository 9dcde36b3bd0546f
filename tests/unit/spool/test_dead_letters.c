#include "spool/dead_letters.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/disk_fault.h"
#include "lib/suite.h"

static char folder[32], path[64];
static struct batch_pool pool;
static struct dead_letter_settings settings;
static struct dead_letters dead;
static char error[256];

static void open_letters(void)
{
	int r = dead_letters_open(
		&dead, &settings, "splunk", error, sizeof(error));

	ck_assert_msg(r == 0, "%s", error);
}

static void reopen(uint64_t max_size, unsigned keep)
{
	dead_letters_close(&dead);
	settings.max_size = max_size;
	settings.keep = keep;
	open_letters();
}

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/letters.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/dead", folder);
	settings = (struct dead_letter_settings){
		.path = path, .max_size = 1000000, .keep = 3
	};
	ck_assert_int_eq(batch_pool_init(&pool, 2, 4096, 8), 0);
	open_letters();
}

static void teardown(void)
{
	char command[64];

	disk_fault_at(0, DISK_FAIL, 0, false);
	dead_letters_close(&dead);
	batch_pool_deinit(&pool);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* A letter of n events {"n":from}, ... */
static struct letter *make(unsigned from, unsigned n, const char *reply)
{
	struct batch *b = batch_pool_get(&pool);
	struct letter_cause cause = {
		.reason = OUTPUT_DROPPED_TOO_LARGE,
		.status = 413,
		.code = -1,
		.text = "request entity too large",
		.reply_len = strlen(reply),
		.real_ns = UINT64_C(1795176000) * NS_PER_S + 5,
	};
	struct letter *l;

	memcpy(cause.reply, reply, cause.reply_len);
	/* one that is settled already goes before them */
	for (unsigned i = 0; i <= n; i++) {
		b->len += (size_t)sprintf((char *)b->data + b->len,
			"{\"n\":%u}\n", i == 0 ? 999 : from + i - 1);
		b->ends[b->events++] = (uint32_t)b->len;
	}
	b->first = 1;
	ck_assert_int_eq(letter_new(&l, &cause, b, n), 0);
	batch_pool_put(&pool, &b);
	return l;
}

static uint32_t add(unsigned from, unsigned n)
{
	struct letter *l = make(from, n, "no");
	uint32_t written = 99;
	int r = dead_letters_write(&dead, l, &written);

	ck_assert_int_eq(r == 0, written == n);
	free(l);
	return written;
}

/* The n of each line there is, in order. */
struct seen {
	unsigned n[1000];
	unsigned count;
};

static int see(void *arg, struct slice line)
{
	struct seen *seen = arg;
	json_t *o = json_loadb((const char *)line.data, line.len, 0, NULL);

	ck_assert_ptr_nonnull(o);
	seen->n[seen->count++] = (unsigned)json_integer_value(
		json_object_get(json_object_get(o, "event"), "n"));
	json_decref(o);
	return 0;
}

static void expect(unsigned first, unsigned count)
{
	struct seen seen = { .count = 0 };

	ck_assert_int_eq(dead_letters_each(&dead, see, &seen), 0);
	ck_assert_uint_eq(seen.count, count);
	for (unsigned i = 0; i < count; i++)
		ck_assert_uint_eq(seen.n[i], first + i);
}

START_TEST(a_line_says_what_why_and_when)
{
	struct letter *l = make(7, 1, "<html>\"no\"\n\x01\xff");
	struct buf line = BUF_NULL;

	letter_write(l, 0, "splunk", &line);
	ck_assert_str_eq(buf_str(&line),
		"{\"time\":\"2026-11-20T12:00:00.000000005Z\","
		"\"output\":\"splunk\",\"reason\":\"too_large\","
		"\"status\":413,\"code\":-1,"
		"\"text\":\"request entity too large\","
		"\"reply\":\"<html>\\\"no\\\"\\n\\u0001\xef\xbf\xbd\","
		"\"event\":{\"n\":7}}\n");
	buf_deinit(&line);
	free(l);
}
END_TEST

START_TEST(the_event_of_a_line_is_found)
{
	static const struct {
		const char *line, *event;
	} cases[] = {
		{ "{\"event\":{\"a\":1}}", "{\"a\":1}" },
		{ "{\"a\":\"}{\\\"event\\\":{}\",\"event\":{\"b\":\"}\"}}\n",
			"{\"b\":\"}\"}" },
		{ "{\"x\":{\"event\":{\"no\":1}},\"y\":[1,[2]],"
		  "\"event\":{\"z\":[{}]}}",
			"{\"z\":[{}]}" },
		{ " { \"event\" : {\"a\": 1} , \"b\":2}", "{\"a\": 1} " },
		{ "", NULL },
		{ "{}", NULL },
		{ "{\"event\":", NULL },
		{ "{\"event\":{\"a\":1}", NULL },
		{ "{\"event\":{\"a\":\"}}", NULL },
		{ "{\"event\":5}", NULL },
		{ "{\"even\":{}}", NULL },
		{ "[\"event\",{}]", NULL },
		{ "{\"event\":]}", NULL },
	};
	struct slice event;
	int r;

	for (size_t i = 0; i < COUNT(cases); i++) {
		r = letter_read(slice_from_str(cases[i].line), &event);
		ck_assert_int_eq(
			r, cases[i].event == NULL ? LETTER_E_DAMAGED : 0);
		if (r == 0) {
			ck_assert_uint_eq(event.len, strlen(cases[i].event));
			ck_assert_mem_eq(event.data, cases[i].event, event.len);
		}
	}
}
END_TEST

START_TEST(every_short_line_is_damaged)
{
	struct letter *l = make(7, 1, "\"\\\xff{}");
	struct buf line = BUF_NULL;
	struct slice event;

	letter_write(l, 0, "splunk", &line);
	for (size_t n = 0; n < line.len - 2; n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, line.data, n);
		ck_assert_int_eq(letter_read(slice_from(copy, n), &event),
			LETTER_E_DAMAGED);
		free(copy);
	}
	ck_assert_int_eq(
		letter_read(slice_from(line.data, line.len), &event), 0);
	buf_deinit(&line);
	free(l);
}
END_TEST

START_TEST(lines_are_kept_in_order_over_rotation_and_restart)
{
	struct stat st;
	char old[80];

	reopen(1000, 3); /* five lines or so */
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(add(2 * i, 2), 2);
	expect(0, 12);
	dead_letters_close(&dead);
	open_letters();
	ck_assert_uint_eq(add(12, 1), 1);
	expect(0, 13);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	snprintf(old, sizeof(old), "%s.1", path);
	ck_assert_int_eq(stat(old, &st), 0);
	ck_assert_int_le(st.st_size, 1000);
}
END_TEST

START_TEST(the_oldest_are_removed_at_last)
{
	reopen(300, 2);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(add(i, 1), 1);
	expect(7, 3); /* one line a file, and two behind */
}
END_TEST

START_TEST(a_moved_file_is_made_anew)
{
	char away[80];

	ck_assert_uint_eq(add(0, 1), 1);
	snprintf(away, sizeof(away), "%s.away", path);
	ck_assert_int_eq(rename(path, away), 0);
	ck_assert_uint_eq(add(1, 1), 1);
	expect(1, 1);
}
END_TEST

/* Each call to the disk fails in turn. */
START_TEST(what_is_counted_as_written_is_in_the_file)
{
	unsigned total = 0, k;
	bool happened = true;
	struct seen seen;

	reopen(500, 100);
	for (k = 1; happened; k++) {
		ck_assert_uint_lt(k, 100);
		disk_fault_at(k, DISK_FAIL, ENOSPC, false);
		for (unsigned i = 0; i < 4; i++)
			total += add(0, 2);
		happened = disk_fault_happened();
		disk_fault_at(0, DISK_FAIL, 0, false);
		seen.count = 0;
		ck_assert_int_eq(dead_letters_each(&dead, see, &seen), 0);
		ck_assert_uint_eq(seen.count, total);
	}
	ck_assert_uint_gt(k, 4);
}
END_TEST

START_TEST(a_path_that_cannot_be_used_is_refused)
{
	struct dead_letters other;
	char wrong[80];

	snprintf(wrong, sizeof(wrong), "%s/none/dead", folder);
	settings.path = wrong;
	ck_assert_int_eq(
		dead_letters_open(&other, &settings, "o", error, sizeof(error)),
		-ENOENT);
	ck_assert_ptr_nonnull(strstr(error, wrong));
	settings.path = "/dev/null";
	ck_assert_int_eq(
		dead_letters_open(&other, &settings, "o", error, sizeof(error)),
		-EINVAL);
	settings.path = folder;
	ck_assert_int_lt(
		dead_letters_open(&other, &settings, "o", error, sizeof(error)),
		0);
	settings.path = path;
}
END_TEST

START_TEST(discarded_ones_are_gone)
{
	reopen(300, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(add(i, 1), 1);
	ck_assert_int_eq(dead_letters_discard(&dead), 0);
	expect(0, 0);
	ck_assert_uint_eq(add(5, 1), 1);
	expect(5, 1);
}
END_TEST

/* Reads one batch.  Return: the n of its first event, ~0u: none. */
static unsigned read_batch(uint32_t *events)
{
	struct batch *b = batch_pool_get(&pool);
	int r = dead_letters_read(&dead, &pool, b);
	unsigned n = ~0u;

	*events = b->events;
	if (r == 0) {
		ck_assert_int_eq(
			sscanf((const char *)b->data, "{\"n\":%u}\n", &n), 1);
		ck_assert_uint_eq(b->ends[b->events - 1], b->len);
	} else {
		ck_assert_int_eq(r, DEAD_LETTERS_E_NONE);
	}
	batch_pool_put(&pool, &b);
	return n;
}

START_TEST(all_are_sent_again_oldest_first)
{
	uint32_t n;

	reopen(1000, 10);
	ck_assert_int_eq(dead_letters_resend(&dead), DEAD_LETTERS_E_NONE);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(add(4 * i, 4), 4);
	ck_assert_int_eq(dead_letters_resend(&dead), 0);
	ck_assert_uint_eq(add(20, 1), 1); /* refused meanwhile */
	for (unsigned at = 0; at < 20; at += n) {
		ck_assert_uint_eq(read_batch(&n), at);
		dead_letters_settled(&dead, n);
	}
	ck_assert_uint_eq(read_batch(&n), ~0u);
	expect(20, 1);
}
END_TEST

START_TEST(an_end_in_between_keeps_what_is_not_settled)
{
	uint32_t n;

	ck_assert_uint_eq(add(0, 7), 7);
	ck_assert_uint_eq(add(7, 7), 7);
	ck_assert_int_eq(dead_letters_resend(&dead), 0);
	ck_assert_uint_eq(read_batch(&n), 0);
	ck_assert_uint_eq(n, 8);
	dead_letters_settled(&dead, (uint32_t)_i);
	dead_letters_close(&dead);
	open_letters();
	expect((unsigned)_i, 14 - (unsigned)_i);
	ck_assert_uint_eq(add(14, 1), 1);
	/* asked again, those of before come first */
	ck_assert_int_eq(dead_letters_resend(&dead), 0);
	for (unsigned at = (unsigned)_i; at < 14; at += n) {
		ck_assert_uint_eq(read_batch(&n), at);
		dead_letters_settled(&dead, n);
	}
	ck_assert_uint_eq(read_batch(&n), ~0u);
	expect(14, 1);
}
END_TEST

START_TEST(lines_that_cannot_be_read_are_set_aside)
{
	char aside[80];
	FILE *f;
	uint32_t n;

	ck_assert_uint_eq(add(0, 2), 2);
	f = fopen(path, "a");
	fputs("rubbish\n", f);
	fclose(f);
	dead_letters_close(&dead);
	open_letters();
	ck_assert_uint_eq(add(2, 2), 2);
	ck_assert_int_eq(dead_letters_resend(&dead), 0);
	ck_assert_uint_eq(read_batch(&n), 0);
	ck_assert_uint_eq(n, 4);
	dead_letters_settled(&dead, n);
	ck_assert_uint_eq(read_batch(&n), ~0u);
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	ck_assert_int_eq(access(aside, F_OK), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("dead_letters");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_line_says_what_why_and_when);
	tcase_add_test(t, the_event_of_a_line_is_found);
	tcase_add_test(t, every_short_line_is_damaged);
	tcase_add_test(t, lines_are_kept_in_order_over_rotation_and_restart);
	tcase_add_test(t, the_oldest_are_removed_at_last);
	tcase_add_test(t, a_moved_file_is_made_anew);
	tcase_add_test(t, what_is_counted_as_written_is_in_the_file);
	tcase_add_test(t, a_path_that_cannot_be_used_is_refused);
	tcase_add_test(t, discarded_ones_are_gone);
	tcase_add_test(t, all_are_sent_again_oldest_first);
	tcase_add_loop_test(
		t, an_end_in_between_keeps_what_is_not_settled, 0, 9);
	tcase_add_test(t, lines_that_cannot_be_read_are_set_aside);
	return suite_run("dead_letters", t);
}
