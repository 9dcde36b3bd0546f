#include "control/fence.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/suite.h"

enum { ALL = FENCE_READ | FENCE_WRITE | FENCE_SOCKET };

/* A tree of its own for each test: a/b/file, a/link -> ../c/real, c/real */
static char top[] = "/tmp/fence.XXXXXX";
static struct fence fence;

static const char *at(const char *rest)
{
	static char path[4][PATH_MAX];
	static unsigned turn;
	char *p = path[turn++ % 4];

	snprintf(p, PATH_MAX, "%s/%s", top, rest);
	return p;
}

static void make_file(const char *rest)
{
	int fd = open(at(rest), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(mkdir(at("a"), 0700), 0);
	ck_assert_int_eq(mkdir(at("a/b"), 0700), 0);
	ck_assert_int_eq(mkdir(at("c"), 0700), 0);
	make_file("a/b/file");
	make_file("c/real");
	ck_assert_int_eq(symlink("../c/real", at("a/link")), 0);
	ck_assert_int_eq(symlink("nowhere", at("a/dangling")), 0);
}

static void teardown(void)
{
	static const char *const gone[] = { "a/b/file", "a/link", "a/dangling",
		"a/more", "c/real", "a/b", "a", "c" };

	for (size_t i = 0; i < COUNT(gone); i++)
		remove(at(gone[i]));
	rmdir(top);
	fence_deinit(&fence);
}

START_TEST(a_folder_gives_what_is_beneath_it_and_nothing_else)
{
	fence_add(&fence, at("a"), FENCE_READ);
	ck_assert(fence_has(&fence, at("a"), FENCE_READ));
	ck_assert(fence_has(&fence, at("a/b"), FENCE_READ));
	ck_assert(fence_has(&fence, at("a/b/file"), FENCE_READ));
	ck_assert(!fence_has(&fence, at("a/b/file"), FENCE_WRITE));
	ck_assert(!fence_has(&fence, at("a/b"), FENCE_READ | FENCE_WRITE));
	ck_assert(!fence_has(&fence, top, FENCE_READ));
	ck_assert(!fence_has(&fence, at("c"), FENCE_READ));
	ck_assert(!fence_has(&fence, "/", FENCE_READ));
	ck_assert(!fence_has(&fence, at("a/link"), FENCE_READ));
	ck_assert(!fence_has(&fence, at("a/../c"), FENCE_READ));
}
END_TEST

START_TEST(the_rights_of_all_folders_above_add_up)
{
	fence_add(&fence, at("a"), FENCE_READ);
	fence_add(&fence, at("a/b"), FENCE_WRITE);
	ck_assert(fence_has(&fence, at("a/b/file"), FENCE_READ | FENCE_WRITE));
	ck_assert(!fence_has(&fence, at("a/new"), FENCE_READ | FENCE_WRITE));
}
END_TEST

START_TEST(what_is_not_there_is_judged_by_the_folder_above)
{
	fence_add(&fence, at("a"), FENCE_WRITE);
	ck_assert(fence_has(&fence, at("a/new"), FENCE_WRITE));
	ck_assert(fence_has(&fence, at("a/new/newer"), FENCE_WRITE));
	ck_assert(!fence_has(&fence, at("new"), FENCE_WRITE));
	ck_assert(!fence_has(&fence, "/nowhere/at/all", FENCE_WRITE));
}
END_TEST

START_TEST(another_name_for_the_same_is_one_rule)
{
	fence_add(&fence, at("a"), FENCE_READ);
	fence_add(&fence, at("a/b/.."), FENCE_SOCKET);
	fence_add(&fence, at("nowhere"), FENCE_READ);
	ck_assert_uint_eq(fence.n, 1);
	ck_assert_uint_eq(fence.rules[0].rights, FENCE_READ | FENCE_SOCKET);
	ck_assert(fence.rules[0].folder);
}
END_TEST

/* The kernel's rules are on inodes: a folder of the same name is another. */
START_TEST(a_folder_that_was_made_anew_is_out_of_reach)
{
	fence_add(&fence, at("a"), ALL);
	ck_assert_int_eq(rename(at("a"), at("was")), 0);
	ck_assert_int_eq(mkdir(at("a"), 0700), 0);
	ck_assert(!fence_has(&fence, at("a"), FENCE_READ));
	ck_assert(fence_has(&fence, at("was"), FENCE_READ));
	ck_assert_int_eq(rmdir(at("a")), 0);
	ck_assert_int_eq(rename(at("was"), at("a")), 0);
}
END_TEST

/* A renewed certificate is another file: a rule on it would be the old one's */
START_TEST(a_file_may_be_replaced_and_a_link_changed)
{
	fence_add_use(&fence, at("a/link"), FENCE_USE_READ);
	ck_assert_uint_eq(fence.n, 2);
	ck_assert(fence_has(&fence, at("a"), FENCE_READ));
	ck_assert(fence_has(&fence, at("c"), FENCE_READ));
	ck_assert(!fence_has(&fence, at("c"), FENCE_WRITE));
	ck_assert(fence_has_use(&fence, at("a/link"), FENCE_USE_READ));
	ck_assert_int_eq(unlink(at("c/real")), 0);
	make_file("c/real");
	ck_assert(fence_has_use(&fence, at("a/link"), FENCE_USE_READ));
	ck_assert_int_eq(unlink(at("a/link")), 0);
	ck_assert_int_eq(symlink("b/file", at("a/link")), 0);
	ck_assert(fence_has_use(&fence, at("a/link"), FENCE_USE_READ));
	ck_assert_int_eq(unlink(at("a/link")), 0);
	ck_assert_int_eq(symlink("/bin/true", at("a/link")), 0);
	ck_assert(!fence_has_use(&fence, at("a/link"), FENCE_USE_READ));
}
END_TEST

/* What chown cures is no matter of rules. */
START_TEST(a_folder_that_may_not_be_looked_into_is_still_beneath)
{
	fence_add(&fence, at("a"), FENCE_WRITE);
	ck_assert_int_eq(chmod(top, 0711), 0);
	ck_assert_int_eq(chmod(at("a"), 0711), 0);
	ck_assert_int_eq(chmod(at("a/b"), 0), 0);
	if (geteuid() == 0) /* whom no mode holds up */
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert(fence_has(&fence, at("a/b"), FENCE_WRITE));
	ck_assert(fence_has(&fence, at("a/b/new"), FENCE_WRITE));
	ck_assert(!fence_has(&fence, at("a/b"), FENCE_READ));
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chmod(at("a/b"), 0700), 0);
}
END_TEST

