#include <libknot/descriptor.h>

#include "lib/exact.h"
#include "lib/suite.h"
#include "wire/dns.h"

/* Names to point to, at 12 and 14, and data behind them, at 17. */
#define BEFORE         \
	"............" \
	"\x01"         \
	"a"            \
	"\x01"         \
	"b"            \
	"\0"
#define BEFORE_LEN 17

static uint8_t out[DNS_RDATA_EXPANDED_MAX];

static int expand_into(uint16_t type, uint16_t class, const char *rdata,
	size_t len, size_t cap)
{
	char octets[1024];
	struct dns_record r = {
		.type = type,
		.class = class,
		.rdata = BEFORE_LEN,
		.rdlen = (uint16_t)len,
	};
	struct slice msg;
	int n;

	memcpy(octets, BEFORE, BEFORE_LEN);
	memcpy(octets + BEFORE_LEN, rdata, len);
	msg = exact_copy(octets, BEFORE_LEN + len);
	n = dns_rdata_expand(msg, &r, out, cap);
	exact_free(msg);
	return n;
}

#define EXPAND(type, rdata)                                            \
	expand_into((type), KNOT_CLASS_IN, (rdata), sizeof(rdata) - 1, \
		sizeof(out))

#define ck_assert_out(n, want)                                   \
	do {                                                     \
		ck_assert_int_eq((n), (int)sizeof(want) - 1);    \
		ck_assert_mem_eq(out, (want), sizeof(want) - 1); \
	} while (0)

#define AB     \
	"\x01" \
	"a"    \
	"\x01" \
	"b"    \
	"\0"

START_TEST(data_without_names_are_copied)
{
	ck_assert_out(EXPAND(KNOT_RRTYPE_A, "\1\2\3\4"), "\1\2\3\4");
	ck_assert_out(EXPAND(KNOT_RRTYPE_TXT, "\3abc"), "\3abc");
	ck_assert_out(EXPAND(65280, "\xc0\x0c"), "\xc0\x0c");
	ck_assert_out(EXPAND(0, ""), "");
}
END_TEST

START_TEST(compressed_names_are_expanded)
{
	ck_assert_out(EXPAND(KNOT_RRTYPE_NS, "\xc0\x0c"), AB);
	ck_assert_out(EXPAND(KNOT_RRTYPE_CNAME, "\1x\xc0\x0e"), "\1x\1b\0");
	ck_assert_out(EXPAND(KNOT_RRTYPE_MX, "\0\12\xc0\x0c"), "\0\12" AB);
	ck_assert_out(EXPAND(KNOT_RRTYPE_SOA, "\xc0\x0c\xc0\x0e"
					      "aaaabbbbccccddddeeee"),
		AB "\1b\0"
		   "aaaabbbbccccddddeeee");
}
END_TEST

START_TEST(names_of_types_after_rfc_1035_are_expanded_too)
{
	ck_assert_out(EXPAND(KNOT_RRTYPE_SRV, "\0\1\0\2\0\3\xc0\x0c"),
		"\0\1\0\2\0\3" AB);
	ck_assert_out(EXPAND(KNOT_RRTYPE_DNAME, "\xc0\x0c"), AB);
	ck_assert_out(
		EXPAND(KNOT_RRTYPE_NSEC, "\xc0\x0c\0\1\x40"), AB "\0\1\x40");
	ck_assert_out(EXPAND(KNOT_RRTYPE_NAPTR, "\0\1\0\2\1S\3abc\0\xc0\x0c"),
		"\0\1\0\2\1S\3abc\0" AB);
	/* obsolete types that libknot keeps apart */
	ck_assert_out(EXPAND(KNOT_RRTYPE_MB, "\xc0\x0c"), AB);
	ck_assert_out(EXPAND(KNOT_RRTYPE_PX, "\0\1\xc0\x0c\xc0\x0e"),
		"\0\1" AB "\1b\0");
}
END_TEST

START_TEST(broken_data_are_refused)
{
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_A, "\1\2\3"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_A, "\1\2\3\4\5"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_AAAA, ""), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_NS, ""), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_NS, "\xc0"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_NS, "\xc0\x11"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_NS, "\1a"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_NS, "\xc0\x0c\0"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_MX, "\0"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_SOA, "\xc0\x0c\xc0\x0c"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_NAPTR, "\0\1\0\2\1S\3ab"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_NAPTR, "\0\1\0\2\1S"), -1);
	ck_assert_int_eq(EXPAND(KNOT_RRTYPE_RRSIG, "0123456789"), -1);
}
END_TEST

/* The name would be whole if it were not for the end of the record. */
START_TEST(a_name_may_not_run_into_the_next_record)
{
	static const char octets[] = BEFORE "\3abc\0";
	struct slice msg = slice_from(octets, sizeof(octets) - 1);
	struct dns_record r = {
		.type = KNOT_RRTYPE_NS,
		.class = KNOT_CLASS_IN,
		.rdata = BEFORE_LEN,
		.rdlen = 4,
	};

	ck_assert_int_eq(dns_rdata_expand(msg, &r, out, sizeof(out)), -1);
	r.rdlen = 5;
	ck_assert_int_eq(dns_rdata_expand(msg, &r, out, sizeof(out)), 5);
}
END_TEST

START_TEST(updates_without_data_are_right_for_any_type)
{
	ck_assert_int_eq(
		expand_into(KNOT_RRTYPE_A, KNOT_CLASS_ANY, "", 0, 0), 0);
	ck_assert_int_eq(
		expand_into(KNOT_RRTYPE_MX, KNOT_CLASS_NONE, "", 0, 0), 0);
	ck_assert_int_eq(
		expand_into(KNOT_RRTYPE_MX, KNOT_CLASS_NONE, "\0", 1, 10), -1);
}
END_TEST

START_TEST(an_address_of_class_chaos_is_left_alone)
{
	ck_assert_int_eq(expand_into(KNOT_RRTYPE_A, KNOT_CLASS_CH, "\1a\0\0\7",
				 5, sizeof(out)),
		5);
	ck_assert_mem_eq(out, "\1a\0\0\7", 5);
}
END_TEST

START_TEST(too_little_room_is_refused_whatever_does_not_fit)
{
	static const char rdata[] = "\0\1\0\2\1S\3abc\0\xc0\x0c";
	const size_t whole = 11 + 5;

	for (size_t cap = 0; cap < whole; cap++)
		ck_assert_int_eq(expand_into(KNOT_RRTYPE_NAPTR, KNOT_CLASS_IN,
					 rdata, sizeof(rdata) - 1, cap),
			-1);
	ck_assert_int_eq(expand_into(KNOT_RRTYPE_NAPTR, KNOT_CLASS_IN, rdata,
				 sizeof(rdata) - 1, whole),
		(int)whole);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("dns_rdata");

	tcase_add_test(t, data_without_names_are_copied);
	tcase_add_test(t, compressed_names_are_expanded);
	tcase_add_test(t, names_of_types_after_rfc_1035_are_expanded_too);
	tcase_add_test(t, broken_data_are_refused);
	tcase_add_test(t, a_name_may_not_run_into_the_next_record);
	tcase_add_test(t, updates_without_data_are_right_for_any_type);
	tcase_add_test(t, an_address_of_class_chaos_is_left_alone);
	tcase_add_test(t, too_little_room_is_refused_whatever_does_not_fit);
	return suite_run("dns_rdata", t);
}
