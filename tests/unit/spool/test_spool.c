/* The spool on a real disk: failing at each call, killed at each call, filled
 * with rubbish. */
#include "spool/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/disk_fault.h"
#include "lib/suite.h"

enum { EVENTS = 10, MANY = 1000 };

static char path[64], error[256];
static struct batch_pool pool;
static struct spool_usage usage;
static struct spool_settings settings;
static struct spool_found found;
static struct spool *spool;

static int try_open(void)
{
	usage = (struct spool_usage){ 0 };
	error[0] = '\0';
	return spool_open(&spool, &settings, "test native ndjson", &usage,
		&found, error, sizeof(error));
}

static void open_spool(void)
{
	int r = try_open();

	ck_assert_msg(r == 0, "%s", error);
}

static void reopen(void)
{
	spool = spool_close(spool);
	open_spool();
}

static void setup(void)
{
	static char base[32];

	snprintf(base, sizeof(base), "/tmp/spool.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(path, sizeof(path), "%s/s", base);
	settings = (struct spool_settings){
		.path = path,
		.max_size = 1024 * 1024,
		.gzip_level = 1,
	};
	ck_assert_int_eq(batch_pool_init(&pool, 4, 65536, 1000), 0);
	open_spool();
}

static void teardown(void)
{
	char command[96];

	disk_fault_at(0, DISK_FAIL, 0, false);
	spool = spool_close(spool);
	batch_pool_deinit(&pool);
	snprintf(command, sizeof(command), "rm -rf %.20s", path);
	ck_assert_int_eq(system(command), 0);
}

/* Batch i: EVENTS events that say so. */
static struct batch *make(unsigned i)
{
	struct batch *b = batch_pool_get(&pool);

	for (unsigned n = 0; n < EVENTS; n++) {
		b->len += (size_t)sprintf((char *)b->data + b->len,
			"{\"batch\":%u,\"n\":%u}\n", i, n);
		b->ends[b->events++] = (uint32_t)b->len;
	}
	b->id = i;
	atomic_store(&b->held, b->events);
	return b;
}

static void settle(struct batch *b)
{
	batch_settle(b, batch_left(b));
	batch_pool_put(&pool, &b);
}

/* Writes batch i, which then waits.  Return: spool_write()'s. */
static int write_batch(unsigned i)
{
	struct batch *b = make(i);
	struct spool_file *f;
	int r = spool_write(spool, b, i + 1, &f);

	if (r == 0)
		spool_wait(spool, f, batch_left(b));
	settle(b);
	return r;
}

/* The number of the batch in the oldest file; the file is out. */
static unsigned load_oldest(struct spool_file **f)
{
	struct batch *b = batch_pool_get(&pool);
	char start[32];
	unsigned i;
	uint32_t lost;

	*f = spool_oldest(spool);
	ck_assert_ptr_nonnull(*f);
	ck_assert_int_eq(spool_load(spool, *f, &pool, b, &lost), 0);
	ck_assert_uint_eq(b->events, EVENTS);
	ck_assert_uint_eq(atomic_load(&b->held), EVENTS);
	i = (unsigned)b->id;
	snprintf(start, sizeof(start), "{\"batch\":%u,\"n\":0}\n", i);
	ck_assert_mem_eq(b->data, start, strlen(start));
	settle(b);
	return i;
}

static void expect_usage(uint64_t files, uint64_t events)
{
	ck_assert_uint_eq(atomic_load(&usage.files), files);
	ck_assert_uint_eq(atomic_load(&usage.events), events);
	if (files == 0)
		ck_assert_uint_eq(atomic_load(&usage.bytes), 0);
}

/* How many files of that kind there are on the disk. */
static unsigned on_disk(const char *suffix)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += strstr(e->d_name, suffix) != NULL;
	closedir(d);
	return n;
}

