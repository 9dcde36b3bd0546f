#include "monitor/jbuf.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "lib/suite.h"

static struct buf out;
static struct jbuf j;

static void setup(void)
{
	out = BUF_NULL;
	j = JBUF_INIT(&out);
}

static void teardown(void)
{
	buf_deinit(&out);
}

START_TEST(values_have_commas_between_them_and_nowhere_else)
{
	jbuf_open(&j, NULL, '{');
	jbuf_u64(&j, "a", UINT64_MAX);
	jbuf_open(&j, "list", '[');
	jbuf_open(&j, NULL, '{');
	jbuf_close(&j, '}');
	jbuf_bool(&j, NULL, true);
	jbuf_open(&j, NULL, '[');
	jbuf_close(&j, ']');
	jbuf_null(&j, NULL);
	jbuf_close(&j, ']');
	jbuf_text(&j, "t", "x");
	jbuf_text(&j, "none", NULL);
	jbuf_close(&j, '}');
	ck_assert_str_eq(buf_str(&out),
		"{\"a\":18446744073709551615,\"list\":[{},true,[],null],"
		"\"t\":\"x\",\"none\":null}");
}
END_TEST

START_TEST(what_is_no_number_is_null)
{
	jbuf_open(&j, NULL, '[');
	jbuf_real(&j, NULL, 0.5);
	jbuf_real(&j, NULL, 1e300 * 1e300);
	jbuf_real(&j, NULL, (double)NAN);
	jbuf_real(&j, NULL, 1e-9);
	jbuf_close(&j, ']');
	ck_assert_str_eq(buf_str(&out), "[0.5,null,null,1e-09]");
}
END_TEST

START_TEST(any_octets_become_a_valid_string)
{
	uint8_t octets[JBUF_TEXT_MAX + 100];
	json_t *parsed;

	/* every octet, at every place of the longest escapes */
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 37 + (size_t)_i);
	jbuf_open(&j, NULL, '[');
	jbuf_slice(&j, NULL, slice_from(octets, sizeof(octets)));
	jbuf_close(&j, ']');
	parsed = json_loadb(out.data, out.len, JSON_ALLOW_NUL, NULL);
	ck_assert_ptr_nonnull(parsed);
	ck_assert_uint_ge(
		json_string_length(json_array_get(parsed, 0)), JBUF_TEXT_MAX);
	json_decref(parsed);
}
END_TEST

START_TEST(control_octets_fill_the_most_there_can_be)
{
	uint8_t octets[JBUF_TEXT_MAX];
	json_t *parsed;

	memset(octets, 1, sizeof(octets));
	jbuf_open(&j, NULL, '[');
	jbuf_slice(&j, NULL, slice_from(octets, sizeof(octets)));
	jbuf_close(&j, ']');
	ck_assert_uint_eq(out.len, 6 * JBUF_TEXT_MAX + 4);
	parsed = json_loadb(out.data, out.len, JSON_ALLOW_NUL, NULL);
	ck_assert_ptr_nonnull(parsed);
	json_decref(parsed);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("jbuf");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, values_have_commas_between_them_and_nowhere_else);
	tcase_add_test(t, what_is_no_number_is_null);
	tcase_add_loop_test(t, any_octets_become_a_valid_string, 0, 256);
	tcase_add_test(t, control_octets_fill_the_most_there_can_be);
	return suite_run("jbuf", t);
}
