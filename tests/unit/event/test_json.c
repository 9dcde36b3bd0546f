#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/json.h"
#include "lib/suite.h"

static uint8_t spill[JSON_ROOM_MAX];

/* `text` as a JSON string, quotes included; NUL-terminated */
static const char *string_of(const void *text, size_t len)
{
	static uint8_t out[64 * 1024];
	struct json j = json_begin(out, sizeof(out) - 1, spill);
	size_t n;

	json_put(&j, "\"");
	json_text(&j, slice_from(text, len));
	json_put(&j, "\"");
	n = json_end(&j);
	ck_assert_uint_ne(n, 0);
	out[n] = '\0';
	return (const char *)out;
}

#define check_text(text, want) \
	ck_assert_str_eq(string_of(text, sizeof(text) - 1), "\"" want "\"")

START_TEST(plain_text_stays_as_it_is)
{
	check_text("", "");
	check_text("unbound 1.17.1", "unbound 1.17.1");
	check_text("a/b<c>&'~", "a/b<c>&'~");
	check_text("gr\xc3\xbc\xc3\x9f"
		   "e \xe2\x82\xac \xf0\x9f\x98\x80",
		"gr\xc3\xbc\xc3\x9f"
		"e \xe2\x82\xac \xf0\x9f\x98\x80");
}
END_TEST

START_TEST(quotes_and_controls_are_escaped)
{
	check_text("a\"b\\c", "a\\\"b\\\\c");
	check_text("a\nb\rc\td", "a\\nb\\rc\\td");
	check_text("\x00\x01\x1f\x7f", "\\u0000\\u0001\\u001f\\u007f");
	check_text("\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0",
		"\\u0080\\u0085\\u009f\xc2\xa0");
	check_text("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa",
		"\\u2028\\u2029\xe2\x80\xaa");
}
END_TEST

#define R "\xef\xbf\xbd"

/* Unicode 15, 3.9, "U+FFFD Substitution of Maximal Subparts", table 3-8, and
 * what else a decoder can get wrong */
