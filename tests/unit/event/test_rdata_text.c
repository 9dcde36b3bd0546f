#include <check.h>
#include <jansson.h>
#include <libknot/libknot.h>
#include <libknot/rrset-dump.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/rdata_text.h"
#include "lib/suite.h"

enum { CLASS_IN = 1 };

static struct mnemonics words;
static struct rdata_text *text;
static uint8_t spill[JSON_ROOM_MAX];
static uint8_t out[2 * 1024 * 1024];

/*
 * The decoded text of a record whose data lies at `at` of a message
 * Return: lent until the next call; *good as rdata_write() says.
 */
static const char *decoded(struct slice msg, uint32_t at, uint16_t rdlen,
	uint16_t type, uint16_t class, bool *good)
{
	static json_t *value;
	const struct dns_record r = {
		.rdata = at,
		.rdlen = rdlen,
		.type = type,
		.class = class,
	};
	struct json j = json_begin(out, sizeof(out), spill);
	size_t n;

	json_put(&j, "\"");
	*good = rdata_write(text, &j, msg, &r);
	json_put(&j, "\"");
	n = json_end(&j);
	ensure(n != 0);
	json_decref(value);
	value = json_loadb((char *)out, n, JSON_DECODE_ANY, NULL);
	ensure(value != NULL);
	return json_string_value(value);
}

static void check_text(uint16_t type, uint16_t class, const void *rdata,
	size_t len, const char *want, bool want_good)
{
	bool good;
	const char *got = decoded(
		slice_from(rdata, len), 0, (uint16_t)len, type, class, &good);

	ck_assert_str_eq(got, want);
	ck_assert_int_eq(good, want_good);
}

#define check_good(type, rdata, want) \
	check_text(type, CLASS_IN, rdata, sizeof(rdata) - 1, want, true)
#define check_broken(type, rdata, want) \
	check_text(type, CLASS_IN, rdata, sizeof(rdata) - 1, want, false)

START_TEST(data_is_in_presentation_format)
{
	check_good(KNOT_RRTYPE_A, "\300\0\2\1", "192.0.2.1");
	check_good(KNOT_RRTYPE_AAAA, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
		"2001:db8::1");
	check_good(KNOT_RRTYPE_NS, "\3Ns1\7Example\0", "Ns1.Example.");
	check_good(KNOT_RRTYPE_CNAME, "\0", ".");
	check_good(KNOT_RRTYPE_MX, "\0\12\2mx\0", "10 mx.");
	check_good(KNOT_RRTYPE_TXT, "\5a\"b\\c\0", "\"a\\\"b\\\\c\" \"\"");
	check_good(KNOT_RRTYPE_TXT, "\3\xc3\xbc\n", "\"\\195\\188\\010\"");
	check_good(KNOT_RRTYPE_CAA, "\0\5issueca.example",
		"0 issue \"ca.example\"");
	check_good(KNOT_RRTYPE_URI, "\0\1\0\2https://x", "1 2 \"https://x\"");
	check_good(KNOT_RRTYPE_APL, "", "");
	check_good(7, "\2mb\0", "mb.");
	check_good(23, "\4nsap\0", "nsap.");
	check_good(KNOT_RRTYPE_EUI48, "\0\1\2\3\4\5", "00-01-02-03-04-05");
}
END_TEST

START_TEST(types_that_libknot_has_no_text_for_are_text)
{
	check_good(11, "\300\0\2\1\6\0\0\0\x40", "192.0.2.1 6 25");
	check_good(11, "\300\0\2\1\x11", "192.0.2.1 17");
	check_good(19,
		"\4"
		"3110",
		"\"3110\"");
	check_good(19, "\4\"\\\n\xff", "\"\\\"\\\\\\010\\255\"");
	check_good(20,
		"\3"
		"150",
		"\"150\"");
	check_good(20,
		"\3"
		"150\3"
		"004",
		"\"150\" \"004\"");
	check_good(22, "\x47\0\5", "0x470005");
	check_good(26, "\0\62\1A\0\1b\1c\0", "50 A. b.c.");
	check_good(27,
		"\1"
		"1\2-2\0",
		"\"1\" \"-2\" \"\"");
	check_good(260, "\12\0", "10 0 0 .");
	check_good(260, "\12\x81\313\0\161\25", "10 1 1 203.0.113.21");
	check_good(260, "\0\2\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
		"0 0 2 2001:db8::1");
	check_good(260, "\1\3\2gw\0", "1 0 3 gw.");
	/* a kind of relay that nobody has defined */
	check_good(260, "\1\4x", "\\# 3 010478");
}
END_TEST

