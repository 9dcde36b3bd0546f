/* Deliveries: what the stand-in collector takes, and what it says. */
#include <check.h>
#include <libdeflate.h>
#include <stdlib.h>

#include "lib/suite.h"
#include "load/delivery.h"
#include "load/reply.h"

static struct delivery d;
static struct delivery_verdict v;

static void setup(void)
{
	d = (struct delivery){ 0 };
}

static void teardown(void)
{
	delivery_deinit(&d);
}

static void deliver(const char *text)
{
	delivery_add(&d, slice_from_str(text));
	delivery_judge(&d, &v);
}

/* Appends text as one gzip member. */
static void deliver_gzip(const char *text)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(1);
	uint8_t out[256];
	size_t n = libdeflate_gzip_compress(
		c, text, strlen(text), out, sizeof(out));

	libdeflate_free_compressor(c);
	ck_assert_uint_gt(n, 0);
	delivery_add(&d, slice_from(out, n));
}

START_TEST(whole_bodies_succeed)
{
	deliver("{\"event\":1}\n{\"event\":2}\n");
	ck_assert_uint_eq(v.status, 200);
	ck_assert_int_eq(v.code, REPLY_SUCCESS);
	ck_assert_uint_eq(v.events, 2);
	ck_assert_uint_eq(d.bytes, 24);
}
END_TEST

START_TEST(an_empty_body_is_no_data)
{
	deliver(" \n");
	ck_assert_uint_eq(v.status, 400);
	ck_assert_int_eq(v.code, REPLY_NO_DATA);
	ck_assert_uint_eq(v.event_number, REPLY_NO_NUMBER);
}
END_TEST

START_TEST(events_before_the_bad_one_are_taken)
{
	deliver("{\"event\":1}\n{\"event\":2}\n?\n{\"event\":3}\n");
	ck_assert_uint_eq(v.status, 400);
	ck_assert_int_eq(v.code, REPLY_BAD_FORMAT);
	ck_assert_uint_eq(v.event_number, 2);
	ck_assert_uint_eq(v.events, 2);
}
END_TEST

START_TEST(a_check_refuses_the_first_wrong_event)
{
	d.check = true;
	deliver("{\"event\":1}\n{\"even\":2}\n{\"event\":3}\n");
	ck_assert_uint_eq(v.status, 400);
	ck_assert_int_eq(v.code, REPLY_BAD_FORMAT);
	ck_assert_uint_eq(v.event_number, 1);
	ck_assert_uint_eq(v.events, 1);
	ck_assert_int_eq(v.reason, EVENTS_E_KEY);
}
END_TEST

START_TEST(a_check_names_a_missing_and_a_blank_event)
{
	d.check = true;
	deliver("{\"time\":1}");
	ck_assert_int_eq(v.code, REPLY_EVENT_REQUIRED);
	teardown();
	setup();
	d.check = true;
	deliver("{\"event\":\"\"}");
	ck_assert_int_eq(v.code, REPLY_EVENT_BLANK);
}
END_TEST

START_TEST(gzip_of_several_members_is_one_body)
{
	d.coding = COMPRESSION_GZIP;
	deliver_gzip("{\"event\":1}\n{\"eve");
	deliver_gzip("nt\":2}\n");
	delivery_judge(&d, &v);
	ck_assert_uint_eq(v.status, 200);
	ck_assert_uint_eq(v.events, 2);
	ck_assert_uint_eq(d.bytes, 24);
}
END_TEST

START_TEST(damaged_gzip_is_bad_format)
{
	d.coding = COMPRESSION_GZIP;
	deliver_gzip("{\"event\":1}\n");
	d.body.data[d.body.len - 6] ^= 1; /* its checksum */
	delivery_judge(&d, &v);
	ck_assert_uint_eq(v.status, 400);
	ck_assert_int_eq(v.code, REPLY_BAD_FORMAT);
	ck_assert_uint_eq(v.events, 0);
}
END_TEST

START_TEST(raw_bodies_are_lines)
{
	d.raw = true;
	deliver("one\n\ntwo {\nthree");
	ck_assert_uint_eq(v.status, 200);
	ck_assert_uint_eq(v.events, 3);
}
END_TEST

START_TEST(kept_events_are_written_one_a_line)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	d.keep = true;
	deliver("{\"a\":\n1}{\"b\":2}  {\"c\":3}\n");
	ck_assert_uint_eq(v.events, 3);
	ck_assert_int_eq(delivery_write(&d, 2, f), 0);
	fclose(f);
	ck_assert_str_eq(text, "{\"a\": 1}\n{\"b\":2}\n");
	free(text);
}
END_TEST

START_TEST(replies_read_as_splunks)
{
	char body[REPLY_MAX];

	reply_format(body, sizeof(body), REPLY_SUCCESS, REPLY_NO_NUMBER);
	ck_assert_str_eq(body, "{\"text\":\"Success\",\"code\":0}");
	reply_format(body, sizeof(body), REPLY_BAD_FORMAT, 7);
	ck_assert_str_eq(body, "{\"text\":\"Invalid data format\",\"code\":6,"
			       "\"invalid-event-number\":7}");
	ck_assert_str_eq(reply_text(99), "Unknown");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("delivery");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, whole_bodies_succeed);
	tcase_add_test(tc, an_empty_body_is_no_data);
	tcase_add_test(tc, events_before_the_bad_one_are_taken);
	tcase_add_test(tc, a_check_refuses_the_first_wrong_event);
	tcase_add_test(tc, a_check_names_a_missing_and_a_blank_event);
	tcase_add_test(tc, gzip_of_several_members_is_one_body);
	tcase_add_test(tc, damaged_gzip_is_bad_format);
	tcase_add_test(tc, raw_bodies_are_lines);
	tcase_add_test(tc, kept_events_are_written_one_a_line);
	tcase_add_test(tc, replies_read_as_splunks);
	return suite_run("delivery", tc);
}