START_TEST(broken_utf8_becomes_replacement_characters)
{
	check_text("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64",
		"a" R R R "b" R "c" R R "d");
	check_text("\xc0\xaf", R R);             /* overlong */
	check_text("\xe0\x80\xaf", R R R);       /* overlong */
	check_text("\xf0\x80\x80\xaf", R R R R); /* overlong */
	check_text("\xed\xa0\x80", R R R);       /* surrogate */
	check_text("\xf4\x90\x80\x80", R R R R); /* past U+10FFFF */
	check_text("\xf5\xff\xfe", R R R);
	check_text("\xe2\x82", R); /* cut */
	check_text("\xf0\x9f\x98", R);
	check_text("\xf0\x9f\x98"
		   "abc",
		R "abc");
	check_text("\xef\xbf\xbf", "\xef\xbf\xbf");
	check_text("\xee\x80\x80\xed\x9f\xbf", "\xee\x80\x80\xed\x9f\xbf");
	check_text("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
}
END_TEST

/* At every place of a word of eight, for the fast path */
START_TEST(every_octet_anywhere_is_valid_json)
{
	for (unsigned c = 0; c < 256; c++) {
		for (size_t len = 1; len <= 20; len++) {
			for (size_t at = 0; at < len; at++) {
				char text[20];
				const char *out;
				json_t *value;

				memset(text, 'x', sizeof(text));
				text[at] = (char)c;
				out = string_of(text, len);
				value = json_loads(out,
					JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
				ensure(value != NULL);
				if (c < 0x80) {
					ensure(json_string_length(value) ==
						len);
					ensure(memcmp(json_string_value(value),
						       text, len) == 0);
				}
				for (size_t i = 0; out[i] != '\0'; i++) {
					ensure(out[i] != 0x7f);
					ensure((uint8_t)out[i] >= 0x20);
				}
				json_decref(value);
			}
		}
	}
}
END_TEST

START_TEST(any_octets_at_all_are_valid_json)
{
	srand(7);
	for (int i = 0; i < 20000; i++) {
		uint8_t text[64];
		size_t len = (size_t)rand() % sizeof(text);
		json_t *value;

		for (size_t k = 0; k < len; k++)
			text[k] =
				(uint8_t)(rand() % 4 ? 0x80 | rand() : rand());
		value = json_loads(string_of(text, len),
			JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		ck_assert_ptr_nonnull(value);
		json_decref(value);
	}
}
END_TEST

/* Each octet by itself, as the fast path must have it */
static size_t escape_slowly(uint8_t *want, const uint8_t *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			want[n++] = '\\';
		if (text[i] >= 0x20 && text[i] < 0x7f)
			want[n++] = text[i];
		else
			n += (size_t)sprintf(
				(char *)want + n, "\\u%04x", text[i]);
	}
	return n;
}

/* Whatever place in a run, in a word and before the end of the buffer the
 * special ones are at */
START_TEST(long_text_is_the_same_however_little_room_there_is)
{
	srand(9);
	for (int i = 0; i < 3000; i++) {
		static uint8_t text[3000], want[6 * 3000];
		size_t len = (size_t)rand() % sizeof(text);
		int rare = 1 + rand() % 200;
		size_t n;
		uint8_t *dst;
		struct json j;

		for (size_t k = 0; k < len; k++)
			text[k] = rand() % rare == 0 ? "\"\\\1\177"[rand() % 4]
						     : 'a';
		n = escape_slowly(want, text, len);
		dst = malloc(n + 1);
		j = json_begin(dst, n, spill);
		json_text(&j, slice_from(text, len));
		ck_assert_uint_eq(json_end(&j), n);
		ck_assert_mem_eq(dst, want, n);
		free(dst);
	}
}
END_TEST

START_TEST(text_is_plain_when_it_is_utf8_without_controls)
{
	ck_assert(json_text_is_plain(slice_from("", 0)));
	ck_assert(json_text_is_plain(slice_from_str("rpz.example \"x\"")));
	ck_assert(json_text_is_plain(slice_from_str("gr\xc3\xbc\xc3\x9f")));
	ck_assert(!json_text_is_plain(slice_from("a\0b", 3)));
	ck_assert(!json_text_is_plain(slice_from_str("a\x80")));
	ck_assert(!json_text_is_plain(slice_from_str("a\xc2")));
	ck_assert(!json_text_is_plain(slice_from_str("a\nb")));
}
END_TEST

START_TEST(base64_is_that_of_rfc_4648)
{
	static const char *const want[] = { "", "Zg==", "Zm8=", "Zm9v",
		"Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };

	for (size_t n = 0; n < COUNT(want); n++) {
		uint8_t out[32];
		struct json j = json_begin(out, sizeof(out), spill);
		size_t len;

		json_base64(&j, slice_from("foobar", n));
		len = json_end(&j);
		ck_assert_uint_eq(len, strlen(want[n]));
		ck_assert_mem_eq(out, want[n], len);
	}
}
END_TEST

START_TEST(hex_is_two_digits_an_octet)
{
	uint8_t out[16];
	struct json j = json_begin(out, sizeof(out), spill);

	json_hex(&j, slice_from("\x00\x9a\xff", 3));
	ck_assert_uint_eq(json_end(&j), 6);
	ck_assert_mem_eq(out, "009aff", 6);
}
END_TEST

/* Long enough for several turns of every loop */
static size_t write_all(uint8_t *out, size_t cap)
{
	static uint8_t bytes[3000];
	struct json j = json_begin(out, cap, spill);

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i % 251);
	json_put(&j, "{\"text\":\"");
	json_text(&j, slice_from(bytes, sizeof(bytes)));
	json_put(&j, "\",\"hex\":\"");
	json_hex(&j, slice_from(bytes, sizeof(bytes)));
	json_put(&j, "\",\"base64\":\"");
	json_base64(&j, slice_from(bytes, sizeof(bytes) - 1));
	json_put(&j, "\",\"copy\":\"");
	json_ready(&j, slice_from_str("as it is"));
	json_put(&j, "\"}");
	return json_end(&j);
}

/* The buffer is allocated anew each time, so that a sanitizer sees its end */
START_TEST(a_buffer_of_any_size_gets_all_or_nothing)
{
	static uint8_t whole[64 * 1024];
	size_t len = write_all(whole, sizeof(whole));

	ck_assert_uint_gt(len, 3 * JSON_ROOM_MAX);
	for (size_t cap = 0; cap < len + 3; cap += cap + 3000 < len ? 37 : 1) {
		uint8_t *out = malloc(cap + 1);
		size_t n = write_all(out, cap);

		if (cap < len) {
			ck_assert_uint_eq(n, 0);
		} else {
			ck_assert_uint_eq(n, len);
			ck_assert_mem_eq(out, whole, len);
		}
		free(out);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("json");

	tcase_add_test(t, plain_text_stays_as_it_is);
	tcase_add_test(t, quotes_and_controls_are_escaped);
	tcase_add_test(t, broken_utf8_becomes_replacement_characters);
	tcase_add_test(t, every_octet_anywhere_is_valid_json);
	tcase_add_test(t, any_octets_at_all_are_valid_json);
	tcase_add_test(t, long_text_is_the_same_however_little_room_there_is);
	tcase_add_test(t, text_is_plain_when_it_is_utf8_without_controls);
	tcase_add_test(t, base64_is_that_of_rfc_4648);
	tcase_add_test(t, hex_is_two_digits_an_octet);
	tcase_add_test(t, a_buffer_of_any_size_gets_all_or_nothing);
	tcase_set_timeout(t, 60);
	return suite_run("json", t);
}