START_TEST(their_broken_data_is_generic)
{
	check_broken(11, "\300\0\2\1", "\\# 4 c0000201");
	check_broken(19, "\1a\1b", "\\# 4 01610162");
	check_broken(19, "\5a", "\\# 2 0561");
	check_broken(20, "", "\\# 0");
	check_broken(20, "\0\0\0", "\\# 3 000000");
	check_broken(22, "", "\\# 0");
	check_broken(26, "\0", "\\# 1 00");
	check_broken(26, "\0\1\0", "\\# 3 000100");
	check_broken(26, "\0\1\0\0\0", "\\# 5 0001000000");
	check_broken(27, "\0\0", "\\# 2 0000");
	check_broken(260, "\1", "\\# 1 01");
	check_broken(260, "\1\0\0", "\\# 3 010000");
	check_broken(260, "\1\1\1\2\3", "\\# 5 0101010203");
	check_broken(260, "\1\2\1", "\\# 3 010201");
	check_broken(260, "\1\3\1", "\\# 3 010301");
	check_broken(
		KNOT_RRTYPE_NSEC, "\0\0\1\x40\0\1\x40", "\\# 7 00000140000140");
}
END_TEST

START_TEST(unknown_types_are_generic)
{
	check_good(65280, "\1\2\xff", "\\# 3 0102ff");
	check_good(65280, "", "\\# 0");
	check_good(KNOT_RRTYPE_NULL, "x", "\\# 1 78");
	check_text(KNOT_RRTYPE_A, KNOT_CLASS_CH, "\1a\0\2", 4, "\\# 4 01610002",
		true);
	check_text(KNOT_RRTYPE_TXT, KNOT_CLASS_CH, "\3abc", 4, "\"abc\"", true);
}
END_TEST

START_TEST(broken_data_is_generic_and_said_to_be_broken)
{
	check_broken(KNOT_RRTYPE_A, "\1\2\3", "\\# 3 010203");
	check_broken(KNOT_RRTYPE_A, "\1\2\3\4\5", "\\# 5 0102030405");
	check_broken(KNOT_RRTYPE_A, "", "\\# 0");
	check_broken(KNOT_RRTYPE_AAAA, "\1\2\3\4", "\\# 4 01020304");
	check_broken(KNOT_RRTYPE_NS, "\3ns1", "\\# 4 036e7331");
	check_broken(KNOT_RRTYPE_NS, "\1a\0\0", "\\# 4 01610000");
	check_broken(KNOT_RRTYPE_TXT, "\5abc", "\\# 4 05616263");
	check_broken(KNOT_RRTYPE_TXT, "", "\\# 0");
	check_broken(KNOT_RRTYPE_EUI48, "\0\1", "\\# 2 0001");
	check_broken(KNOT_RRTYPE_EUI64, "\0\1\2\3\4\5", "\\# 6 000102030405");
	check_text(KNOT_RRTYPE_MX, 42, "", 0, "\\# 0", false);
}
END_TEST

START_TEST(updates_have_records_without_data)
{
	check_text(KNOT_RRTYPE_A, KNOT_CLASS_ANY, "", 0, "", true);
	check_text(KNOT_RRTYPE_ANY, KNOT_CLASS_ANY, "", 0, "", true);
	check_text(KNOT_RRTYPE_MX, KNOT_CLASS_NONE, "", 0, "", true);
	check_text(KNOT_RRTYPE_A, KNOT_CLASS_NONE, "\300\0\2\1", 4, "192.0.2.1",
		true);
}
END_TEST

START_TEST(names_in_data_may_be_compressed)
{
	static const char msg[] =
		"a header....\7Example\0\0\12\2mx\xc0\14\2ns\xc0\14";
	struct slice s = slice_from(msg, sizeof(msg) - 1);
	bool good;

	ck_assert_str_eq(
		decoded(s, 21, 7, KNOT_RRTYPE_MX, 1, &good), "10 mx.Example.");
	ck_assert(good);
	ck_assert_str_eq(
		decoded(s, 28, 5, KNOT_RRTYPE_NS, 1, &good), "ns.Example.");
	ck_assert(good);
	/* the name runs on behind the data, and ends before its end */
	ck_assert_str_eq(
		decoded(s, 28, 4, KNOT_RRTYPE_NS, 1, &good), "\\# 4 026e73c0");
	ck_assert(!good);
	ck_assert_str_eq(decoded(s, 23, 6, KNOT_RRTYPE_NS, 1, &good),
		"\\# 6 026d78c00c02");
}
END_TEST

