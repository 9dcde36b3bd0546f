#include "control/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/suite.h"

enum { NEWEST = 7 }; /* of the versions that rights are named of */

static char top[] = "/tmp/landlock.XXXXXX";
static char path[4][PATH_MAX];

static const char *in(unsigned slot, const char *rest)
{
	snprintf(path[slot], PATH_MAX, "%s/%s", top, rest);
	return path[slot];
}

static void make_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void setup(void)
{
	static const char *const folders[] = { "read", "write", "socket",
		"other" };

	ck_assert_ptr_nonnull(mkdtemp(top));
	for (size_t i = 0; i < COUNT(folders); i++) {
		char file[64];

		ck_assert_int_eq(mkdir(in(0, folders[i]), 0700), 0);
		snprintf(file, sizeof(file), "%s/file", folders[i]);
		make_file(in(0, file));
	}
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", top);
	ck_assert_int_eq(system(command), 0);
}

/* What a newer kernel knows is asked of it, and of an older one it is not. */
START_TEST(each_version_is_asked_for_what_it_knows)
{
	static const uint64_t watched[NEWEST + 1] = { 0, 0x1fff, 0x3fff, 0x7fff,
		0x7fff, 0xffff, 0xffff, 0xffff };

	for (int abi = 0; abi <= NEWEST; abi++)
		ck_assert_uint_eq(landlock_watched(abi), watched[abi]);
	ck_assert_uint_eq(landlock_watched(99), 0xffff);
}
END_TEST

START_TEST(rules_allow_what_is_meant_and_never_to_execute)
{
	static const struct {
		unsigned rights;
		bool folder;
		uint64_t first, newest; /* versions */
	} cases[] = {
		{ FENCE_READ, true, 0xc, 0xc },
		{ FENCE_READ, false, 0x4, 0x4 },
		{ FENCE_WRITE, true, 0x5b2, 0x45b2 },
		{ FENCE_WRITE, false, 0x2, 0x4002 },
		{ FENCE_SOCKET, true, 0x220, 0x220 },
		{ FENCE_SOCKET, false, 0, 0 },
		{ FENCE_REMOVE, true, 0x20, 0x20 },
		{ FENCE_REMOVE, false, 0, 0 },
		{ 0, true, 0, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_uint_eq(
			landlock_allowed(1, cases[i].rights, cases[i].folder),
			cases[i].first);
		ck_assert_uint_eq(landlock_allowed(NEWEST, cases[i].rights,
					  cases[i].folder),
			cases[i].newest);
		for (int abi = 0; abi <= NEWEST; abi++)
			ck_assert_uint_eq(landlock_allowed(abi, cases[i].rights,
						  cases[i].folder) &
						  (1 | ~landlock_watched(abi)),
				0);
	}
}
END_TEST

START_TEST(a_kernel_without_it_restricts_nothing_and_says_why)
{
	struct fence none = FENCE_NULL;
	char why[256] = "";

	ck_assert_int_eq(landlock_restrict(&none, 0, true, why, sizeof(why)),
		LANDLOCK_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why, "no Landlock"));
	ck_assert_int_eq(access(in(0, "other/file"), R_OK), 0);
}
END_TEST

/* Return: 0 or errno. */
static int opens(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int binds(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	ck_assert_uint_lt(strlen(name), sizeof(a.sun_path));
	strcpy(a.sun_path, name);
	r = bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? 0 : errno;
	close(fd);
	return r;
}

#define expect(call, wanted)                                              \
	do {                                                              \
		int got_ = call;                                          \
		if (got_ != (wanted)) {                                   \
			fprintf(stderr, "%s: got %d, wanted %d\n", #call, \
				got_, wanted);                            \
			return 1;                                         \
		}                                                         \
	} while (0)

/* In a child, since there is no way back. */
static int restricted(int abi)
{
	struct fence fence = FENCE_NULL;
	char why[256];

	fence_add(&fence, in(0, "read"), FENCE_READ);
	fence_add(&fence, in(0, "write"), FENCE_READ | FENCE_WRITE);
	fence_add(&fence, in(0, "socket"), FENCE_SOCKET);
	fence_add(&fence, "/dev/null", FENCE_WRITE);
	expect(landlock_restrict(&fence, abi, true, why, sizeof(why)), 0);
	fence_deinit(&fence);

	expect(opens(in(0, "read"), O_RDONLY | O_DIRECTORY), 0);
	expect(opens(in(0, "read/file"), O_RDONLY), 0);
	expect(opens(in(0, "read/file"), O_RDWR), EACCES);
	expect(opens(in(0, "read/new"), O_WRONLY | O_CREAT), EACCES);
	expect(opens(in(0, "other/file"), O_RDONLY), EACCES);
	expect(opens("/etc/passwd", O_RDONLY), EACCES);
	expect(opens("/dev/null", O_WRONLY), 0);
	expect(opens(in(0, "write/file"), O_RDWR | O_TRUNC), 0);
	expect(opens(in(0, "write/new"), O_WRONLY | O_CREAT), 0);
	expect(rename(in(0, "write/new"), in(1, "write/newer")), 0);
	expect(unlink(in(0, "write/newer")), 0);
	expect(mkdir(in(0, "write/folder"), 0700), 0);
	expect(rmdir(in(0, "write/folder")), 0);
	expect(mkfifo(in(0, "write/pipe"), 0600), 0);
	expect(binds(in(0, "socket/s")), 0);
	expect(unlink(in(0, "socket/s")), 0);
	expect(binds(in(0, "write/s")), EACCES);
	expect(opens(in(0, "socket/new"), O_WRONLY | O_CREAT), EACCES);
	/* truncate(2) alone was let by before version 3 */
	expect(truncate(in(0, "other/file"), 0) == 0 ? 0 : errno,
		abi >= 3 ? EACCES : 0);
	expect(kill(getppid(), 0) == 0 ? 0 : errno, abi >= 6 ? EPERM : 0);
	execl("/bin/true", "true", (char *)NULL);
	expect(errno, EACCES);
	return 0;
}

/* For the kernel that runs here, as each of the versions it knows. */
START_TEST(the_kernel_keeps_a_process_to_its_reach)
{
	const int newest = landlock_abi();

	if (newest == 0)
		fprintf(stderr, "not tried: this kernel has no Landlock\n");
	for (int abi = 1; abi <= newest; abi++) {
		int status;
		pid_t child = fork();

		ck_assert_int_ge(child, 0);
		if (child == 0)
			_exit(restricted(abi));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg(status == 0, "version %d: status %#x", abi,
			(unsigned)status);
		unlink(in(0, "write/pipe"));
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("landlock");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_version_is_asked_for_what_it_knows);
	tcase_add_test(t, rules_allow_what_is_meant_and_never_to_execute);
	tcase_add_test(t, a_kernel_without_it_restricts_nothing_and_says_why);
	tcase_add_test(t, the_kernel_keeps_a_process_to_its_reach);
	return suite_run("landlock", t);
}
