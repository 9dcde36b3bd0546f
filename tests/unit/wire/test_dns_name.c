#include "lib/exact.h"
#include "lib/suite.h"
#include "wire/dns.h"

/*
 * Names stand behind a header of twelve octets, where a pointer may not lead.
 * The message of RFC 1035, section 4.1.4, with its names moved together.
 */
static const char rfc1035[] = "............"
			      "\x01"
			      "F"
			      "\x03"
			      "ISI"
			      "\x04"
			      "ARPA"
			      "\0" /* 12 */
			      "\x03"
			      "FOO"
			      "\xc0\x0c" /* 24 */
			      "\xc0\x12" /* 30 */
			      "\0";      /* 32 */

static size_t expand(const char *data, size_t len, uint32_t pos, uint8_t *name)
{
	struct slice msg = exact_copy(data, len);
	uint32_t end = pos, skipped = pos;
	size_t n = dns_name_expand(msg, &end, name);

	/* Both ways of walking a name agree. */
	ck_assert(dns_name_skip(msg, &skipped) == (n > 0));
	ck_assert_uint_eq(skipped, end);
	ck_assert(n > 0 ? end > pos : end == pos);
	exact_free(msg);
	return n;
}

START_TEST(names_of_rfc_1035_are_expanded)
{
	static const struct {
		uint32_t pos;
		const char *name;
		size_t len;
	} cases[] = {
		{ 12,
			"\x01"
			"F"
			"\x03"
			"ISI"
			"\x04"
			"ARPA",
			12 },
		{ 24,
			"\x03"
			"FOO"
			"\x01"
			"F"
			"\x03"
			"ISI"
			"\x04"
			"ARPA",
			16 },
		{ 30,
			"\x04"
			"ARPA",
			6 },
		{ 32, "", 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t name[DNS_NAME_MAX];

		ck_assert_uint_eq(expand(rfc1035, sizeof(rfc1035) - 1,
					  cases[i].pos, name),
			cases[i].len);
		ck_assert_mem_eq(name, cases[i].name, cases[i].len);
	}
}
END_TEST

START_TEST(a_skip_ends_behind_the_first_pointer)
{
	struct slice msg = slice_from(rfc1035, sizeof(rfc1035) - 1);
	uint32_t pos = 12;

	ck_assert(dns_name_skip(msg, &pos));
	ck_assert_uint_eq(pos, 24);
	ck_assert(dns_name_skip(msg, &pos));
	ck_assert_uint_eq(pos, 30);
	ck_assert(dns_name_skip(msg, &pos));
	ck_assert_uint_eq(pos, 32);
	ck_assert(dns_name_skip(msg, &pos));
	ck_assert_uint_eq(pos, 33);
	ck_assert(!dns_name_skip(msg, &pos));
	ck_assert_uint_eq(pos, 33);
}
END_TEST

START_TEST(broken_names_are_refused)
{
	static const struct {
		const char *octets;
		size_t len;
	} cases[] = {
#define NAME(s) { "............" s, 12 + sizeof(s) - 1 }
		NAME(""),
		NAME("\x03"
		     "ab"), /* ends within a label */
		NAME("\x03"
		     "abc"),      /* ends before the root */
		NAME("\xc0"),     /* half a pointer */
		NAME("\xc0\x0c"), /* to itself */
		NAME("\x01"
		     "a\xc0\x0c"), /* to its own name */
		NAME("\xc0\x0e\x01"
		     "a\0"),        /* forward */
		NAME("\xc0\x00"),   /* into the header */
		NAME("\xc0\x0b\0"), /* into its last octet */
		NAME("\xff\xff\0"), /* past the end */
		NAME("\x40"
		     "a\0"), /* label types 01 and 10 */
		NAME("\x80"
		     "a\0"),
		NAME("\x41\0"),
#undef NAME
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t name[DNS_NAME_MAX];

		ck_assert_uint_eq(
			expand(cases[i].octets, cases[i].len, 12, name), 0);
	}
}
END_TEST

START_TEST(pointers_that_chase_each_other_are_refused)
{
	static const char pair[] = "............\x01"
				   "a\xc0\x10\x01"
				   "b\xc0\x0c";
	uint8_t name[DNS_NAME_MAX];

	ck_assert_uint_eq(expand(pair, sizeof(pair) - 1, 12, name), 0);
	ck_assert_uint_eq(expand(pair, sizeof(pair) - 1, 16, name), 0);
}
END_TEST

/* A name of `len` octets in all; len - 1 must be made of whole labels. */
static size_t long_name(char *out, size_t len)
{
	size_t at = 0;

	while (len - 1 - at > 0) {
		size_t label = len - 1 - at < 64 ? len - 1 - at : 64;

		if (len - 1 - at - label == 1)
			label--;
		out[at] = (char)(label - 1);
		memset(out + at + 1, 'x', label - 1);
		at += label;
	}
	out[at++] = 0;
	return at;
}

START_TEST(a_name_has_at_most_255_octets)
{
	char msg[12 + 300] = { 0 };
	uint8_t name[DNS_NAME_MAX];

	for (size_t len = 250; len < 262; len++) {
		ck_assert_uint_eq(long_name(msg + 12, len), len);
		ck_assert_uint_eq(expand(msg, 12 + len, 12, name),
			len <= DNS_NAME_MAX ? len : 0);
	}
}
END_TEST

START_TEST(a_name_that_grows_past_255_by_its_pointer_is_refused)
{
	char msg[12 + 255 + 4];
	uint8_t name[DNS_NAME_MAX];
	size_t at;

	for (size_t len = 252; len <= 255; len++) {
		memset(msg, '.', 12);
		at = 12 + long_name(msg + 12, len);
		memcpy(msg + at,
			"\x01"
			"a\xc0\x0c",
			4);
		ck_assert_uint_eq(expand(msg, at + 4, (uint32_t)at, name),
			len + 2 <= DNS_NAME_MAX ? len + 2 : 0);
	}
}
END_TEST

START_TEST(a_chain_of_pointers_is_followed_up_to_the_limit)
{
	char msg[12 + 1 + 2 * 400];
	uint8_t name[DNS_NAME_MAX];
	size_t at = 13;
	unsigned followed = 0;

	memset(msg, 0, sizeof(msg));
	for (unsigned i = 0; i < 400; i++, at += 2) {
		size_t to = i == 0 ? 12 : at - 2;

		msg[at] = (char)(0xc0 | to >> 8);
		msg[at + 1] = (char)to;
		if (expand(msg, at + 2, (uint32_t)at, name) == 1)
			followed++;
	}
	ck_assert_uint_eq(followed, 256);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("dns_name");

	tcase_add_test(t, names_of_rfc_1035_are_expanded);
	tcase_add_test(t, a_skip_ends_behind_the_first_pointer);
	tcase_add_test(t, broken_names_are_refused);
	tcase_add_test(t, pointers_that_chase_each_other_are_refused);
	tcase_add_test(t, a_name_has_at_most_255_octets);
	tcase_add_test(t, a_name_that_grows_past_255_by_its_pointer_is_refused);
	tcase_add_test(t, a_chain_of_pointers_is_followed_up_to_the_limit);
	return suite_run("dns_name", t);
}
