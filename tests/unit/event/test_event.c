#include <check.h>
#include <string.h>

#include "event/event.h"
#include "lib/suite.h"

static struct dns_record records[DNS_RECORDS_MAX];

/* A dnstap payload of type MESSAGE, its Message given as protobuf */
static int decode(struct event *e, const void *message, size_t len)
{
	static uint8_t payload[256];

	ck_assert_uint_lt(len, 128);
	payload[0] = 14 << 3 | 2;
	payload[1] = (uint8_t)len;
	memcpy(payload + 2, message, len);
	payload[2 + len] = 15 << 3;
	payload[3 + len] = 1;
	return event_decode(
		e, records, slice_from(payload, len + 4), 7000000009);
}

#define decode_literal(e, text) decode(e, text, sizeof(text) - 1)

#define CLIENT_QUERY     "\10\5"
#define CLIENT_RESPONSE  "\10\6"
#define QUERY_SEC(n)     "\100" n
#define QUERY_NSEC(n)    "\115" n
#define RESPONSE_SEC(n)  "\140" n
#define RESPONSE_NSEC(n) "\155" n
#define HEADER(id)       id "\0\0\0\0\0\0\0\0\0\0"
#define QUERY_MESSAGE    "\122\14" HEADER("\1\1")
#define RESPONSE_MESSAGE "\162\14" HEADER("\2\2")

START_TEST(the_dns_block_is_the_response_if_there_is_one)
{
	struct event e;

	ck_assert_int_eq(
		decode_literal(
			&e, CLIENT_RESPONSE QUERY_MESSAGE RESPONSE_MESSAGE),
		0);
	ck_assert(e.has_dns);
	ck_assert_uint_eq(e.dns.id, 0x0202);
	ck_assert_int_eq(decode_literal(&e, CLIENT_RESPONSE QUERY_MESSAGE), 0);
	ck_assert(e.has_dns);
	ck_assert_uint_eq(e.dns.id, 0x0101);
	/* an empty one is one, too */
	ck_assert_int_eq(
		decode_literal(&e, CLIENT_QUERY QUERY_MESSAGE "\162\0"), 0);
	ck_assert(e.has_dns);
	ck_assert_uint_eq(e.dns.msg.len, 0);
	ck_assert(e.dns.malformed);
}
END_TEST

START_TEST(a_message_without_dns_is_an_event)
{
	struct event e;

	ck_assert_int_eq(decode_literal(&e, CLIENT_QUERY), 0);
	ck_assert(!e.has_dns);
}
END_TEST

START_TEST(what_is_no_dnstap_is_no_event)
{
	struct event e;

	ck_assert_int_eq(
		decode_literal(&e, QUERY_MESSAGE), DNSTAP_E_INCOMPLETE);
	ck_assert_int_eq(decode_literal(&e, CLIENT_QUERY "\122\15x"),
		DNSTAP_E_MALFORMED);
	ck_assert_int_eq(event_decode(&e, records, slice_from("", 0), 0),
		DNSTAP_E_INCOMPLETE);
}
END_TEST

static void check_time(
	const void *message, size_t len, uint64_t sec, uint32_t nsec)
{
	struct event e;
	uint64_t got_sec;
	uint32_t got_nsec;

	ck_assert_int_eq(decode(&e, message, len), 0);
	event_time(&e, &got_sec, &got_nsec);
	ck_assert_uint_eq(got_sec, sec);
	ck_assert_uint_eq(got_nsec, nsec);
}

#define check_time_of(text, sec, nsec) \
	check_time(text, sizeof(text) - 1, sec, nsec)

START_TEST(the_time_is_the_responses_else_the_querys_else_receipt)
{
	check_time_of(CLIENT_RESPONSE QUERY_SEC("\1") RESPONSE_SEC("\2")
			      RESPONSE_NSEC("\3\0\0\0"),
		2, 3);
	check_time_of(
		CLIENT_RESPONSE QUERY_SEC("\1") QUERY_NSEC("\4\0\0\0"), 1, 4);
	check_time_of(CLIENT_QUERY QUERY_SEC("\1") RESPONSE_SEC("\2"), 1, 0);
	check_time_of(CLIENT_QUERY, 7, 9);
	check_time_of(CLIENT_QUERY RESPONSE_SEC("\2"), 7, 9);
	check_time_of(CLIENT_QUERY QUERY_NSEC("\4\0\0\0"), 7, 9);
}
END_TEST

START_TEST(times_that_cannot_be_count_as_absent)
{
	/* 10^9 ns; one less */
	check_time_of(CLIENT_QUERY QUERY_SEC("\1") QUERY_NSEC("\0\xca\x9a\x3b"),
		7, 9);
	check_time_of(CLIENT_QUERY QUERY_SEC("\1")
			      QUERY_NSEC("\xff\xc9\x9a\x3b"),
		1, 999999999);
	check_time_of(CLIENT_RESPONSE QUERY_SEC("\1") RESPONSE_SEC("\2")
			      RESPONSE_NSEC("\xff\xff\xff\xff"),
		1, 0);
	/* 9999-12-31T23:59:59Z, and a second later */
	check_time_of(CLIENT_QUERY QUERY_SEC("\xff\x82\xd1\xff\xaf\x07"),
		UINT64_C(253402300799), 0);
	check_time_of(CLIENT_QUERY QUERY_SEC("\x80\x83\xd1\xff\xaf\x07"), 7, 9);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("event");

	tcase_add_test(t, the_dns_block_is_the_response_if_there_is_one);
	tcase_add_test(t, a_message_without_dns_is_an_event);
	tcase_add_test(t, what_is_no_dnstap_is_no_event);
	tcase_add_test(
		t, the_time_is_the_responses_else_the_querys_else_receipt);
	tcase_add_test(t, times_that_cannot_be_count_as_absent);
	return suite_run("event", t);
}
