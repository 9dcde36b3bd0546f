/* Addresses to come from. */
#include <check.h>
#include <errno.h>

#include "lib/suite.h"
#include "load/sources.h"

static struct sources sources;
static struct buf why;

static void teardown(void)
{
	buf_deinit(&why);
}

static void parse(const char *text)
{
	ck_assert_int_eq(sources_parse(&sources, text, &why), 0);
}

static const char *next(void)
{
	static char text[ADDRESS_TEXT_MAX];
	struct address a;

	sources_next(&sources, &a);
	address_format(&a.sa, a.len, text, sizeof(text));
	return text;
}

START_TEST(an_ipv4_network_gives_its_hosts_and_starts_again)
{
	parse("192.0.2.0/30");
	ck_assert_uint_eq(sources.n, 2);
	ck_assert_str_eq(next(), "192.0.2.1:0");
	ck_assert_str_eq(next(), "192.0.2.2:0");
	ck_assert_str_eq(next(), "192.0.2.1:0");
}
END_TEST

START_TEST(loopback_has_sixteen_million)
{
	parse("127.0.0.0/8");
	ck_assert_uint_eq(sources.n, (1u << 24) - 2);
	for (unsigned i = 1; i < 256; i++)
		next();
	ck_assert_str_eq(next(), "127.0.1.0:0");
	sources.next = sources.n - 1;
	ck_assert_str_eq(next(), "127.255.255.254:0");
	ck_assert_str_eq(next(), "127.0.0.1:0");
}
END_TEST

START_TEST(one_address_is_always_the_same)
{
	parse("127.0.0.9");
	ck_assert_str_eq(next(), "127.0.0.9:0");
	ck_assert_str_eq(next(), "127.0.0.9:0");
	parse("127.0.0.8/31");
	ck_assert_str_eq(next(), "127.0.0.8:0");
	ck_assert_str_eq(next(), "127.0.0.9:0");
	ck_assert_str_eq(next(), "127.0.0.8:0");
}
END_TEST

START_TEST(an_ipv6_network_does_too)
{
	parse("2001:db8::/64");
	ck_assert_str_eq(next(), "[2001:db8::]:0");
	ck_assert_str_eq(next(), "[2001:db8::1]:0");
	parse("2001:db8::/32"); /* more than anybody will ask for */
	next();
	ck_assert_str_eq(next(), "[2001:db8::1]:0");
}
END_TEST

START_TEST(families_do_not_mix)
{
	struct address v4, v6;

	ck_assert_int_eq(address_parse(&v4, "tcp://127.0.0.1:1"), 0);
	ck_assert_int_eq(address_parse(&v6, "tcp://[::1]:1"), 0);
	parse("127.0.0.0/8");
	ck_assert(sources_suit(&sources, &v4));
	ck_assert(!sources_suit(&sources, &v6));
	parse("::1");
	ck_assert(sources_suit(&sources, &v6));
	ck_assert(!sources_suit(&sources, &v4));
}
END_TEST

START_TEST(what_is_no_network_is_told)
{
	ck_assert_int_eq(sources_parse(&sources, "loopback", &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&why), "192.0.2.0/24"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("sources");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, an_ipv4_network_gives_its_hosts_and_starts_again);
	tcase_add_test(tc, loopback_has_sixteen_million);
	tcase_add_test(tc, one_address_is_always_the_same);
	tcase_add_test(tc, an_ipv6_network_does_too);
	tcase_add_test(tc, families_do_not_mix);
	tcase_add_test(tc, what_is_no_network_is_told);
	return suite_run("sources", tc);
}