/* What libknot makes of data.  Return: false when it is broken. */
static bool by_libknot(
	uint16_t type, const uint8_t *data, size_t len, char *want, size_t cap)
{
	static union {
		knot_rdata_t rdata;
		uint8_t room[2 + 65536];
	} u;
	const struct dns_record r = {
		.rdlen = (uint16_t)len,
		.type = type,
		.class = CLASS_IN,
	};
	knot_rrset_t set;
	/* libknot takes for granted that names are whole */
	int n = dns_rdata_expand(
		slice_from(data, len), &r, u.rdata.data, 65535);

	if (n < 0)
		return false;
	u.rdata.len = (uint16_t)n;
	knot_rrset_init(&set, NULL, type, KNOT_CLASS_IN, 0);
	set.rrs.count = 1;
	set.rrs.size = (uint32_t)knot_rdata_size(u.rdata.len);
	set.rrs.rdata = &u.rdata;
	return knot_rrset_txt_dump_data(
		       &set, 0, want, cap, &KNOT_DUMP_STYLE_DEFAULT) >= 0;
}

static void check_as_libknot(uint16_t type, const uint8_t *data, size_t len)
{
	static char want[32768];
	bool want_good = by_libknot(type, data, len, want, sizeof(want));
	bool good;
	const char *got = decoded(
		slice_from(data, len), 0, (uint16_t)len, type, CLASS_IN, &good);

	ensure(good == want_good);
	if (!good)
		return;
	/* an RRSIG's type: we know more names */
	if (type == KNOT_RRTYPE_RRSIG && strncmp(want, "TYPE", 4) == 0)
		ensure(strcmp(strchr(got, ' '), strchr(want, ' ')) == 0);
	else
		ck_assert_str_eq(got, want);
}

/* Octets that are small, so that labels and lengths often fit, or any */
static uint8_t random_octet(void)
{
	return (uint8_t)(rand() % 2 ? rand() % 5 : rand());
}

static size_t put_random_name(uint8_t *p)
{
	size_t n = 0;

	while (rand() % 4 != 0 && n < 100) {
		size_t len = 1 + (size_t)rand() % 20;

		p[n++] = (uint8_t)len;
		for (; len > 0; len--)
			p[n++] = (uint8_t)(rand() % 3 ? 'a' + rand() % 26
						      : rand());
	}
	p[n++] = 0;
	return n;
}

/* The types that are written here have the same text as libknot's, and are
 * broken where it says so. */
START_TEST(own_formats_are_those_of_libknot)
{
	static const uint16_t types[] = { KNOT_RRTYPE_A, KNOT_RRTYPE_AAAA,
		KNOT_RRTYPE_NS, KNOT_RRTYPE_CNAME, KNOT_RRTYPE_PTR,
		KNOT_RRTYPE_DNAME, KNOT_RRTYPE_SOA, KNOT_RRTYPE_RRSIG };

	srand(11);
	for (int i = 0; i < 80000; i++) {
		uint8_t data[32];
		size_t len = (size_t)rand() % sizeof(data);

		for (size_t k = 0; k < len; k++)
			data[k] = random_octet();
		check_as_libknot(
			types[(size_t)rand() % COUNT(types)], data, len);
	}
}
END_TEST

START_TEST(soa_is_that_of_libknot)
{
	srand(12);
	for (int i = 0; i < 20000; i++) {
		uint8_t data[512];
		size_t len = put_random_name(data);

		len += put_random_name(data + len);
		for (int k = 0; k < 20; k++)
			data[len++] = random_octet();
		check_as_libknot(KNOT_RRTYPE_SOA, data,
			rand() % 8 ? len : len - 1 - (size_t)rand() % 3);
		data[len++] = 0;
		check_as_libknot(KNOT_RRTYPE_SOA, data, len);
	}
}
END_TEST

START_TEST(rrsig_is_that_of_libknot)
{
	srand(13);
	for (int i = 0; i < 20000; i++) {
		uint8_t data[512];
		size_t len;
		size_t signature = (size_t)rand() % 130;

		for (len = 0; len < 18; len++)
			data[len] = random_octet();
		/* a type that libknot has a name for, and one without */
		data[0] = (uint8_t)(rand() % 8 ? 0 : 255);
		data[1] = (uint8_t)(rand() % 8 ? 1 : 46);
		/* times: mostly those of today */
		data[8] = rand() % 4 ? 0x69 : random_octet();
		data[12] = rand() % 4 ? 0x68 : random_octet();
		len += put_random_name(data + len);
		for (; signature > 0; signature--)
			data[len++] = random_octet();
		check_as_libknot(KNOT_RRTYPE_RRSIG, data, len);
	}
}
END_TEST

