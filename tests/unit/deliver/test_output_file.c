/* The file output, from ring to lines on the disk. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/output_rig.h"
#include "lib/suite.h"

static struct output_rig rig;
static char dir[64], path[128];

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tapferry-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out", dir);
	rig_init(&rig, OUTPUT_TYPE_FILE);
	rig.settings.file.path = path;
}

static void teardown(void)
{
	char command[128];

	rig_deinit(&rig);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Reads whole lines, numbered on from `next`.  Return: the next number. */
static unsigned read_lines(FILE *f, unsigned next)
{
	static char line[4096];
	unsigned n;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "{\"n\":%u,\"p\":\"", &n) != 1 || n != next ||
			strstr(line, "\"}\n") == NULL)
			ck_abort_msg("not event %u: %s", next, line);
		next++;
	}
	fclose(f);
	return next;
}

static const char *rotated(unsigned number)
{
	static char name[160];

	snprintf(name, sizeof(name), "%s.%u", path, number);
	return name;
}

static off_t size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? st.st_size : -1;
}

START_TEST(batches_become_lines_in_order)
{
	struct histogram_reading delay;

	rig_start(&rig);
	for (int i = 0; i < 20; i++)
		rig_push(&rig, 100, 40);
	rig_settle(&rig);
	rig_end(&rig, 1000);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 0), 2000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 2000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_BATCHES_DELIVERED), 20);
	ck_assert_uint_eq(
		rig_stat(&rig, OUTPUT_BYTES_SENT), (uint64_t)size_of(path));
	/* each event has a delay, and none is from another clock */
	histogram_read(&rig.feed.delay, &delay);
	ck_assert_uint_eq(delay.count, 2000);
	ck_assert_uint_gt(delay.sum, 0);
	ck_assert_uint_lt(delay.sum / delay.count, 60 * NS_PER_S);
}
END_TEST

START_TEST(a_file_rotates_between_events_before_it_grows_too_large)
{
	unsigned next = 0;

	rig.settings.file.rotate_size = 10000;
	rig.settings.file.rotate_keep = 9;
	rig_start(&rig);
	rig_push(&rig, 500, 100); /* about 60,000 octets in one batch */
	rig_settle(&rig);
	rig_end(&rig, 1000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 500);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ROTATIONS), 5);
	for (unsigned i = 5; i > 0; i--) {
		ck_assert_int_gt(size_of(rotated(i)), 9000);
		ck_assert_int_le(size_of(rotated(i)), 10000);
		next = read_lines(fopen(rotated(i), "r"), next);
	}
	ck_assert_uint_eq(read_lines(fopen(path, "r"), next), 500);
}
END_TEST

START_TEST(an_event_above_the_size_has_a_file_to_itself)
{
	rig.settings.file.rotate_size = 100;
	rig_start(&rig);
	rig_push(&rig, 3, 200);
	rig_settle(&rig);
	rig_end(&rig, 1000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ROTATIONS), 2);
	ck_assert_uint_eq(read_lines(fopen(rotated(2), "r"), 0), 1);
	ck_assert_uint_eq(read_lines(fopen(rotated(1), "r"), 1), 2);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 2), 3);
}
END_TEST

START_TEST(a_rotation_on_request_needs_no_batch)
{
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	rig_settle(&rig);
	output_rotate(rig.output);
	for (int i = 0; i < 5000 && rig_stat(&rig, OUTPUT_ROTATIONS) == 0; i++)
		nap();
	rig_push(&rig, 10, 0);
	rig_settle(&rig);
	rig_end(&rig, 1000);
	ck_assert_uint_eq(read_lines(fopen(rotated(1), "r"), 0), 10);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 10), 20);
}
END_TEST

START_TEST(after_somebody_elses_rename_a_rotation_only_reopens)
{
	char moved[160];

	snprintf(moved, sizeof(moved), "%s.moved", path);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	rig_settle(&rig);
	ck_assert_int_eq(rename(path, moved), 0);
	output_rotate(rig.output);
	for (int i = 0; i < 5000 && size_of(path) < 0; i++)
		nap();
	rig_push(&rig, 10, 0);
	rig_settle(&rig);
	rig_end(&rig, 1000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ROTATIONS), 0);
	ck_assert_uint_eq(read_lines(fopen(moved, "r"), 0), 10);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 10), 20);
	ck_assert_int_eq(size_of(rotated(1)), -1);
}
END_TEST

