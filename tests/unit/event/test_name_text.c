#include <check.h>
#include <jansson.h>
#include <libknot/libknot.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/name_memo.h"
#include "event/name_text.h"
#include "lib/suite.h"
#include "wire/dns.h"

/* The decoded string of one form, or NULL for a broken name */
static const char *decoded(
	uint8_t *(*form)(uint8_t *, struct slice, uint32_t *), struct slice msg,
	uint32_t *pos)
{
	static char text[NAME_TEXT_ROOM];
	char quoted[NAME_TEXT_ROOM + 3] = "\"";
	uint8_t *end = form((uint8_t *)quoted + 1, msg, pos);
	json_t *value;

	if (end == NULL)
		return NULL;
	ck_assert(end <= (uint8_t *)quoted + NAME_TEXT_ROOM - 7);
	end[0] = '"';
	end[1] = '\0';
	value = json_loads(quoted, JSON_DECODE_ANY, NULL);
	ck_assert_ptr_nonnull(value);
	snprintf(text, sizeof(text), "%s", json_string_value(value));
	json_decref(value);
	return text;
}

#define plain(wire)                                                  \
	decoded(name_text_plain, slice_from(wire, sizeof(wire) - 1), \
		&(uint32_t){ 0 })

START_TEST(names_are_lower_case_without_the_last_dot)
{
	ck_assert_str_eq(plain("\0"), ".");
	ck_assert_str_eq(plain("\3Www\7EXAMPLE\3cOm\0"), "www.example.com");
	ck_assert_str_eq(plain("\1a\0"), "a");
	ck_assert_str_eq(
		plain("\24xn--abcDEFGHIJK_LMN1\0"), "xn--abcdefghijk_lmn1");
}
END_TEST

START_TEST(odd_octets_are_escaped_as_rfc_1035_has_it)
{
	ck_assert_str_eq(plain("\3a.b\1c\0"), "a\\.b.c");
	ck_assert_str_eq(plain("\3a\\b\0"), "a\\\\b");
	ck_assert_str_eq(plain("\3a b\0"), "a\\032b");
	ck_assert_str_eq(plain("\3a\"b\0"), "a\"b");
	ck_assert_str_eq(plain("\3\0\n\x7f\0"), "\\000\\010\\127");
	ck_assert_str_eq(plain("\2\xc3\xbc\0"), "\\195\\188");
	ck_assert_str_eq(plain("\5*@/$~\0"), "*@/$~");
}
END_TEST

START_TEST(every_octet_at_every_place_reads_back)
{
	for (unsigned c = 0; c < 256; c++) {
		for (unsigned len = 1; len < 20; len++) {
			for (unsigned at = 0; at < len; at++) {
				uint8_t wire[32] = { (uint8_t)len };
				uint32_t pos = 0;
				knot_dname_t *back;
				const char *text;

				memset(wire + 1, 'X', len);
				wire[1 + at] = (uint8_t)c;
				wire[1 + len] = 0;
				text = decoded(name_text_plain,
					slice_from(wire, len + 2), &pos);
				ck_assert_ptr_nonnull(text);
				ck_assert_uint_eq(pos, len + 2);
				back = knot_dname_from_str(NULL, text, 0);
				ck_assert_ptr_nonnull(back);
				knot_dname_to_lower(wire);
				ck_assert(knot_dname_is_equal(back, wire));
				knot_dname_free(back, NULL);
			}
		}
	}
}
END_TEST

static void check_presentation(const uint8_t *wire, size_t len)
{
	char want[KNOT_DNAME_TXT_MAXLEN + 1];
	uint32_t pos = 0;
	const char *got =
		decoded(name_text_presentation, slice_from(wire, len), &pos);

	ck_assert_ptr_nonnull(knot_dname_to_str(want, wire, sizeof(want)));
	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got, want);
	ck_assert_uint_eq(pos, len);
}

