#include "control/paths.h"

#include <stdio.h>

#include "control/memory.h"
#include "lib/suite.h"
#include "load.h"

/* What was visited: "path use" a line. */
static struct buf visited = BUF_NULL;

static void note(void *arg, const config_setting_t *at, const char *path,
	enum fence_use use)
{
	static const char *const uses[] = {
		[FENCE_USE_READ] = "read",
		[FENCE_USE_WRITE] = "write",
		[FENCE_USE_SOCKET] = "socket",
		[FENCE_USE_FOLDER] = "folder",
		[FENCE_USE_TO_READ] = "to read",
		[FENCE_USE_TO_WRITE] = "to write",
		[FENCE_USE_REMOVE] = "remove",
		[FENCE_USE_CONNECT] = "connect",
	};

	ck_assert_ptr_eq(arg, &visited);
	ck_assert_ptr_nonnull(at);
	buf_printf(&visited, "%s: %s\n", path, uses[use]);
}

/* Files that are read when the configuration is must exist. */
#define FILE_TO_READ "/dev/null"

START_TEST(every_path_is_visited_with_what_is_done_there)
{
	static const char expected[] =
		"/etc: to read\n"
		"/usr: to read\n"
		"/tmp: to write\n"
		"/run/p: remove\n"
		"/run/c: socket\n"
		"/run/l: socket\n" FILE_TO_READ
		": read\n" /* the output's tls.ca */
		"/var/s: folder\n"
		"/var/d: write\n" FILE_TO_READ ": read\n" /* the backend's */
		"/var/f: write\n"
		"/var/pipe: write\n"
		"/var/sock: connect\n";

	assert_loads("sandbox = { read = \"/etc:/usr:\"; write = \"/tmp\"; };"
		     "pid_file = \"/run/p\"; control = { socket = \"/run/c\"; "
		     "};" LISTENERS
		     "outputs = ( { name = \"h\"; type = \"hec\"; token = "
		     "\"t\"; tls = { ca = \"" FILE_TO_READ "\"; };"
		     "spool = { path = \"/var/s\"; };"
		     "dead_letter = { path = \"/var/d\"; };"
		     "backends = ( { url = \"https://a:8088\"; }, { url = "
		     "\"https://b:8088\"; tls = { ca = \"" FILE_TO_READ
		     "\"; }; } ); },"
		     "{ name = \"f\"; type = \"file\"; path = \"/var/f\"; },"
		     "{ name = \"p\"; type = \"pipe\"; path = \"/var/pipe\"; },"
		     "{ name = \"s\"; type = \"socket\"; path = \"/var/sock\"; "
		     "} );");
	paths_visit(
		&config.memory->values, &config.memory->tree, note, &visited);
	ck_assert_str_eq(buf_str(&visited), expected);
	buf_deinit(&visited);
}
END_TEST

START_TEST(what_the_sandbox_is_to_open_must_be_folders)
{
	assert_wrong(
		"sandbox = { write = \"/tmp:/dev/null\"; };" LISTENERS STDOUT,
		"sandbox.write: /dev/null is no folder");
	assert_wrong("sandbox = { read = \".\"; };" LISTENERS STDOUT,
		"sandbox.read: .: write it as an absolute path");
	assert_loads("sandbox = { landlock = \"auto\"; write = \"/nowhere\"; "
		     "};" LISTENERS STDOUT);
	ck_assert_ptr_nonnull(strstr(
		config_notes(&config), "sandbox.write: /nowhere is not there"));
	config_deinit(&config);
	assert_loads("sandbox = { write = \"/nowhere\"; };" LISTENERS STDOUT);
	ck_assert_str_eq(config_notes(&config), "");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("paths");

	tcase_add_checked_fixture(t, NULL, load_teardown);
	tcase_add_test(t, every_path_is_visited_with_what_is_done_there);
	tcase_add_test(t, what_the_sandbox_is_to_open_must_be_folders);
	return suite_run("paths", t);
}