/* The writer has nothing in hand and takes nothing. */
static void pause_writer(void)
{
	feed_pause(&rig.feed, true);
	for (int i = 0; i < 5000 && atomic_load(&rig.feed.disk.stalled_ns) == 0;
		i++)
		nap();
	ck_assert_uint_ne(atomic_load(&rig.feed.disk.stalled_ns), 0);
}

START_TEST(a_paused_output_takes_nothing_until_it_goes_on)
{
	uint64_t before;

	rig_start(&rig);
	rig_push(&rig, 10, 0);
	pause_writer();
	before = rig_stat(&rig, OUTPUT_DELIVERED);
	rig_push(&rig, 10, 0);
	for (int i = 0; i < 600; i++)
		nap();
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), before);
	feed_pause(&rig.feed, false);
	rig_settle(&rig);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 20);
	rig_end(&rig, 1000);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 0), 20);
}
END_TEST

/* The writer most likely waits for a batch when the pause comes. */
START_TEST(a_pause_holds_for_the_next_batch_too)
{
	rig_start(&rig);
	for (unsigned i = 0; i < 6; i++) {
		rig_push(&rig, 10, 0);
		rig_settle(&rig);
		nap();
		feed_pause(&rig.feed, true);
		rig_push(&rig, 10, 0);
		rig_push(&rig, 10, 0);
		pause_writer();
		ck_assert_uint_eq(
			rig_stat(&rig, OUTPUT_DELIVERED), i * 30 + 10);
		ck_assert_uint_eq(ring_len(&rig.feed.sealed), 2);
		feed_pause(&rig.feed, false);
		rig_settle(&rig);
		ck_assert_uint_eq(
			rig_stat(&rig, OUTPUT_DELIVERED), i * 30 + 30);
	}
	rig_end(&rig, 1000);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 0), 180);
}
END_TEST

START_TEST(the_end_of_an_output_ends_its_pause)
{
	rig_start(&rig);
	pause_writer();
	rig_push(&rig, 10, 0);
	rig_end(&rig, 20000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 10);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 0), 10);
}
END_TEST

/*
 * A limit on the file's size stands for a full disk.  It is above what check
 * itself writes to a file of its own meanwhile.
 */
enum { DISK = 1000321 };

static void limit_files(rlim_t octets)
{
	struct rlimit l = { .rlim_cur = octets, .rlim_max = RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &l), 0);
}

START_TEST(a_full_disk_loses_and_doubles_nothing)
{
	limit_files(DISK);
	rig_start(&rig);
	for (int i = 0; i < 20; i++)
		rig_push(&rig, 1000, 50);
	for (int i = 0; i < 5000 && rig_stat(&rig, OUTPUT_WRITE_ERRORS) < 2;
		i++)
		nap();
	ck_assert_int_eq(size_of(path), DISK); /* in the middle of a line */
	limit_files(RLIM_INFINITY);
	rig_settle(&rig);
	rig_end(&rig, 1000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 20000);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 0), 20000);
}
END_TEST

START_TEST(a_disk_full_to_the_end_leaves_whole_lines)
{
	limit_files(DISK);
	rig_start(&rig);
	for (int i = 0; i < 20; i++)
		rig_push(&rig, 1000, 50);
	rig_end(&rig, 300);
	limit_files(RLIM_INFINITY);
	ck_assert_double_lt(rig.took, 5);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_DELIVERED), 0);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 0),
		rig_stat(&rig, OUTPUT_DELIVERED));
}
END_TEST

START_TEST(a_device_that_takes_nothing_is_dropped_at_the_deadline)
{
	rig.settings.file.path = "/dev/full";
	rig_start(&rig);
	rig_push(&rig, 100, 0);
	rig_end(&rig, 300);
	ck_assert_double_lt(rig.took, 5);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 100);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_WRITE_ERRORS), 0);
}
END_TEST

