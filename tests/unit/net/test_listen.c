#include "net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/suite.h"

static char dir[] = "/tmp/tapferry-listen-XXXXXX";
static char path[64];
static char error[512];

static void make_dir(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	error[0] = '\0';
}

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

static struct listen_settings settings(const char *address)
{
	struct listen_settings s = { .mode = 0660, .backlog = 8 };

	ck_assert_int_eq(address_parse(&s.address, address), 0);
	return s;
}

static int open_error(const struct listen_settings *s)
{
	struct listen_socket l;
	int r = listen_open(&l, s, error, sizeof(error));

	ck_assert_int_eq(l.fd, -1);
	return r;
}

/* Return: 0 or -errno of connect(2). */
static int try_connect(const struct address *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = connect(fd, &a->sa, a->len) == 0 ? 0 : -errno;

	close(fd);
	return r;
}

static struct address bound_address(int fd)
{
	struct address a = { .len = sizeof(a.storage) };

	ck_assert_int_eq(getsockname(fd, &a.sa, &a.len), 0);
	return a;
}

static void make_stale(const struct address *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, &a->sa, a->len), 0);
	close(fd);
}

START_TEST(a_unix_socket_takes_connections_and_leaves_no_file)
{
	struct listen_settings s = settings(path);
	struct listen_socket l;

	ck_assert_msg(
		listen_open(&l, &s, error, sizeof(error)) == 0, "%s", error);
	ck_assert_int_eq(try_connect(&s.address), 0);
	ck_assert(fcntl(l.fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(l.fd, F_GETFD) & FD_CLOEXEC);
	listen_close(&l, &s);
	ck_assert_int_eq(l.fd, -1);
	ck_assert_int_ne(access(path, F_OK), 0);
	listen_close(&l, &s);
}
END_TEST

START_TEST(a_stale_socket_is_replaced)
{
	struct listen_settings s = settings(path);
	struct listen_socket l;

	make_stale(&s.address);
	ck_assert_int_eq(try_connect(&s.address), -ECONNREFUSED);
	ck_assert_int_eq(listen_open(&l, &s, error, sizeof(error)), 0);
	ck_assert_int_eq(try_connect(&s.address), 0);
	listen_close(&l, &s);
}
END_TEST

START_TEST(a_live_socket_is_an_error_and_stays)
{
	struct listen_settings s = settings(path);
	struct listen_socket l;

	ck_assert_int_eq(listen_open(&l, &s, error, sizeof(error)), 0);
	ck_assert_int_eq(open_error(&s), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(error, path));
	ck_assert_ptr_nonnull(strstr(error, "another program"));
	ck_assert_int_eq(try_connect(&s.address), 0);
	listen_close(&l, &s);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_an_error_and_stays)
{
	struct listen_settings s = settings(path);

	close(open(path, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(open_error(&s), -EEXIST);
	ck_assert_ptr_nonnull(strstr(error, "no socket"));
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_missing_directory_is_named_with_its_cure)
{
	struct listen_settings s = settings("/nonexistent/tapferry/s");

	ck_assert_int_eq(open_error(&s), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "/nonexistent/tapferry/s"));
	ck_assert_ptr_nonnull(strstr(error, "create it"));
}
END_TEST

static const mode_t modes[] = { 0600, 0660, 0666, 0777, 0 };

START_TEST(the_mode_is_exact_under_any_umask)
{
	struct listen_settings s = settings(path);
	struct listen_socket l;
	struct stat st;
	mode_t before = umask(0077);

	s.mode = modes[_i];
	ck_assert_int_eq(listen_open(&l, &s, error, sizeof(error)), 0);
	umask(before);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, modes[_i]);
	listen_close(&l, &s);
}
END_TEST

START_TEST(owner_and_group_are_set_by_number_and_by_name)
{
	struct listen_settings s = settings(path);
	struct listen_socket l;
	struct stat st;
	char number[16];

	snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
	s.owner = number;
	s.group = "root";
	if (geteuid() != 0)
		s.group = NULL;
	ck_assert_msg(
		listen_open(&l, &s, error, sizeof(error)) == 0, "%s", error);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_uint_eq(st.st_gid, geteuid() == 0 ? 0 : getegid());
	listen_close(&l, &s);
}
END_TEST

START_TEST(an_unknown_owner_or_group_is_an_error_that_names_it)
{
	struct listen_settings s = settings(path);

	s.owner = "nobody-of-that-name";
	ck_assert_int_eq(open_error(&s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "nobody-of-that-name"));
	s.owner = NULL;
	s.group = "no-group-of-that-name";
	ck_assert_int_eq(open_error(&s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "no-group-of-that-name"));
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(closing_leaves_a_file_that_is_no_longer_ours)
{
	struct listen_settings s = settings(path);
	struct listen_socket l;

	char kept[80]; /* or its inode's number might be given again */

	snprintf(kept, sizeof(kept), "%s.kept", path);
	ck_assert_int_eq(listen_open(&l, &s, error, sizeof(error)), 0);
	ck_assert_int_eq(rename(path, kept), 0);
	make_stale(&s.address);
	listen_close(&l, &s);
	ck_assert_int_eq(access(path, F_OK), 0);
	unlink(kept);
}
END_TEST

START_TEST(refusing_lets_those_who_wait_be_accepted)
{
	struct listen_settings s = settings(path);
	struct listen_socket l;
	int waiting = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	ck_assert_int_eq(listen_open(&l, &s, error, sizeof(error)), 0);
	ck_assert_int_eq(connect(waiting, &s.address.sa, s.address.len), 0);
	listen_refuse(&l, &s);
	ck_assert_int_ne(try_connect(&s.address), 0);
	fd = accept(l.fd, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_lt(accept(l.fd, NULL, NULL), 0);
	listen_close(&l, &s);
	close(waiting);
}
END_TEST

START_TEST(a_bound_port_is_an_error_with_its_cure)
{
	struct listen_settings s = settings("tcp://127.0.0.1:0");
	struct listen_socket l;

	ck_assert_int_eq(listen_open(&l, &s, error, sizeof(error)), 0);
	s.address = bound_address(l.fd);
	ck_assert_int_eq(open_error(&s), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(error, "127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(error, "another"));
	listen_close(&l, &s);
}
END_TEST

START_TEST(a_foreign_address_is_an_error)
{
	struct listen_settings s = settings("tcp://192.0.2.1:0");

	ck_assert_int_eq(open_error(&s), -EADDRNOTAVAIL);
	ck_assert_ptr_nonnull(strstr(error, "interface"));
}
END_TEST

START_TEST(the_dual_address_takes_ipv4_too)
{
	struct listen_settings s = settings("tcp://[::]:0");
	struct listen_socket l;
	struct address a, four;

	if (listen_open(&l, &s, error, sizeof(error)) == -EAFNOSUPPORT)
		return; /* a machine without IPv6 */
	ck_assert_int_ge(l.fd, 0);
	a = bound_address(l.fd);
	ck_assert_int_eq(address_parse(&four, "tcp://127.0.0.1:0"), 0);
	four.in.sin_port = a.in6.sin6_port;
	ck_assert_int_eq(try_connect(&four), 0);
	listen_close(&l, &s);
}
END_TEST

static int tcp_option(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, IPPROTO_TCP, option, &value, &len);
	return value;
}

START_TEST(tcp_connections_are_kept_alive_and_buffered)
{
	struct listen_settings s = settings("tcp://127.0.0.1:0");
	struct listen_socket l;
	struct address a;
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	int on = 0, got = 0;
	socklen_t len = sizeof(on);

	s.receive_buffer = 64 * 1024; /* any kernel grants that */
	s.keepalive_time_ns = 90 * NS_PER_S;
	s.keepalive_interval_ns = 1500 * NS_PER_MS;
	s.keepalive_count = 4;
	s.user_timeout_ns = 30 * NS_PER_S;
	ck_assert_int_eq(listen_open(&l, &s, error, sizeof(error)), 0);
	a = bound_address(l.fd);
	ck_assert_int_eq(connect(client, &a.sa, a.len), 0);
	fd = accept(l.fd, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len);
	ck_assert_int_eq(on, 1);
	ck_assert_int_eq(tcp_option(fd, TCP_KEEPIDLE), 90);
	ck_assert_int_eq(tcp_option(fd, TCP_KEEPINTVL), 2); /* in seconds */
	ck_assert_int_eq(tcp_option(fd, TCP_KEEPCNT), 4);
	ck_assert_int_eq(tcp_option(fd, TCP_USER_TIMEOUT), 30000);
	len = sizeof(got);
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &len);
	ck_assert_int_eq(got, 2 * 64 * 1024);
	close(fd);
	close(client);
	listen_close(&l, &s);
}
END_TEST

START_TEST(no_keepalive_time_is_no_keepalive)
{
	struct listen_settings s = settings("tcp://127.0.0.1:0");
	struct listen_socket l;
	int on = -1;
	socklen_t len = sizeof(on);

	ck_assert_int_eq(listen_open(&l, &s, error, sizeof(error)), 0);
	getsockopt(l.fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len);
	ck_assert_int_eq(on, 0);
	ck_assert_int_eq(tcp_option(l.fd, TCP_USER_TIMEOUT), 0);
	listen_close(&l, &s);
}
END_TEST

START_TEST(an_adopted_socket_stays_its_other_holders)
{
	struct listen_settings s = settings(path);
	struct listen_socket opened, adopted;
	struct stat before, after;
	int fd;

	s.mode = 0600;
	ck_assert_int_eq(listen_open(&opened, &s, error, sizeof(error)), 0);
	ck_assert_int_eq(lstat(path, &before), 0);
	fcntl(opened.fd, F_SETFL, 0);
	fd = dup(opened.fd);
	s.mode = 0666;
	ck_assert_int_eq(
		listen_adopt(&adopted, &s, &fd, error, sizeof(error)), 0);
	ck_assert_int_eq(fd, -1);
	ck_assert(fcntl(adopted.fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(adopted.fd, F_GETFD) & FD_CLOEXEC);
	listen_refuse(&adopted, &s);
	ck_assert_int_eq(try_connect(&s.address), 0);
	listen_close(&adopted, &s);
	ck_assert_int_eq(adopted.fd, -1);
	ck_assert_int_eq(try_connect(&s.address), 0);
	ck_assert_int_eq(lstat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(before.st_mode, after.st_mode);
	listen_close(&opened, &s);
}
END_TEST

START_TEST(a_socket_that_does_not_listen_is_not_adopted)
{
	struct listen_settings s = settings(path);
	struct listen_socket l;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), same = fd;

	ck_assert_int_eq(
		listen_adopt(&l, &s, &fd, error, sizeof(error)), -EINVAL);
	ck_assert_int_eq(fd, same);
	ck_assert_int_eq(l.fd, -1);
	ck_assert_ptr_nonnull(strstr(error, "ListenStream="));
	close(fd);
}
END_TEST

START_TEST(a_socket_of_another_kind_is_not_adopted)
{
	struct listen_settings s = settings(path);
	struct listen_settings tcp = settings("tcp://127.0.0.1:0");
	struct listen_socket l, opened;

	ck_assert_int_eq(listen_open(&opened, &tcp, error, sizeof(error)), 0);
	ck_assert_int_eq(listen_adopt(&l, &s, &opened.fd, error, sizeof(error)),
		-EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "an internet socket"));
	listen_close(&opened, &tcp);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("listen");

	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, a_unix_socket_takes_connections_and_leaves_no_file);
	tcase_add_test(t, a_stale_socket_is_replaced);
	tcase_add_test(t, a_live_socket_is_an_error_and_stays);
	tcase_add_test(t, a_file_that_is_no_socket_is_an_error_and_stays);
	tcase_add_test(t, a_missing_directory_is_named_with_its_cure);
	tcase_add_loop_test(
		t, the_mode_is_exact_under_any_umask, 0, COUNT(modes));
	tcase_add_test(t, owner_and_group_are_set_by_number_and_by_name);
	tcase_add_test(t, an_unknown_owner_or_group_is_an_error_that_names_it);
	tcase_add_test(t, closing_leaves_a_file_that_is_no_longer_ours);
	tcase_add_test(t, refusing_lets_those_who_wait_be_accepted);
	tcase_add_test(t, a_bound_port_is_an_error_with_its_cure);
	tcase_add_test(t, a_foreign_address_is_an_error);
	tcase_add_test(t, the_dual_address_takes_ipv4_too);
	tcase_add_test(t, tcp_connections_are_kept_alive_and_buffered);
	tcase_add_test(t, no_keepalive_time_is_no_keepalive);
	tcase_add_test(t, an_adopted_socket_stays_its_other_holders);
	tcase_add_test(t, a_socket_that_does_not_listen_is_not_adopted);
	tcase_add_test(t, a_socket_of_another_kind_is_not_adopted);
	return suite_run("listen", t);
}
