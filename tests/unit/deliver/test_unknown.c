/* Replies that no table has: tried again, then hold, and told once. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deliver/parcel.h"
#include "lib/fake_collector.h"
#include "lib/output_rig.h"
#include "lib/suite.h"

#define SCRIPT(...) ((const struct fake_reply[]){ __VA_ARGS__ })
#define START(...)            \
	fake_collector_start( \
		&server, 0, SCRIPT(__VA_ARGS__), COUNT(SCRIPT(__VA_ARGS__)))
#define TEAPOT                                                 \
	{                                                      \
		.status = 418, .body = "I am \"a\"\x1b teapot" \
	}
#define KETTLE                                         \
	{                                              \
		.status = 418, .body = "I am a kettle" \
	}
#define BUSY                                          \
	{                                             \
		.status = 503, .body = "{\"code\":9}" \
	}

static struct fake_collector server;
static struct output_rig rig;
static FILE *lines; /* what the log has written */
static char said[16384];

static void setup(void)
{
	lines = tmpfile();
	ck_assert_ptr_nonnull(lines);
	ck_assert_int_ge(dup2(fileno(lines), STDERR_FILENO), 0);
	rig_init(&rig, OUTPUT_TYPE_HEC);
}

static void teardown(void)
{
	rig_deinit(&rig);
	fclose(lines);
}

static void run(void)
{
	rig_backend(&rig, server.url);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	rig_settle(&rig);
	rig_end(&rig, 1000);
	fake_collector_stop(&server);
	for (unsigned i = 0; i < rig.pushed; i++)
		ck_assert_uint_eq(server.taken[i], 1);
	rewind(lines);
	said[fread(said, 1, sizeof(said) - 1, lines)] = '\0';
}

static unsigned times(const char *text)
{
	unsigned n = 0;

	for (const char *p = said; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

START_TEST(it_is_tried_again_three_times_then_held)
{
	START(TEAPOT, TEAPOT, TEAPOT, TEAPOT, TEAPOT, FAKE_OK);
	run();
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_RETRY), 3);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_HOLD), 2);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 10);
	ck_assert_uint_eq(times(" DELIVER_UNKNOWN_REPLY "), 1);
	ck_assert_uint_eq(times("text=\"I am 'a'. teapot\""), 1);
}
END_TEST

START_TEST(another_text_is_told_as_well)
{
	START(TEAPOT, KETTLE, KETTLE, FAKE_OK);
	run();
	ck_assert_uint_eq(times("teapot\""), 1);
	ck_assert_uint_eq(times("kettle\""), 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_HOLD), 0);
}
END_TEST

START_TEST(a_reply_that_is_known_ends_the_row)
{
	START(TEAPOT, TEAPOT, TEAPOT, BUSY, TEAPOT, TEAPOT, TEAPOT, FAKE_OK);
	run();
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_RETRY), 7);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_REPLIES_HOLD), 0);
}
END_TEST

static const struct {
	long status;
	int code;
	const char *text;
} numbers[] = { { 0, -1, "" }, { 503, -1, " http=503" },
	{ 503, 9, " http=503 code=9" }, { 200, 0, " http=200 code=0" } };

START_TEST(log_lines_have_the_numbers_there_are)
{
	struct outcome o = { .status = numbers[_i].status,
		.verdict.code = numbers[_i].code };
	char text[OUTCOME_NUMBERS_MAX];

	ck_assert_str_eq(outcome_numbers(text, &o), numbers[_i].text);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("unknown");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, it_is_tried_again_three_times_then_held);
	tcase_add_test(t, another_text_is_told_as_well);
	tcase_add_test(t, a_reply_that_is_known_ends_the_row);
	tcase_add_loop_test(t, log_lines_have_the_numbers_there_are, 0,
		sizeof(numbers) / sizeof(*numbers));
	return suite_run("unknown", t);
}
