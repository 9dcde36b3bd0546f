#include "net/address.h"

#include <string.h>

#include "lib/suite.h"

static const struct {
	const char *text;
	const char *formatted;
} good[] = {
	{ "unix:/run/x.sock", "unix:/run/x.sock" },
	{ "/run/x.sock", "unix:/run/x.sock" },
	{ "tcp://192.0.2.1:6000", "192.0.2.1:6000" },
	{ "tcp://localhost:0", "127.0.0.1:0" },
	{ "tcp://[2001:db8::1]:65535", "[2001:db8::1]:65535" },
	{ "tcp://[::]:6000", "[::]:6000" },
	{ "tcp://[::ffff:192.0.2.1]:53", "192.0.2.1:53" },
	{ "tls://192.0.2.1:6001", "192.0.2.1:6001" },
	{ "tls://[::1]:6001", "[::1]:6001" },
};

START_TEST(an_address_is_read_and_written)
{
	char text[ADDRESS_TEXT_MAX];
	struct address a;

	ck_assert_int_eq(address_parse(&a, good[_i].text), 0);
	address_format(&a.sa, a.len, text, sizeof(text));
	ck_assert_str_eq(text, good[_i].formatted);
	ck_assert_int_eq(a.tls, strncmp(good[_i].text, "tls://", 6) == 0);
}
END_TEST

static const struct {
	const char *text;
	int error;
} bad[] = {
	{ "", ADDRESS_E_SCHEME },
	{ "run/x.sock", ADDRESS_E_SCHEME },
	{ "http://192.0.2.1:80", ADDRESS_E_SCHEME },
	{ "tcp:192.0.2.1:80", ADDRESS_E_SCHEME },
	{ "tls:192.0.2.1:80", ADDRESS_E_SCHEME },
	{ "tls:///run/x.sock", ADDRESS_E_PORT },
	{ "unix:", ADDRESS_E_PATH },
	{ "unix:x.sock", ADDRESS_E_PATH },
	{ "unix://x.sock/../", 0 }, /* an absolute path like any other */
	{ "tcp://", ADDRESS_E_PORT },
	{ "tcp://192.0.2.1", ADDRESS_E_PORT },
	{ "tcp://192.0.2.1:", ADDRESS_E_PORT },
	{ "tcp://192.0.2.1:x", ADDRESS_E_PORT },
	{ "tcp://192.0.2.1:-1", ADDRESS_E_PORT },
	{ "tcp://192.0.2.1:+1", ADDRESS_E_PORT },
	{ "tcp://192.0.2.1:65536", ADDRESS_E_PORT },
	{ "tcp://192.0.2.1:99999999999999999999", ADDRESS_E_PORT },
	{ "tcp://:6000", ADDRESS_E_HOST },
	{ "tcp://192.0.2:6000", ADDRESS_E_HOST },
	{ "tcp://ns1.example.net:6000", ADDRESS_E_HOST },
	{ "tcp://2001:db8::1:6000", ADDRESS_E_HOST },
	{ "tcp://[2001:db8::1", ADDRESS_E_HOST },
	{ "tcp://[2001:db8::1]", ADDRESS_E_PORT },
	{ "tcp://[2001:db8::1]6000", ADDRESS_E_PORT },
	{ "tcp://[192.0.2.1]:6000", ADDRESS_E_HOST },
	{ "tcp://[]:6000", ADDRESS_E_HOST },
};

START_TEST(what_is_no_address_is_told_apart)
{
	struct address a = { .len = 7 };

	ck_assert_int_eq(address_parse(&a, bad[_i].text), bad[_i].error);
	if (bad[_i].error != 0) {
		ck_assert_int_eq(a.len, 7);
		ck_assert_str_ne(address_error_text(bad[_i].error),
			address_error_text(0));
	}
}
END_TEST

START_TEST(a_path_fills_the_socket_address_and_not_more)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	char text[ADDRESS_TEXT_MAX];
	struct address a;

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 2] = '\0';
	ck_assert_int_eq(address_parse(&a, path), 0);
	address_format(&a.sa, a.len, text, sizeof(text));
	ck_assert_str_eq(text + strlen("unix:"), path);
	path[sizeof(path) - 2] = 'x';
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(address_parse(&a, path), ADDRESS_E_PATH);
}
END_TEST

START_TEST(only_the_unspecified_ipv6_address_is_dual)
{
	struct address a;

	ck_assert_int_eq(address_parse(&a, "tcp://[::]:1"), 0);
	ck_assert(a.dual && !address_is_unix(&a));
	ck_assert_int_eq(address_parse(&a, "tcp://[::1]:1"), 0);
	ck_assert(!a.dual);
	ck_assert_int_eq(address_parse(&a, "tcp://0.0.0.0:1"), 0);
	ck_assert(!a.dual);
	ck_assert_int_eq(address_parse(&a, "/x"), 0);
	ck_assert(address_is_unix(&a));
}
END_TEST

START_TEST(a_nameless_peer_has_a_text_too)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[ADDRESS_TEXT_MAX];

	address_format((const struct sockaddr *)&un, sizeof(sa_family_t), text,
		sizeof(text));
	ck_assert_str_eq(text, "unix:");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("address");

	tcase_add_loop_test(t, an_address_is_read_and_written, 0, COUNT(good));
	tcase_add_loop_test(t, what_is_no_address_is_told_apart, 0, COUNT(bad));
	tcase_add_test(t, a_path_fills_the_socket_address_and_not_more);
	tcase_add_test(t, only_the_unspecified_ipv6_address_is_dual);
	tcase_add_test(t, a_nameless_peer_has_a_text_too);
	return suite_run("address", t);
}