START_TEST(batches_come_back_oldest_first_and_after_a_restart)
{
	struct spool_file *f;
	struct stat st;

	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(write_batch(i), 0);
	expect_usage(5, 5 * EVENTS);
	ck_assert_uint_eq(atomic_load(&usage.oldest_ns), 1);
	ck_assert_uint_eq(load_oldest(&f), 0);
	expect_usage(5, 4 * EVENTS);
	ck_assert_uint_eq(spool_remove(spool, f), 0);
	reopen();
	ck_assert_uint_eq(found.files, 4);
	ck_assert_uint_eq(found.events, 4 * EVENTS);
	expect_usage(4, 4 * EVENTS);
	ck_assert_int_eq(write_batch(5), 0);
	for (unsigned i = 1; i < 6; i++) {
		ck_assert_uint_eq(load_oldest(&f), i);
		spool_remove(spool, f);
	}
	expect_usage(0, 0);
	ck_assert_ptr_null(spool_oldest(spool));
	ck_assert_uint_eq(on_disk(".batch"), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(a_file_that_was_out_takes_its_old_place)
{
	struct spool_file *f, *first;

	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(write_batch(i), 0);
	ck_assert_uint_eq(load_oldest(&first), 0);
	ck_assert_uint_eq(load_oldest(&f), 1);
	spool_wait(spool, first, EVENTS);
	ck_assert_uint_eq(load_oldest(&first), 0);
	ck_assert_uint_eq(load_oldest(&f), 2);
	expect_usage(3, 0);
}
END_TEST

START_TEST(max_size_is_the_end)
{
	unsigned n = 0;

	settings.max_size = 4096;
	while (write_batch(n) == 0)
		ck_assert_uint_lt(++n, 100);
	ck_assert_uint_gt(n, 5);
	ck_assert_int_eq(write_batch(n), SPOOL_E_FULL);
	ck_assert(!spool_has_room(spool));
	ck_assert_uint_le(atomic_load(&usage.bytes), 4096);
	expect_usage(n, n * EVENTS);
	spool_remove(spool, spool_oldest(spool));
	ck_assert(spool_has_room(spool));
	ck_assert_int_eq(write_batch(n), 0);
}
END_TEST

START_TEST(a_batch_larger_than_max_size_turns_no_others_away)
{
	struct batch *b = batch_pool_get(&pool);
	struct spool_file *f;

	settings.max_size = 4000; /* what the lengths of 1000 events take */
	while (b->events < 1000) {
		b->data[b->len++] = '\n';
		b->ends[b->events++] = (uint32_t)b->len;
	}
	atomic_store(&b->held, b->events);
	ck_assert_int_eq(spool_write(spool, b, 1, &f), SPOOL_E_FULL);
	ck_assert(spool_has_room(spool));
	settle(b);
	ck_assert_int_eq(write_batch(0), 0);
}
END_TEST

START_TEST(age_is_that_of_the_first_writing)
{
	const struct spool_file *f;

	settings.max_age_ns = 1000;
	ck_assert_int_eq(write_batch(41), 0); /* at 42 */
	f = spool_oldest(spool);
	ck_assert(!spool_is_expired(spool, f, 1042));
	ck_assert(spool_is_expired(spool, f, 1043));
	ck_assert(!spool_is_expired(spool, f, 0)); /* a clock set back */
	reopen();
	f = spool_oldest(spool);
	ck_assert(!spool_is_expired(spool, f, 1042));
	ck_assert(spool_is_expired(spool, f, 1043));
	settings.max_age_ns = 0;
	ck_assert(!spool_is_expired(spool, f, UINT64_MAX));
}
END_TEST

START_TEST(two_cannot_share_a_folder)
{
	struct spool_usage other_usage = { 0 };
	struct spool_found other_found;
	struct spool *other;
	char pid[32];

	ck_assert_int_eq(spool_open(&other, &settings, "x", &other_usage,
				 &other_found, error, sizeof(error)),
		-EBUSY);
	ck_assert_ptr_nonnull(strstr(error, path));
	snprintf(pid, sizeof(pid), "process %ld)", (long)getpid());
	ck_assert_ptr_nonnull(strstr(error, pid));
}
END_TEST

START_TEST(a_folder_that_cannot_be_used_is_refused)
{
	char wrong[96];

	spool = spool_close(spool);
	snprintf(wrong, sizeof(wrong), "%s/none/spool", path);
	settings.path = wrong;
	ck_assert_int_eq(try_open(), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "folder above it"));
	snprintf(wrong, sizeof(wrong), "%s/lock", path); /* a file */
	ck_assert_int_eq(try_open(), -ENOTDIR);
	settings.path = path;
	disk_fault_at(1, DISK_FAIL, EROFS, false); /* the lock */
	ck_assert_int_eq(try_open(), -EROFS);
	ck_assert_ptr_nonnull(strstr(error, "Read-only"));
	open_spool();
}
END_TEST

/*
 * Each call fails in turn.  Whatever spool_write() says is true: done is on
 * the disk, an error is not, and the disk works again afterwards.
 */
START_TEST(a_failed_write_leaves_nothing_behind)
{
	static const int errors[] = { ENOSPC, EIO, EROFS, EDQUOT };
	bool happened = true;
	unsigned k;

	ck_assert_int_eq(write_batch(0), 0);
	for (k = 1; happened; k++) {
		ck_assert_uint_lt(k, 50);
		disk_fault_at(k, DISK_FAIL, errors[_i], false);
		int r = write_batch(k);

		happened = disk_fault_happened();
		disk_fault_at(0, DISK_FAIL, 0, false);
		ck_assert_int_eq(r, happened ? -errors[_i] : 0);
		ck_assert_uint_eq(on_disk(".batch"), happened ? 1 : 2);
		ck_assert_uint_eq(on_disk(".tmp"), 0);
		expect_usage(happened ? 1 : 2, happened ? EVENTS : 2 * EVENTS);
	}
	ck_assert_uint_gt(k, 5); /* open, write, fsync, rename, fsync */
	reopen();
	ck_assert_uint_eq(found.events, 2 * EVENTS);
}
END_TEST

/* The disk is broken from the k-th call on, for cleaning up too. */
START_TEST(a_broken_disk_loses_and_doubles_nothing_it_had)
{
	for (unsigned k = 1; k < 8; k++) {
		uint64_t before = atomic_load(&usage.events);
		int r;

		disk_fault_at(k, DISK_FAIL, EIO, true);
		r = write_batch(k);
		disk_fault_at(0, DISK_FAIL, 0, false);
		reopen();
		/* a file whose folder could not be synced may have stayed */
		ck_assert_uint_ge(found.events, before + (r == 0 ? EVENTS : 0));
		ck_assert_uint_eq(found.damaged, 0);
		ck_assert_uint_eq(on_disk(".tmp"), 0);
	}
}
END_TEST

START_TEST(a_file_size_limit_is_a_full_disk)
{
	struct rlimit limit = { .rlim_cur = 100, .rlim_max = RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(write_batch(1), -EFBIG);
	expect_usage(0, 0);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_uint_eq(on_disk(".tmp"), 0);
	ck_assert_int_eq(write_batch(1), 0);
}
END_TEST

/* What the child tells before and after each step. */
struct note {
	char step; /* W: written, r: about to remove, R: removed */
	unsigned batch;
};

static void tell(int fd, char step, unsigned batch)
{
	const struct note n = { .step = step, .batch = batch };

	if (write(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		_exit(2);
}

/*
 * A keeper's day: start, replay what there is, write, replay, end.  Runs in a
 * child, killed at the k-th call to the disk (the notes are calls too).
 */
static void live(int fd, unsigned k, enum disk_fault what, unsigned base)
{
	struct spool_file *f, *g;

	disk_fault_at(k, what, 0, false);
	open_spool();
	for (unsigned i = base; i < base + 3; i++) {
		if (write_batch(i) != 0)
			_exit(3);
		tell(fd, 'W', i);
		if (i == base) {
			unsigned n = load_oldest(&f), m;

			tell(fd, 'r', n);
			spool_remove(spool, f);
			tell(fd, 'R', n);
			if (spool_oldest(spool) == NULL)
				continue;
			m = load_oldest(&g);
			tell(fd, 'r', m);
			spool_remove(spool, g);
			tell(fd, 'R', m);
		}
	}
	spool_close(spool);
	_exit(0);
}

static void remove_files(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -f %s/*.batch", path);
	ck_assert_int_eq(system(command), 0);
}

static char fate[MANY]; /* what is known of each batch */

/* Return: true when the child was killed, false when it came through. */
static bool kill_at(unsigned k, enum disk_fault what, unsigned base)
{
	struct note n;
	int ends[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		live(ends[1], k, what, base);
	close(ends[1]);
	while (read(ends[0], &n, sizeof(n)) == (ssize_t)sizeof(n))
		fate[n.batch] = n.step;
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0,
		"the child failed with %d", WEXITSTATUS(status));
	return WIFSIGNALED(status);
}

/*
 * Everything written is there, unless it was removed or about to be; nothing
 * removed is; and what is there is whole.
 */
static void expect_fates(void)
{
	static unsigned seen[MANY];
	struct spool_file *f;

	memset(seen, 0, sizeof(seen));
	open_spool();
	ck_assert_uint_eq(found.damaged, 0);
	ck_assert_uint_eq(on_disk(".tmp"), 0);
	while (spool_oldest(spool) != NULL)
		seen[load_oldest(&f)]++;
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_uint_le(seen[i], 1);
		if (fate[i] == 'W')
			ck_assert_msg(seen[i] == 1, "batch %u is lost", i);
		if (fate[i] == 'R')
			ck_assert_msg(seen[i] == 0, "batch %u is back", i);
	}
	spool = spool_close(spool);
}

START_TEST(killed_at_any_call_nothing_is_lost)
{
	enum disk_fault what = _i == 0 ? DISK_KILL : DISK_KILL_AFTER;
	bool killed = true;
	unsigned k;

	spool = spool_close(spool);
	for (k = 1; killed; k++) {
		ck_assert_uint_lt(k, 200);
		/* twice in a row, the second time a little later */
		kill_at(k, what, 6 * k % (MANY - 6));
		killed = kill_at(k + 1, what, (6 * k + 3) % (MANY - 6));
		expect_fates();
		memset(fate, 0, sizeof(fate));
		remove_files();
	}
	ck_assert_uint_gt(k, 20);
	open_spool();
}
END_TEST

static void overwrite(uint64_t number, long at, const char *text, int cut)
{
	char name[128];
	FILE *f;

	snprintf(name, sizeof(name), "%s/%016llx.batch", path,
		(unsigned long long)number);
	f = fopen(name, "r+");
	ck_assert_ptr_nonnull(f);
	fseek(f, at, SEEK_SET);
	if (text != NULL)
		fputs(text, f);
	fflush(f);
	if (cut >= 0)
		ck_assert_int_eq(ftruncate(fileno(f), cut), 0);
	fclose(f);
}

static void expect_set_aside(unsigned events)
{
	struct spool_file *f = spool_oldest(spool);
	struct batch *b = batch_pool_get(&pool);
	uint32_t lost = 0;

	ck_assert_int_eq(
		spool_load(spool, f, &pool, b, &lost), SPOOL_E_DAMAGED);
	ck_assert_uint_eq(lost, events);
	ck_assert_uint_eq(atomic_load(&b->held), 0);
	batch_pool_put(&pool, &b);
	ck_assert_uint_eq(on_disk(".damaged"), 1);
}

START_TEST(damage_is_set_aside_and_blocks_nothing)
{
	struct spool_file *f;

	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(write_batch(i), 0);
	overwrite(1, 150, "???", -1); /* found when it is read */
	expect_set_aside(EVENTS);
	expect_usage(2, 2 * EVENTS);
	overwrite(2, 20, "?", -1); /* found at the start */
	reopen();
	ck_assert_uint_eq(found.damaged, 1);
	ck_assert_uint_eq(on_disk(".damaged"), 2);
	expect_usage(1, EVENTS);
	ck_assert_uint_eq(load_oldest(&f), 2);
}
END_TEST

START_TEST(a_file_cut_short_counts_what_its_header_says)
{
	ck_assert_int_eq(write_batch(0), 0);
	overwrite(1, 0, NULL, 120);
	reopen();
	ck_assert_uint_eq(found.events, EVENTS);
	expect_set_aside(EVENTS);
	expect_usage(0, 0);
}
END_TEST

START_TEST(a_file_that_somebody_removed_is_lost_and_no_more)
{
	struct batch *b = batch_pool_get(&pool);
	char name[128];
	uint32_t lost = 0;

	ck_assert_int_eq(write_batch(0), 0);
	snprintf(name, sizeof(name), "%s/%016x.batch", path, 1);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(
		spool_load(spool, spool_oldest(spool), &pool, b, &lost),
		SPOOL_E_DAMAGED);
	ck_assert_uint_eq(lost, EVENTS);
	batch_pool_put(&pool, &b);
	expect_usage(0, 0);
}
END_TEST

START_TEST(a_read_error_is_no_damage)
{
	struct batch *b = batch_pool_get(&pool);
	uint32_t lost;

	ck_assert_int_eq(write_batch(0), 0);
	disk_fault_at(1, DISK_FAIL, EMFILE, false);
	ck_assert_int_eq(
		spool_load(spool, spool_oldest(spool), &pool, b, &lost),
		-EMFILE);
	batch_pool_put(&pool, &b);
	expect_usage(1, EVENTS);
	struct spool_file *f;

	ck_assert_uint_eq(load_oldest(&f), 0);
}
END_TEST

START_TEST(files_of_another_envelope_are_not_sent)
{
	struct batch *b = batch_pool_get(&pool);
	uint32_t lost;

	ck_assert_int_eq(write_batch(0), 0);
	spool = spool_close(spool);
	usage = (struct spool_usage){ 0 };
	ck_assert_int_eq(spool_open(&spool, &settings, "other cim hec", &usage,
				 &found, error, sizeof(error)),
		0);
	ck_assert_int_eq(
		spool_load(spool, spool_oldest(spool), &pool, b, &lost),
		SPOOL_E_DAMAGED);
	batch_pool_put(&pool, &b);
	ck_assert_uint_eq(on_disk(".damaged"), 1);
}
END_TEST

START_TEST(strange_names_are_left_alone)
{
	static const char *const names[] = { "README", "1.batch",
		"000000000000000g.batch", "000000000000000A.batch",
		"0000000000000001.old", "00000000000000001.batch" };
	char name[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(name, sizeof(name), "%s/%s", path, names[i]);
		close(open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	snprintf(name, sizeof(name), "%s/%016x.batch", path, 7);
	ck_assert_int_eq(mkdir(name, 0700), 0); /* named like a file */
	reopen();
	ck_assert_uint_eq(found.files, 0);
	ck_assert_uint_eq(on_disk("batch"), 5);
	ck_assert_int_eq(write_batch(0), 0); /* gets number 8 */
	ck_assert_uint_eq(spool_oldest(spool)->number, 8);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("spool");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, batches_come_back_oldest_first_and_after_a_restart);
	tcase_add_test(t, a_file_that_was_out_takes_its_old_place);
	tcase_add_test(t, max_size_is_the_end);
	tcase_add_test(t, a_batch_larger_than_max_size_turns_no_others_away);
	tcase_add_test(t, age_is_that_of_the_first_writing);
	tcase_add_test(t, two_cannot_share_a_folder);
	tcase_add_test(t, a_folder_that_cannot_be_used_is_refused);
	tcase_add_loop_test(t, a_failed_write_leaves_nothing_behind, 0, 4);
	tcase_add_test(t, a_broken_disk_loses_and_doubles_nothing_it_had);
	tcase_add_test(t, a_file_size_limit_is_a_full_disk);
	tcase_add_loop_test(t, killed_at_any_call_nothing_is_lost, 0, 2);
	tcase_add_test(t, damage_is_set_aside_and_blocks_nothing);
	tcase_add_test(t, a_file_cut_short_counts_what_its_header_says);
	tcase_add_test(t, a_file_that_somebody_removed_is_lost_and_no_more);
	tcase_add_test(t, a_read_error_is_no_damage);
	tcase_add_test(t, files_of_another_envelope_are_not_sent);
	tcase_add_test(t, strange_names_are_left_alone);
	return suite_run("spool", t);
}