START_TEST(every_use_asks_for_what_it_gives)
{
	static const struct {
		enum fence_use use;
		const char *path, *rule; /* NULL: none */
		unsigned rights;
	} cases[] = {
		{ FENCE_USE_READ, "a/b/file", "a/b", FENCE_READ },
		{ FENCE_USE_READ, "a/dangling", "a", FENCE_READ },
		{ FENCE_USE_WRITE, "a/more", "a", FENCE_READ | FENCE_WRITE },
		{ FENCE_USE_SOCKET, "a/sock", "a", FENCE_SOCKET },
		{ FENCE_USE_FOLDER, "a", "a", FENCE_READ | FENCE_WRITE },
		{ FENCE_USE_TO_READ, "a", "a", FENCE_READ },
		{ FENCE_USE_TO_WRITE, "a", "a", ALL },
		{ FENCE_USE_REMOVE, "a/pid", "a", FENCE_REMOVE },
		{ FENCE_USE_CONNECT, "a/sock", NULL, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fence none = FENCE_NULL;
		struct stat st;

		fence = FENCE_NULL;
		ck_assert_int_eq(
			fence_has_use(&none, at(cases[i].path), cases[i].use),
			cases[i].rule == NULL);
		fence_add_use(&fence, at(cases[i].path), cases[i].use);
		ck_assert_uint_eq(fence.n, cases[i].rule != NULL);
		ck_assert(
			fence_has_use(&fence, at(cases[i].path), cases[i].use));
		if (cases[i].rule == NULL)
			continue;
		ck_assert_uint_eq(fence.rules[0].rights, cases[i].rights);
		ck_assert_int_eq(stat(at(cases[i].rule), &st), 0);
		ck_assert_uint_eq(fence.rules[0].ino, st.st_ino);
		fence_deinit(&fence);
	}
}
END_TEST

START_TEST(the_root_and_devices_are_not_given_away_for_a_file)
{
	char real[PATH_MAX];

	fence_add_use(&fence, "/dev/null", FENCE_USE_WRITE);
	ck_assert_uint_eq(fence.n, 1);
	ck_assert(!fence.rules[0].folder);
	ck_assert(fence_has_use(&fence, "/dev/null", FENCE_USE_WRITE));
	ck_assert(!fence_has_use(&fence, "/dev/zero", FENCE_USE_WRITE));
	fence_deinit(&fence);
	/* nothing of that name: nothing to give */
	snprintf(real, sizeof(real), "/fence-%d", (int)getpid());
	fence_add_use(&fence, real, FENCE_USE_READ);
	fence_add_use(&fence, real, FENCE_USE_SOCKET);
	ck_assert_int_eq(chdir("/"), 0);
	fence_add_use(&fence, real + 1, FENCE_USE_WRITE);
	fence_add_use(&fence, real + 1, FENCE_USE_REMOVE);
	ck_assert_uint_eq(fence.n, 0);
	/* a daemon with its socket there can be reloaded all the same */
	ck_assert(fence_has_use(&fence, real, FENCE_USE_SOCKET));
	ck_assert(!fence_has_use(&fence, real, FENCE_USE_WRITE));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("fence");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_folder_gives_what_is_beneath_it_and_nothing_else);
	tcase_add_test(t, the_rights_of_all_folders_above_add_up);
	tcase_add_test(t, what_is_not_there_is_judged_by_the_folder_above);
	tcase_add_test(t, another_name_for_the_same_is_one_rule);
	tcase_add_test(t, a_folder_that_was_made_anew_is_out_of_reach);
	tcase_add_test(t, a_file_may_be_replaced_and_a_link_changed);
	tcase_add_test(
		t, a_folder_that_may_not_be_looked_into_is_still_beneath);
	tcase_add_test(t, every_use_asks_for_what_it_gives);
	tcase_add_test(t, the_root_and_devices_are_not_given_away_for_a_file);
	return suite_run("fence", t);
}
