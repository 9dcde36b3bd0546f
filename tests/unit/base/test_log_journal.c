#include "base/log_journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/suite.h"

static char dir[] = "/tmp/tapferry-journal-XXXXXX";
static char path[64];
static char text[8192];

static const char *format_pairs(const char *pairs)
{
	char line[2048];
	struct log_entry e = { .priority = 4, .id = "AN_ID", .line = line };

	e.pairs = (size_t)snprintf(line, sizeof(line), "warning AN_ID text: ");
	e.len = e.pairs;
	e.len += (size_t)snprintf(
		line + e.len, sizeof(line) - e.len, "%s", pairs);
	text[log_journal_format(&e, text, sizeof(text) - 1)] = '\0';
	return strstr(text, "TAPFERRY_LOG_ID=AN_ID\n") +
	       strlen("TAPFERRY_LOG_ID=AN_ID\n");
}

START_TEST(an_entry_has_message_priority_name_and_id)
{
	format_pairs("a=1");
	ck_assert_str_eq(text,
		"MESSAGE=warning AN_ID text: a=1\nPRIORITY=4\n"
		"SYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=tapferryd\n"
		"TAPFERRY_LOG_ID=AN_ID\nTAPFERRY_A=1\n");
}
END_TEST

static const struct {
	const char *pairs, *fields;
} splits[] = {
	{ "", "" },
	{ "listener=local n=0", "TAPFERRY_LISTENER=local\nTAPFERRY_N=0\n" },
	{ "splunk.in_spool=7", "TAPFERRY_SPLUNK_IN_SPOOL=7\n" },
	{ "reason=\"no such file\" n=1",
		"TAPFERRY_REASON=no such file\nTAPFERRY_N=1\n" },
	{ "reason=\"says \\\"no\\\" a=1\" n=1",
		"TAPFERRY_REASON=says \"no\" a=1\nTAPFERRY_N=1\n" },
	{ "path=\"C:\\\\\" n=1", "TAPFERRY_PATH=C:\\\nTAPFERRY_N=1\n" },
	{ "open=\"to the end\\\"", "TAPFERRY_OPEN=\"to the end\\\"\n" },
	{ "url=http://h/?a=b n=1",
		"TAPFERRY_URL=http://h/?a=b\nTAPFERRY_N=1\n" },
	{ "empty= n=1", "TAPFERRY_EMPTY=\nTAPFERRY_N=1\n" },
	{ "open=\"to the end", "TAPFERRY_OPEN=\"to the end\n" },
	{ "quote=\"", "TAPFERRY_QUOTE=\"\n" },
	{ "words without pairs n=1", "TAPFERRY_N=1\n" },
	{ "=1 n=1", "TAPFERRY_N=1\n" },
	/* 64 octets with TAPFERRY_, and one more */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1 n=1",
		"TAPFERRY_N=1\n" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1",
		"TAPFERRY_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAA=1\n" },
};

START_TEST(each_pair_is_a_field)
{
	ck_assert_str_eq(format_pairs(splits[_i].pairs), splits[_i].fields);
}
END_TEST

START_TEST(a_value_of_several_lines_has_its_length)
{
	static const char field[] =
		"TAPFERRY_TEXT\n\3\0\0\0\0\0\0\0a\nb\nTAPFERRY_N=1\n";

	ck_assert_mem_eq(
		format_pairs("text=\"a\\nb\" n=1"), field, sizeof(field) - 1);
}
END_TEST

START_TEST(fields_that_find_no_room_are_left_out_whole)
{
	const char line[] = "warning ID text: a=1 b=22";
	const struct log_entry e = { 4, "ID", line, sizeof(line) - 1, 17 };
	size_t whole = log_journal_format(&e, text, sizeof(text));

	for (size_t cap = 0; cap <= whole; cap++) {
		size_t n = log_journal_format(&e, text, cap);

		ck_assert_uint_le(n, cap);
		ck_assert(n == 0 || text[n - 1] == '\n');
		ck_assert(cap < whole || n == whole);
	}
}
END_TEST

static int stand_in(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

START_TEST(entries_arrive_and_never_wait)
{
	static const char line[] = "info ID text: n=1";
	const struct log_entry e = { 6, "ID", line, sizeof(line) - 1, 14 };
	int fd = stand_in(), r, sent = 0;
	ssize_t n;

	ck_assert_int_eq(log_journal_open(path), 0);
	ck_assert_int_eq(log_journal_send(&e), 0);
	n = recv(fd, text, sizeof(text) - 1, 0);
	ck_assert_int_gt((int)n, 0);
	text[n] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "MESSAGE=info ID text: n=1\n"));
	ck_assert_ptr_nonnull(strstr(text, "TAPFERRY_N=1\n"));
	/* nobody reads: the queue ends, and nobody waits for it */
	while ((r = log_journal_send(&e)) == 0)
		ck_assert_int_lt(sent++, 1000000);
	ck_assert_int_eq(r, -EAGAIN);
	ck_assert_int_gt((int)recv(fd, text, sizeof(text), 0), 0);
	ck_assert_int_eq(log_journal_send(&e), 0);
	/* it goes, and comes back */
	close(fd);
	ck_assert_int_eq(log_journal_send(&e), -ECONNREFUSED);
	unlink(path);
	ck_assert_int_eq(log_journal_send(&e), -ENOENT);
	ck_assert_int_eq(log_journal_open(path), -ENOENT);
	rmdir(dir);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("log_journal");

	tcase_add_test(t, an_entry_has_message_priority_name_and_id);
	tcase_add_loop_test(
		t, each_pair_is_a_field, 0, sizeof(splits) / sizeof(splits[0]));
	tcase_add_test(t, a_value_of_several_lines_has_its_length);
	tcase_add_test(t, fields_that_find_no_room_are_left_out_whole);
	tcase_add_test(t, entries_arrive_and_never_wait);
	return suite_run("log_journal", t);
}
