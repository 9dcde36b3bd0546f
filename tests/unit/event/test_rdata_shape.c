#include <check.h>
#include <libknot/libknot.h>
#include <stdlib.h>
#include <string.h>

#include "event/rdata_shape.h"
#include "lib/suite.h"

static bool fits(uint16_t type, const void *data, size_t len)
{
	/* its end is guarded by the sanitizer */
	uint8_t *copy = malloc(len > 0 ? len : 1);
	size_t bitmaps;
	bool r;

	memcpy(copy, data, len);
	r = rdata_shape_fits(type, slice_from(copy, len), &bitmaps);
	free(copy);
	return r;
}

#define DATA(octets) octets, sizeof(octets) - 1

/* Data that is whole, and the shortest part of it that is whole as well */
static const struct {
	uint16_t type;
	const char *data;
	size_t len;
	size_t least;
} cases[] = {
	{ KNOT_RRTYPE_DS, DATA("\x30\x39\x08\x02\xab\xcd"), 4 },
	{ KNOT_RRTYPE_DNSKEY, DATA("\x01\x01\x03\x0f\xab\xcd"), 4 },
	{ KNOT_RRTYPE_CERT, DATA("\0\1\0\2\5\xab"), 5 },
	{ KNOT_RRTYPE_SSHFP, DATA("\1\2\xab"), 2 },
	{ KNOT_RRTYPE_TLSA, DATA("\3\1\1\xab"), 3 },
	{ KNOT_RRTYPE_ZONEMD, DATA("\0\0\0\1\1\1\xab"), 6 },
	{ KNOT_RRTYPE_NSEC3PARAM, DATA("\1\0\0\12\2\xab\xcd"), 7 },
	{ KNOT_RRTYPE_NSEC3, DATA("\1\0\0\12\2\xab\xcd\3abc\0\1\x40"), 11 },
	{ KNOT_RRTYPE_NSEC, DATA("\1a\0\0\1\x40"), 3 },
	{ KNOT_RRTYPE_CSYNC, DATA("\0\0\0\1\0\3\0\1\x40"), 6 },
	{ KNOT_RRTYPE_NAPTR, DATA("\0\1\0\2\1s\2ab\0\1a\0"), 13 },
	{ KNOT_RRTYPE_IPSECKEY, DATA("\12\0\2"), 3 },
	{ KNOT_RRTYPE_IPSECKEY, DATA("\12\1\2\xc0\0\2\1"), 7 },
	{ KNOT_RRTYPE_IPSECKEY,
		DATA("\12\2\2\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), 19 },
	{ KNOT_RRTYPE_IPSECKEY, DATA("\12\3\2\1a\0"), 6 },
	{ KNOT_RRTYPE_SVCB, DATA("\0\1\0"), 3 },
	{ KNOT_RRTYPE_SVCB, DATA("\0\1\0\0\3\0\2\1\xbb"), 3 },
	{ KNOT_RRTYPE_TSIG,
		DATA("\1k\0\0\0\0\0\0\1\1\x2c\0\2\xab\xcd\0\1\0\0\0\0"), 21 },
	{ KNOT_RRTYPE_CAA, DATA("\0\5issuex"), 7 },
};

START_TEST(whole_data_fits)
{
	ck_assert(fits(cases[_i].type, cases[_i].data, cases[_i].len));
}
END_TEST

START_TEST(no_prefix_shorter_than_its_parts_fits)
{
	for (size_t len = 0; len < cases[_i].least; len++)
		ck_assert_msg(!fits(cases[_i].type, cases[_i].data, len),
			"%zu octets", len);
	ck_assert(fits(cases[_i].type, cases[_i].data, cases[_i].least));
}
END_TEST

START_TEST(lengths_beyond_the_data_do_not_fit)
{
	/* these made libknot read on */
	ck_assert(!fits(KNOT_RRTYPE_NSEC3, DATA("\6\2\4\5\x84\5")));
	ck_assert(!fits(KNOT_RRTYPE_NSEC3PARAM, DATA("\6\2\4\5\x84\5")));
	ck_assert(!fits(KNOT_RRTYPE_NSEC3, DATA("\1\0\0\1\0\1a\0\2\x40")));
	ck_assert(!fits(KNOT_RRTYPE_NSEC, DATA("\0\0\0")));
	ck_assert(!fits(KNOT_RRTYPE_CAA, DATA("\0\5iss")));
	ck_assert(!fits(KNOT_RRTYPE_IPSECKEY, DATA("\12\4\2")));
}
END_TEST

/* RFC 4034, 4.1.2: one bitmap a window, in ascending order */
START_TEST(windows_of_bitmaps_ascend)
{
	ck_assert(fits(KNOT_RRTYPE_NSEC, DATA("\0\0\1\x40\1\1\x40\xff\1\x40")));
	ck_assert(!fits(KNOT_RRTYPE_NSEC, DATA("\0\0\1\x40\0\1\x40")));
	ck_assert(!fits(KNOT_RRTYPE_NSEC, DATA("\0\1\1\x40\0\1\x40")));
	ck_assert(!fits(KNOT_RRTYPE_NSEC, DATA("\0\xff\1\x40\xff\1\x40")));
	ck_assert(!fits(
		KNOT_RRTYPE_NSEC3, DATA("\1\0\0\12\0\1a\1\1\x40\1\1\x40")));
	ck_assert(
		!fits(KNOT_RRTYPE_CSYNC, DATA("\0\0\0\1\0\3\0\1\x40\0\1\x40")));
}
END_TEST

START_TEST(what_is_left_behind_the_last_part_does_not_fit)
{
	ck_assert(!fits(KNOT_RRTYPE_NSEC3PARAM, DATA("\1\0\0\12\0x")));
	ck_assert(!fits(KNOT_RRTYPE_NAPTR, DATA("\0\1\0\2\0\0\0\0x")));
}
END_TEST

START_TEST(service_parameters_have_values_of_their_kind)
{
	static const struct {
		const char *data;
		size_t len;
		bool fits;
	} values[] = {
		{ DATA("\0\1\0\0\0\0\2\0\1"), true }, /* mandatory */
		{ DATA("\0\1\0\0\0\0\1\0"), false },  /* half a key */
		{ DATA("\0\1\0\0\1\0\3\2h2"), true }, /* alpn */
		{ DATA("\0\1\0\0\1\0\3\3h2"), false },
		{ DATA("\0\1\0\0\2\0\0"), true }, /* no-default-alpn */
		{ DATA("\0\1\0\0\2\0\1x"), false },
		{ DATA("\0\1\0\0\3\0\1x"), false },   /* port */
		{ DATA("\0\1\0\0\4\0\4abcd"), true }, /* ipv4hint */
		{ DATA("\0\1\0\0\4\0\3abc"), false },
		{ DATA("\0\1\0\0\6\0\4abcd"), false }, /* ipv6hint */
		{ DATA("\0\1\0\xff\0\0\1x"), true },   /* a private one */
		{ DATA("\0\1\0\0\3\0\2x"), false },    /* cut */
		{ DATA("\0\1\0\0\3\0"), false },
	};

	for (size_t i = 0; i < COUNT(values); i++)
		ck_assert_msg(fits(KNOT_RRTYPE_HTTPS, values[i].data,
				      values[i].len) == values[i].fits,
			"value %zu", i);
}
END_TEST

START_TEST(types_without_a_structure_take_anything)
{
	ck_assert(fits(65280, DATA("")));
	ck_assert(fits(65280, DATA("anything")));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("rdata_shape");

	tcase_add_loop_test(t, whole_data_fits, 0, (int)COUNT(cases));
	tcase_add_loop_test(
		t, no_prefix_shorter_than_its_parts_fits, 0, (int)COUNT(cases));
	tcase_add_test(t, lengths_beyond_the_data_do_not_fit);
	tcase_add_test(t, windows_of_bitmaps_ascend);
	tcase_add_test(t, what_is_left_behind_the_last_part_does_not_fit);
	tcase_add_test(t, service_parameters_have_values_of_their_kind);
	tcase_add_test(t, types_without_a_structure_take_anything);
	return suite_run("rdata_shape", t);
}