START_TEST(presentation_is_that_of_libknot)
{
	check_presentation((const uint8_t *)"\0", 1);
	for (unsigned c = 0; c < 256; c++) {
		for (unsigned len = 1; len < 20; len++) {
			uint8_t wire[32] = { (uint8_t)len };

			memset(wire + 1, 'X', len);
			wire[1 + (c + len) % len] = (uint8_t)c;
			check_presentation(wire, len + 2);
		}
	}
	srand(3);
	for (int i = 0; i < 20000; i++) {
		uint8_t wire[256];
		size_t len = 0;

		while (len < 200 && rand() % 5 != 0) {
			size_t n = 1 + (size_t)rand() % 30;

			wire[len++] = (uint8_t)n;
			for (; n > 0; n--)
				wire[len++] =
					(uint8_t)(rand() % 3 ? 'a' + rand() % 26
							     : rand());
		}
		wire[len++] = 0;
		check_presentation(wire, len);
	}
}
END_TEST

START_TEST(the_longest_names_fit_their_room)
{
	uint8_t wire[255];
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		size_t n = i < 3 ? 63 : 61;

		wire[at++] = (uint8_t)n;
		memset(wire + at, 0xff, n);
		at += n;
	}
	wire[at++] = 0;
	ck_assert_uint_eq(at, 255);
	check_presentation(wire, sizeof(wire));
	ck_assert_ptr_nonnull(decoded(name_text_plain,
		slice_from(wire, sizeof(wire)), &(uint32_t){ 0 }));
	for (at = 0; at < 254; at += 2) {
		wire[at] = 1;
		wire[at + 1] = '"';
	}
	wire[at] = 0;
	check_presentation(wire, sizeof(wire));
}
END_TEST

START_TEST(broken_names_are_refused)
{
	uint8_t wire[300];

	ck_assert_ptr_null(plain(""));
	ck_assert_ptr_null(plain("\1"));
	ck_assert_ptr_null(plain("\3ab"));
	ck_assert_ptr_null(plain("\3abc"));
	ck_assert_ptr_null(plain("\100a\0"));
	ck_assert_ptr_null(plain("\200a\0"));
	ck_assert_ptr_null(plain("\xc0"));
	ck_assert_ptr_null(plain("\xc0\0"));
	ck_assert_ptr_null(plain("\1a\xc0\0"));
	ck_assert_ptr_null(plain("\1a\xc0\2"));
	/* 256 octets */
	for (size_t i = 0; i < 254; i += 2) {
		wire[i] = 1;
		wire[i + 1] = 'a';
	}
	wire[252] = 2;
	wire[254] = 'b';
	wire[255] = 0;
	ck_assert_ptr_null(decoded(name_text_plain,
		slice_from(wire, sizeof(wire)), &(uint32_t){ 0 }));
}
END_TEST

/* 12: root; 13: example.; 22: www.example.; 28: pointer to 22; 30: to itself;
 * 34: to 38, which comes later; 38: two steps; 43: into the header */
static const char message[] = "a header...."
			      "\0"
			      "\7Example\0"
			      "\3WWW\xc0\15"
			      "\xc0\26"
			      "\1a\xc0\36"
			      "\1b\xc0\46"
			      "\2xy\xc0\34"
			      "\1c\xc0\13";