/* Types that libknot knows as well, and such as nobody knows */
START_TEST(bitmaps_are_those_of_libknot)
{
	static const struct {
		uint16_t type;
		const char *start;
		size_t len;
	} starts[] = {
		{ KNOT_RRTYPE_NSEC, "\1A\7example\0", 11 },
		{ KNOT_RRTYPE_NSEC, "\0", 1 },
		{ KNOT_RRTYPE_NSEC3, "\1\0\0\12\2\xab\xcd\3abc", 11 },
		{ KNOT_RRTYPE_NSEC3, "\1\0\0\12\0\3abc", 9 },
		{ KNOT_RRTYPE_CSYNC, "\0\0\0\1\0\3", 6 },
	};

	srand(14);
	for (int i = 0; i < 20000; i++) {
		size_t k = (size_t)rand() % COUNT(starts);
		uint8_t data[256];
		size_t len = starts[k].len;

		memcpy(data, starts[k].start, len);
		if (rand() % 4 != 0) {
			/* A to AAAA, SRV to DNAME, OPT to DNSKEY */
			memcpy(data + len, "\0\7\x40\0\0\x08", 6);
			data[len + 6] = (uint8_t)(rand() & 0x41);
			data[len + 7] = (uint8_t)(rand() & 0x5f);
			data[len + 8] = (uint8_t)(rand() & 0x80);
			len += 9;
		}
		/* of the windows between we know more names */
		for (int w = 129; w < 256 && len < 200; w += 1 + rand() % 90) {
			uint8_t octets = (uint8_t)(1 + rand() % 32);

			data[len++] = (uint8_t)w;
			data[len++] = octets;
			for (; octets > 0; octets--)
				data[len++] = random_octet();
		}
		check_as_libknot(starts[k].type, data, len);
	}
}
END_TEST

/* Any data of any type is text or generic, and what is text says nothing of
 * the octets behind it (which the sanitizer guards) */
START_TEST(any_data_of_any_type_is_safe)
{
	srand(12);
	for (unsigned type = 0; type < 300; type++) {
		for (int i = 0; i < 300; i++) {
			size_t len = (size_t)rand() % 48;
			uint8_t *rdata = malloc(len > 0 ? len : 1);
			bool good;
			const char *got;

			for (size_t k = 0; k < len; k++)
				rdata[k] = (uint8_t)(rand() % 3 ? rand() % 8
								: rand());
			got = decoded(slice_from(rdata, len), 0, (uint16_t)len,
				(uint16_t)type, CLASS_IN, &good);
			ensure(good || strncmp(got, "\\# ", 3) == 0);
			free(rdata);
		}
	}
}
END_TEST

START_TEST(the_longest_texts_fit_the_scratch)
{
	static uint8_t rdata[65535];
	size_t len = 0;
	bool good;
	const char *got;

	/* NSEC: a name, then windows of 32 octets with every bit set */
	rdata[len++] = 0;
	for (unsigned window = 0; window < 256; window++) {
		rdata[len++] = (uint8_t)window;
		rdata[len++] = 32;
		memset(rdata + len, 0xff, 32);
		len += 32;
	}
	got = decoded(slice_from(rdata, len), 0, (uint16_t)len,
		KNOT_RRTYPE_NSEC, CLASS_IN, &good);
	ck_assert(good);
	ck_assert_uint_gt(strlen(got), 65536 * 9);
	memset(rdata, 0xff, sizeof(rdata));
	for (size_t at = 0; at < sizeof(rdata); at += 256)
		rdata[at] = 255;
	rdata[65280] = 254;
	got = decoded(slice_from(rdata, sizeof(rdata)), 0, 65535,
		KNOT_RRTYPE_TXT, CLASS_IN, &good);
	ck_assert(good);
	ck_assert_uint_gt(strlen(got), 65000 * 4);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("rdata_text");
	int r;

	mnemonics_init(&words);
	r = rdata_text_new(&text, &words);

	if (r != 0)
		return 1;
	tcase_add_test(t, data_is_in_presentation_format);
	tcase_add_test(t, types_that_libknot_has_no_text_for_are_text);
	tcase_add_test(t, their_broken_data_is_generic);
	tcase_add_test(t, unknown_types_are_generic);
	tcase_add_test(t, broken_data_is_generic_and_said_to_be_broken);
	tcase_add_test(t, updates_have_records_without_data);
	tcase_add_test(t, names_in_data_may_be_compressed);
	tcase_add_test(t, own_formats_are_those_of_libknot);
	tcase_add_test(t, soa_is_that_of_libknot);
	tcase_add_test(t, rrsig_is_that_of_libknot);
	tcase_add_test(t, bitmaps_are_those_of_libknot);
	tcase_add_test(t, any_data_of_any_type_is_safe);
	tcase_add_test(t, the_longest_texts_fit_the_scratch);
	tcase_set_timeout(t, 60);
	r = suite_run("rdata_text", t);
	rdata_text_free(text);
	return r;
}
