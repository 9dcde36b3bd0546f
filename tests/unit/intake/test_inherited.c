/* Sockets passed on to us: whose they are, and what is said of the others. */
#include "intake/inherited.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/suite.h"

enum { LOCAL, REMOTE, N_LISTENERS };

static struct listener_settings listeners[N_LISTENERS];
static struct inherited in;
static char dir[64], path[80], error[512];

/* A socket that listens there; port 0 of an address becomes the real one. */
static int open_socket(struct address *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, &a->sa, a->len), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	ck_assert_int_eq(getsockname(fd, &a->sa, &a->len), 0);
	return fd;
}

static int open_text(const char *address)
{
	struct address a;

	ck_assert_int_eq(address_parse(&a, address), 0);
	return open_socket(&a);
}

static void setup(void)
{
	strcpy(dir, "/tmp/tapferry-inherited-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	listeners[LOCAL].name = "local";
	listeners[REMOTE].name = "remote";
	address_parse(&listeners[LOCAL].listen.address, path);
	address_parse(&listeners[REMOTE].listen.address, "tcp://127.0.0.1:0");
	in = INHERITED_NULL;
	error[0] = '\0';
}

static void teardown(void)
{
	inherited_deinit(&in);
	unlink(path);
	rmdir(dir);
}

static int match(const struct passed_socket *passed, size_t n)
{
	return inherited_match(
		&in, passed, n, listeners, N_LISTENERS, error, sizeof(error));
}

START_TEST(a_socket_of_equal_address_is_the_listeners_whatever_its_name)
{
	struct passed_socket passed[] = {
		{ open_socket(&listeners[REMOTE].listen.address), "local" },
		{ open_socket(&listeners[LOCAL].listen.address), "unknown" },
	};

	ck_assert_msg(match(passed, 2) == 0, "%s", error);
	ck_assert_int_eq(in.fds[REMOTE], passed[0].fd);
	ck_assert_int_eq(in.fds[LOCAL], passed[1].fd);
}
END_TEST

START_TEST(a_socket_of_another_address_goes_by_its_name)
{
	struct passed_socket passed = { open_text("tcp://[::1]:0"), "remote" };

	ck_assert_int_eq(match(&passed, 1), 0);
	ck_assert_int_eq(in.fds[REMOTE], passed.fd);
	ck_assert_int_eq(in.fds[LOCAL], -1);
}
END_TEST

START_TEST(a_socket_of_no_listener_is_named_in_the_error)
{
	struct passed_socket passed = { open_text(path), "stray" };

	address_parse(&listeners[LOCAL].listen.address, "unix:/elsewhere");
	ck_assert_int_eq(match(&passed, 1), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "\"stray\""));
	ck_assert_ptr_nonnull(strstr(error, path));
	close(passed.fd);
}
END_TEST

START_TEST(a_second_socket_for_a_listener_is_an_error)
{
	struct passed_socket passed[] = {
		{ open_text("tcp://127.0.0.1:0"), "remote" },
		{ open_text("tcp://127.0.0.1:0"), "remote" },
	};

	ck_assert_int_eq(match(passed, 2), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "\"remote\""));
	close(passed[0].fd);
	close(passed[1].fd);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("inherited");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t,
		a_socket_of_equal_address_is_the_listeners_whatever_its_name);
	tcase_add_test(t, a_socket_of_another_address_goes_by_its_name);
	tcase_add_test(t, a_socket_of_no_listener_is_named_in_the_error);
	tcase_add_test(t, a_second_socket_for_a_listener_is_an_error);
	return suite_run("inherited", t);
}