START_TEST(pointers_go_backwards_only)
{
	struct slice msg = slice_from(message, sizeof(message) - 1);
	static const uint32_t broken[] = { 30, 34, 43, 47, 9999 };
	static const struct {
		uint32_t pos;
		uint32_t behind;
		const char *text;
	} cases[] = {
		{ 12, 13, "." },
		{ 13, 22, "example" },
		{ 22, 28, "www.example" },
		{ 28, 30, "www.example" },
		{ 38, 43, "xy.www.example" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t pos = cases[i].pos;

		ck_assert_str_eq(
			decoded(name_text_plain, msg, &pos), cases[i].text);
		ck_assert_uint_eq(pos, cases[i].behind);
	}
	for (size_t i = 0; i < COUNT(broken); i++) {
		uint32_t pos = broken[i];

		ck_assert_ptr_null(decoded(name_text_plain, msg, &pos));
		ck_assert_uint_eq(pos, broken[i]);
	}
}
END_TEST

/* As a walk of the wire's own sees them */
START_TEST(every_offset_is_judged_as_dns_name_skip_does)
{
	srand(5);
	for (int i = 0; i < 100000; i++) {
		uint8_t wire[64];
		struct slice msg = slice_from(wire, sizeof(wire));
		uint32_t want = (uint32_t)rand() % 64;
		uint32_t got = want;
		bool good;

		for (size_t k = 0; k < sizeof(wire); k++)
			wire[k] =
				(uint8_t)(rand() % 4 == 0 ? 0xc0 : rand() % 24);
		good = dns_name_skip(msg, &want);
		ck_assert_int_eq(
			decoded(name_text_plain, msg, &got) != NULL, good);
		ck_assert_uint_eq(got, want);
	}
}
END_TEST

/* Each message in an allocation of its own, for the sanitizer */
START_TEST(every_prefix_of_a_message_is_safe)
{
	for (size_t len = 0; len < sizeof(message); len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy, message, len);
		copy = realloc(copy, len > 0 ? len : 1);
		for (uint32_t at = 0; at <= len; at++) {
			uint32_t pos = at;

			decoded(name_text_plain, slice_from(copy, len), &pos);
			ck_assert_uint_le(pos, len > at ? len : at);
		}
		free(copy);
	}
}
END_TEST

START_TEST(remembered_names_are_the_same_text)
{
	static const char question[] =
		"0123456789ab\3wWw\7Example\3com\0" /* 12 */
		"\4mail\xc0\20"                     /* 29: below 16 */
		"\xc0\14"                           /* 36: 12 */
		"\xc0\35"                           /* 38: 29 */
		"\77"
		"0123456789012345678901234567890123456789"
		"01234567890123456789012\0" /* 40: longer than 32 */
		"\xc0\50";                  /* 105: 40 */
	static const uint32_t order[] = { 12, 36, 29, 38, 12, 40, 105, 16, 36,
		38, 40, 105, 28, 28, 12 };
	struct slice msg = slice_from(question, sizeof(question) - 1);
	struct name_memo memo;
	uint8_t out[4096];
	uint8_t spill[JSON_ROOM_MAX];
	struct json j = json_begin(out, sizeof(out), spill);

	name_memo_clear(&memo);
	for (size_t i = 0; i < COUNT(order); i++) {
		uint8_t want[NAME_TEXT_ROOM];
		uint32_t pos = order[i];
		uint8_t *end = name_text_plain(want, msg, &pos);
		uint8_t *start;

		json_put(&j, "some more text between one name and the next");
		start = j.p;
		ck_assert_ptr_nonnull(end);
		ck_assert(name_memo_write(&memo, &j, msg, order[i]));
		ck_assert_int_eq(j.p - start, end - want);
		ck_assert_mem_eq(start, want, (size_t)(end - want));
	}
	ck_assert(!name_memo_write(&memo, &j, msg, 107));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("name_text");

	tcase_add_test(t, names_are_lower_case_without_the_last_dot);
	tcase_add_test(t, odd_octets_are_escaped_as_rfc_1035_has_it);
	tcase_add_test(t, every_octet_at_every_place_reads_back);
	tcase_add_test(t, presentation_is_that_of_libknot);
	tcase_add_test(t, the_longest_names_fit_their_room);
	tcase_add_test(t, broken_names_are_refused);
	tcase_add_test(t, pointers_go_backwards_only);
	tcase_add_test(t, every_offset_is_judged_as_dns_name_skip_does);
	tcase_add_test(t, every_prefix_of_a_message_is_safe);
	tcase_add_test(t, remembered_names_are_the_same_text);
	tcase_set_timeout(t, 60);
	return suite_run("name_text", t);
}
