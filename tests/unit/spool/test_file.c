#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/file.h"
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
	unlink(path);
	rmdir(dir);
}

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void expect(const char *text)
{
	char have[256];
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	have[fread(have, 1, sizeof(have) - 1, f)] = '\0';
	fclose(f);
	ck_assert_str_eq(have, text);
}

START_TEST(a_new_file_has_the_configured_mode)
{
	struct file f;
	struct stat st;

	umask(077);
	ck_assert_int_eq(file_open(&f, path, 0664), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0664);
	ck_assert(f.regular);
	file_close(&f);
}
END_TEST

START_TEST(an_old_file_keeps_its_mode_and_is_appended_to)
{
	struct file f;
	struct stat st;
	size_t n;

	put("one\n");
	ck_assert_int_eq(chmod(path, 0604), 0);
	ck_assert_int_eq(file_open(&f, path, 0664), 0);
	ck_assert_uint_eq(f.size, 4);
	ck_assert_int_eq(file_write(&f, slice_from_str("two\n"), &n), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(f.size, 8);
	file_close(&f);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0604);
	expect("one\ntwo\n");
}
END_TEST

START_TEST(half_a_line_at_the_end_is_ended_first)
{
	struct file f;
	size_t n;

	put("one\nha");
	ck_assert_int_eq(file_open(&f, path, 0600), 0);
	ck_assert_uint_eq(f.size, 7);
	ck_assert_int_eq(file_write(&f, slice_from_str("two\n"), &n), 0);
	file_close(&f);
	expect("one\nha\ntwo\n");
}
END_TEST

START_TEST(cut_back_takes_the_last_octets_away)
{
	struct file f;

	put("one\ntwo\n");
	ck_assert_int_eq(file_open(&f, path, 0600), 0);
	file_cut_back(&f, 4);
	ck_assert_uint_eq(f.size, 4);
	file_cut_back(&f, 5); /* more than there is: nothing */
	file_close(&f);
	expect("one\n");
}
END_TEST

START_TEST(errors_come_back_as_they_are)
{
	struct file f;
	size_t n;

	ck_assert_int_eq(file_open(&f, "/nowhere/at/all", 0600), -ENOENT);
	ck_assert_int_eq(f.fd, -1);
	ck_assert_int_eq(file_open(&f, dir, 0600), -EISDIR);
	ck_assert_int_eq(file_open(&f, "/dev/full", 0600), 0);
	ck_assert(!f.regular);
	ck_assert_int_eq(file_write(&f, slice_from_str("x"), &n), -ENOSPC);
	file_close(&f);
}
END_TEST

START_TEST(a_size_limit_gives_a_short_write_then_an_error)
{
	struct rlimit l = { .rlim_cur = 6, .rlim_max = RLIM_INFINITY };
	struct file f;
	size_t n;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(file_open(&f, path, 0600), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &l), 0);
	ck_assert_int_eq(file_write(&f, slice_from_str("one\ntwo\n"), &n), 0);
	ck_assert_uint_eq(n, 6);
	ck_assert_int_eq(file_write(&f, slice_from_str("o\n"), &n), -EFBIG);
	ck_assert_uint_eq(f.size, 6);
	file_close(&f);
}
END_TEST

START_TEST(a_file_that_was_renamed_has_moved)
{
	char other[160];
	struct file f;

	snprintf(other, sizeof(other), "%s.1", path);
	ck_assert_int_eq(file_open(&f, path, 0600), 0);
	ck_assert(!file_moved(&f, path));
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert(file_moved(&f, path));
	put("another\n");
	ck_assert(file_moved(&f, path));
	file_close(&f);
	unlink(other);
}
END_TEST

START_TEST(only_what_was_made_and_is_empty_is_taken_back)
{
	struct file f;
	size_t n;

	put("");
	ck_assert_int_eq(file_open(&f, path, 0600), 0);
	file_take_back(&f, path);
	ck_assert_int_eq(access(path, F_OK), 0);
	file_close(&f);

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(file_open(&f, path, 0600), 0);
	file_take_back(&f, path);
	ck_assert_int_ne(access(path, F_OK), 0);
	put(""); /* another's */
	file_take_back(&f, path);
	ck_assert_int_eq(access(path, F_OK), 0);
	file_close(&f);

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(file_open(&f, path, 0600), 0);
	ck_assert_int_eq(file_write(&f, slice_from("a\n", 2), &n), 0);
	file_take_back(&f, path);
	ck_assert_int_eq(access(path, F_OK), 0);
	file_close(&f);
}
END_TEST

/* Standard output is a pipe that nobody reads. */
static int stdout_pipe(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	close(fds[1]);
	return fds[0];
}

START_TEST(a_full_pipe_does_not_block)
{
	static uint8_t much[1 << 20];
	struct file f;
	size_t n, total = 0;
	int r, reader = stdout_pipe();

	ck_assert_int_eq(file_open(&f, NULL, 0), 0);
	ck_assert(!f.regular);
	while ((r = file_write(&f, slice_from(much, sizeof(much)), &n)) == 0)
		total += n;
	ck_assert_int_eq(r, FILE_E_FULL);
	ck_assert_uint_gt(total, 0);
	/* the shell's own descriptor has not become non-blocking */
	ck_assert_int_eq(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_gt(read(reader, much, sizeof(much)), 0);
	ck_assert_int_eq(file_write(&f, slice_from(much, 100), &n), 0);
	file_close(&f);
	ck_assert_int_ge(fcntl(STDOUT_FILENO, F_GETFL), 0);
	close(reader);
}
END_TEST

START_TEST(a_closed_pipe_is_an_error)
{
	struct file f;
	size_t n;

	signal(SIGPIPE, SIG_IGN);
	close(stdout_pipe());
	ck_assert_int_eq(file_open(&f, NULL, 0), 0);
	ck_assert_int_eq(file_write(&f, slice_from_str("x"), &n), -EPIPE);
	file_close(&f);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, a_new_file_has_the_configured_mode);
	tcase_add_test(t, an_old_file_keeps_its_mode_and_is_appended_to);
	tcase_add_test(t, half_a_line_at_the_end_is_ended_first);
	tcase_add_test(t, cut_back_takes_the_last_octets_away);
	tcase_add_test(t, errors_come_back_as_they_are);
	tcase_add_test(t, a_size_limit_gives_a_short_write_then_an_error);
	tcase_add_test(t, a_file_that_was_renamed_has_moved);
	tcase_add_test(t, only_what_was_made_and_is_empty_is_taken_back);
	tcase_add_test(t, a_full_pipe_does_not_block);
	tcase_add_test(t, a_closed_pipe_is_an_error);
	return suite_run("file", t);
}
