#include "net/cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/suite.h"

/* An address as a connection has it. */
static struct in6_addr peer(const char *text)
{
	struct in6_addr a;
	char mapped[64];

	if (inet_pton(AF_INET6, text, &a) == 1)
		return a;
	snprintf(mapped, sizeof(mapped), "::ffff:%s", text);
	ck_assert_int_eq(inet_pton(AF_INET6, mapped, &a), 1);
	return a;
}

static const struct {
	const char *network, *printed, *in, *out;
} networks[] = {
	{ "192.0.2.0/24", "192.0.2.0/24", "192.0.2.255", "192.0.3.0" },
	{ "192.0.2.7", "192.0.2.7/32", "192.0.2.7", "192.0.2.6" },
	{ "192.0.2.128/25", "192.0.2.128/25", "192.0.2.200", "192.0.2.127" },
	{ "0.0.0.0/0", "0.0.0.0/0", "255.255.255.255", "2001:db8::1" },
	{ "2001:db8::/32", "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" },
	{ "2001:db8::1", "2001:db8::1/128", "2001:db8::1", "2001:db8::2" },
	{ "2001:db8::/33", "2001:db8::/33", "2001:db8:7fff::1",
		"2001:db8:8000::" },
	/* families stay apart, however a peer's address is written */
	{ "::/0", "::/0", "2001:db8::1", "192.0.2.1" },
	{ "::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.9", "192.0.3.9" },
};

START_TEST(a_network_has_its_addresses_and_no_others)
{
	struct cidr c;
	struct buf text = BUF_NULL;
	struct in6_addr in = peer(networks[_i].in),
			out = peer(networks[_i].out);

	ck_assert_int_eq(cidr_parse(&c, networks[_i].network, &text), 0);
	ck_assert(cidr_has(&c, &in));
	ck_assert(!cidr_has(&c, &out));
	cidr_format(&c, &text);
	ck_assert_str_eq(buf_str(&text), networks[_i].printed);
	buf_deinit(&text);
}
END_TEST

START_TEST(every_prefix_length_cuts_where_it_says)
{
	struct in6_addr ones;
	struct cidr c = { .bits = (uint8_t)_i };

	memset(&ones, 0xff, sizeof(ones));
	for (int bit = 0; bit < _i; bit++)
		c.address.s6_addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	ck_assert(cidr_has(&c, &ones));
	for (int bit = 0; bit < 128; bit++) {
		struct in6_addr other = ones;

		other.s6_addr[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		ck_assert_int_eq(cidr_has(&c, &other), bit >= _i);
	}
}
END_TEST

static const struct {
	const char *text, *why;
} wrong[] = {
	{ "192.0.2.0/33", "0 to 32" },
	{ "2001:db8::/129", "0 to 128" },
	{ "192.0.2.0/", "0 to 32" },
	{ "192.0.2.0/x", "0 to 32" },
	{ "192.0.2.0/-1", "0 to 32" },
	{ "192.0.2.0/0024", "0 to 32" },
	{ "192.0.2.1/24", "write 192.0.2.0/24" },
	{ "2001:db8::1/32", "write 2001:db8::/32" },
	{ "example.net", "is not a network" },
	{ "/24", "is not a network" },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd/1",
		"is not a network" },
};

START_TEST(a_wrong_network_is_refused_with_the_cure)
{
	struct cidr c = { .bits = 77 };
	struct buf why = BUF_NULL;

	ck_assert_int_eq(cidr_parse(&c, wrong[_i].text, &why), -EINVAL);
	ck_assert_msg(strstr(buf_str(&why), wrong[_i].why) != NULL, "%s",
		buf_str(&why));
	buf_deinit(&why);
}
END_TEST

START_TEST(a_list_has_what_any_of_its_networks_has)
{
	struct cidr_list l = CIDR_LIST_NULL;
	struct buf text = BUF_NULL;
	struct in6_addr a = peer("192.0.2.1"), b = peer("2001:db8::1"),
			c = peer("198.51.100.1");

	ck_assert_int_eq(
		cidr_list_parse(&l, "192.0.2.0/24,2001:db8::/32", &text), 0);
	ck_assert_uint_eq(l.n, 2);
	ck_assert(cidr_list_has(&l, &a));
	ck_assert(cidr_list_has(&l, &b));
	ck_assert(!cidr_list_has(&l, &c));
	cidr_list_format(&l, &text);
	ck_assert_str_eq(buf_str(&text), "192.0.2.0/24, 2001:db8::/32");
	cidr_list_deinit(&l);
	ck_assert_int_eq(cidr_list_parse(&l, "", &text), 0);
	ck_assert_uint_eq(l.n, 0);
	ck_assert(!cidr_list_has(&l, &a));
	buf_clear(&text);
	ck_assert_int_eq(
		cidr_list_parse(&l, "192.0.2.0/24, nonsense", &text), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "\"nonsense\""));
	buf_deinit(&text);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("cidr");

	tcase_add_loop_test(t, a_network_has_its_addresses_and_no_others, 0,
		COUNT(networks));
	tcase_add_loop_test(t, every_prefix_length_cuts_where_it_says, 0, 129);
	tcase_add_loop_test(
		t, a_wrong_network_is_refused_with_the_cure, 0, COUNT(wrong));
	tcase_add_test(t, a_list_has_what_any_of_its_networks_has);
	return suite_run("cidr", t);
}
