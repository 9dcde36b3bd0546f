#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/suite.h"

static int saved = -1;
static char path[] = "/tmp/test_log.XXXXXX";
static char text[65536];

/* stderr into a file, for the time of one test */
static void capture(void)
{
	int fd;

	unsetenv("JOURNAL_STREAM");
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	saved = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
}

static const char *captured(void)
{
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	dup2(saved, STDERR_FILENO);
	close(saved);
	unlink(path);
	return text;
}

START_TEST(a_line_has_time_level_id_sentence_and_pairs)
{
	capture();
	log_warn(TEST_ID, "something happened", "key=%s n=%d", "value", 7);
	const char *line = captured();

	ck_assert_int_eq(line[4], '-');
	ck_assert_int_eq(line[23], 'Z');
	ck_assert_str_eq(line + 24,
		" warning TEST_ID something happened: key=value n=7\n");
}
END_TEST

START_TEST(without_pairs_there_is_no_colon)
{
	capture();
	log_error(TEST_ID, "alone", "%s", "");
	ck_assert_str_eq(captured() + 24, " error TEST_ID alone\n");
}
END_TEST

START_TEST(lines_below_the_level_are_left_out)
{
	capture();
	log_debug(TEST_ID, "hidden", "%s", "");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug(TEST_ID, "shown", "%s", "");
	const char *lines = captured();

	ck_assert_ptr_null(strstr(lines, "hidden"));
	ck_assert_ptr_nonnull(strstr(lines, "shown"));
}
END_TEST

START_TEST(the_journal_gets_priorities_and_no_time)
{
	struct stat st;
	char stream[64];

	capture();
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	log_info(TEST_ID, "hello", "%s", "");
	unsetenv("JOURNAL_STREAM");
	ck_assert_str_eq(captured(), "<6>info TEST_ID hello\n");
}
END_TEST

START_TEST(a_journal_that_is_not_ours_gets_a_time_like_any_file)
{
	capture();
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	log_info(TEST_ID, "hello", "%s", "");
	unsetenv("JOURNAL_STREAM");
	ck_assert_str_eq(captured() + 24, " info TEST_ID hello\n");
}
END_TEST

START_TEST(a_peers_control_bytes_start_no_line_of_their_own)
{
	capture();
	log_info(TEST_ID, "peer", "name=%s", "a\nERROR b\x1b[0m\x7f");
	ck_assert_str_eq(captured() + 24,
		" info TEST_ID peer: "
		"name=\"a\\nERROR b\\x1b[0m\\x7f\"\n");
}
END_TEST

START_TEST(an_endless_value_is_cut_and_the_line_still_ends)
{
	char *long_value = malloc(10001);

	memset(long_value, 'x', 10000);
	long_value[10000] = '\0';
	capture();
	log_info(TEST_ID, "long", "value=%s", long_value);
	log_info(TEST_ID, long_value, "value=%s", "1");
	log_info(TEST_ID, "next", "%s", "");
	const char *lines = captured();

	ck_assert_uint_lt(strlen(lines), 5000);
	ck_assert_ptr_nonnull(strstr(lines, "\n"));
	ck_assert_str_eq(strrchr(lines, 'x') + 1, "t\n");
	free(long_value);
}
END_TEST

START_TEST(a_flood_is_held_back_and_counted)
{
	unsigned lines = 0;

	capture();
	for (int i = 0; i < 1000; i++)
		log_warn_limited(TEST_FLOOD, "again", "i=%d", i);
	for (const char *p = captured(); (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	/* a second may turn over meanwhile */
	ck_assert_uint_ge(lines, LOG_LIMIT_BURST);
	ck_assert_uint_le(lines, 2 * LOG_LIMIT_BURST);
}
END_TEST

START_TEST(what_was_held_back_is_told_later)
{
	capture();
	for (int i = 0; i < 30; i++) {
		if (i == 29)
			usleep(1100000);
		log_warn_limited(TEST_FLOOD, "again", "i=%d", i);
	}
	ck_assert_ptr_nonnull(strstr(captured(), "i=29 suppressed="));
}
END_TEST

START_TEST(level_names_are_read_and_written)
{
	enum log_level level;

	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
		ck_assert(log_level_parse(
			log_level_name((enum log_level)i), &level));
		ck_assert_int_eq(level, i);
	}
	ck_assert(log_level_parse("warn", &level));
	ck_assert_int_eq(level, LOG_LEVEL_WARN);
	ck_assert(!log_level_parse("loud", &level));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("log");

	tcase_add_test(t, a_line_has_time_level_id_sentence_and_pairs);
	tcase_add_test(t, without_pairs_there_is_no_colon);
	tcase_add_test(t, lines_below_the_level_are_left_out);
	tcase_add_test(t, the_journal_gets_priorities_and_no_time);
	tcase_add_test(t, a_journal_that_is_not_ours_gets_a_time_like_any_file);
	tcase_add_test(t, a_peers_control_bytes_start_no_line_of_their_own);
	tcase_add_test(t, an_endless_value_is_cut_and_the_line_still_ends);
	tcase_add_test(t, a_flood_is_held_back_and_counted);
	tcase_add_test(t, what_was_held_back_is_told_later);
	tcase_add_test(t, level_names_are_read_and_written);
	return suite_run("log", t);
}