START_TEST(a_rotation_that_fails_does_not_stop_the_writing)
{
	if (geteuid() == 0) {
		/* root may rename anywhere: a folder in the way stops it */
		char in_the_way[176];

		ck_assert_int_eq(mkdir(rotated(1), 0700), 0);
		snprintf(in_the_way, sizeof(in_the_way), "%s/x", rotated(1));
		ck_assert_int_eq(mkdir(in_the_way, 0700), 0);
	} else {
		ck_assert_int_eq(chmod(dir, 0500), 0);
	}
	rig.settings.file.rotate_size = 1000;
	rig.settings.file.rotate_keep = 1;
	rig_start(&rig);
	rig_push(&rig, 500, 10);
	rig_settle(&rig);
	rig_end(&rig, 1000);
	ck_assert_int_eq(chmod(dir, 0700), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_ROTATIONS), 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 500);
	ck_assert_uint_eq(read_lines(fopen(path, "r"), 0), 500);
}
END_TEST

/* Standard output is a pipe of ours.  Return: its reading end. */
static int stdout_pipe(void)
{
	int fds[2];

	rig_init(&rig, OUTPUT_TYPE_STDOUT);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	close(fds[1]);
	return fds[0];
}

START_TEST(standard_output_gets_lines)
{
	int reader = stdout_pipe();

	rig_start(&rig);
	rig_push(&rig, 100, 0); /* fits into the pipe */
	rig_settle(&rig);
	rig_end(&rig, 1000);
	close(STDOUT_FILENO);
	ck_assert_uint_eq(read_lines(fdopen(reader, "r"), 0), 100);
}
END_TEST

START_TEST(a_stalled_reader_does_not_hold_up_the_end)
{
	int reader = stdout_pipe();

	rig_start(&rig);
	rig_push(&rig, 2000, 100);
	rig_end(&rig, 300);
	ck_assert_double_lt(rig.took, 5);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_DELIVERED), 0);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 0);
	close(reader);
}
END_TEST

START_TEST(a_closed_reader_ends_the_drain_at_once)
{
	close(stdout_pipe());
	rig_start(&rig);
	rig_push(&rig, 100, 0);
	rig_end(&rig, 20000);
	ck_assert_double_lt(rig.took, 10);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 100);
}
END_TEST

START_TEST(a_path_that_cannot_be_opened_says_why)
{
	char error[256] = "";

	rig.settings.file.path = "/nowhere/at/all";
	ck_assert_int_eq(feed_init(&rig.feed, &rig.settings.feed, 1, 1), 0);
	ck_assert_int_eq(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		-ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "/nowhere/at/all"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("output_file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, batches_become_lines_in_order);
	tcase_add_test(
		t, a_file_rotates_between_events_before_it_grows_too_large);
	tcase_add_test(t, an_event_above_the_size_has_a_file_to_itself);
	tcase_add_test(t, a_rotation_on_request_needs_no_batch);
	tcase_add_test(t, after_somebody_elses_rename_a_rotation_only_reopens);
	tcase_add_test(t, a_paused_output_takes_nothing_until_it_goes_on);
	tcase_add_test(t, a_pause_holds_for_the_next_batch_too);
	tcase_add_test(t, the_end_of_an_output_ends_its_pause);
	tcase_add_test(t, a_full_disk_loses_and_doubles_nothing);
	tcase_add_test(t, a_disk_full_to_the_end_leaves_whole_lines);
	tcase_add_test(
		t, a_device_that_takes_nothing_is_dropped_at_the_deadline);
	tcase_add_test(t, a_rotation_that_fails_does_not_stop_the_writing);
	tcase_add_test(t, standard_output_gets_lines);
	tcase_add_test(t, a_stalled_reader_does_not_hold_up_the_end);
	tcase_add_test(t, a_closed_reader_ends_the_drain_at_once);
	tcase_add_test(t, a_path_that_cannot_be_opened_says_why);
	return suite_run("output_file", t);
}
