#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event/digits.h"
#include "event/ip_text.h"
#include "event/stamp.h"
#include "lib/suite.h"

static const uint64_t edges[] = { 0, 1, 9, 10, 11, 99, 100, 101, 999, 1000,
	1001, 9999, 10000, 10001, 65535, 65536, 99999, 100000, 999999, 1000000,
	123456789, 4294967295, 4294967296, 9999999999, UINT64_MAX - 1,
	UINT64_MAX };

START_TEST(numbers_are_written_as_printf_does)
{
	for (size_t i = 0; i < COUNT(edges); i++) {
		char want[32];
		char got[32];

		snprintf(want, sizeof(want), "%llu",
			(unsigned long long)edges[i]);
		*digits_u64((uint8_t *)got, edges[i]) = '\0';
		ck_assert_str_eq(got, want);
		if (edges[i] > UINT32_MAX)
			continue;
		*digits_u32((uint8_t *)got, (uint32_t)edges[i]) = '\0';
		ck_assert_str_eq(got, want);
	}
	for (uint32_t v = 0; v < 200000; v++) {
		char got[32];

		*digits_u32((uint8_t *)got, v) = '\0';
		ensure(strtoul(got, NULL, 10) == v);
		ensure(v == 0 || got[0] != '0');
	}
}
END_TEST

START_TEST(nanoseconds_keep_their_zeros)
{
	static const uint32_t values[] = { 0, 1, 99999, 100000, 123456789,
		999999999, 100000000, 90000 };

	for (size_t i = 0; i < COUNT(values); i++) {
		char want[32];
		char got[32];

		snprintf(want, sizeof(want), "%09u", values[i]);
		*digits_nano((uint8_t *)got, values[i]) = '\0';
		ck_assert_str_eq(got, want);
	}
}
END_TEST

/* Seconds of all kinds of days: leap years, centuries, ends of months */
START_TEST(dates_are_those_of_gmtime)
{
	struct stamp stamp;

	stamp_init(&stamp);
	for (uint64_t day = 0; day < 2932897; day++) {
		time_t t = (time_t)(day * 86400 + day % 86400);
		struct tm tm;
		char want[64];
		char got[64];

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000000007Z",
			&tm);
		*stamp_put(&stamp, (uint8_t *)got, (uint64_t)t, 7) = '\0';
		ensure(strcmp(got, want) == 0);
		ensure(strlen(got) == STAMP_LEN);
	}
}
END_TEST

START_TEST(the_kept_second_is_used_only_for_itself)
{
	struct stamp stamp;
	char got[64];

	stamp_init(&stamp);
	*stamp_put(&stamp, (uint8_t *)got, 0, 0) = '\0';
	ck_assert_str_eq(got, "1970-01-01T00:00:00.000000000Z");
	*stamp_put(&stamp, (uint8_t *)got, 1, 999999999) = '\0';
	ck_assert_str_eq(got, "1970-01-01T00:00:01.999999999Z");
	*stamp_put(&stamp, (uint8_t *)got, 1, 5) = '\0';
	ck_assert_str_eq(got, "1970-01-01T00:00:01.000000005Z");
	*stamp_put(&stamp, (uint8_t *)got, 0, 5) = '\0';
	ck_assert_str_eq(got, "1970-01-01T00:00:00.000000005Z");
	*stamp_put(&stamp, (uint8_t *)got, UINT64_C(253402300799), 0) = '\0';
	ck_assert_str_eq(got, "9999-12-31T23:59:59.000000000Z");
}
END_TEST

START_TEST(compact_dates_are_those_of_gmtime)
{
	for (uint64_t sec = 0; sec <= UINT32_MAX; sec += 40009) {
		time_t t = (time_t)sec;
		struct tm tm;
		char want[64];
		char got[64];

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y%m%d%H%M%S", &tm);
		*stamp_put_compact((uint8_t *)got, (uint32_t)sec) = '\0';
		ensure(strcmp(got, want) == 0);
	}
}
END_TEST

START_TEST(durations_have_the_decimals_they_need)
{
	static const struct {
		uint64_t sec;
		uint32_t nsec;
		const char *text;
	} cases[] = {
		{ 0, 0, "0" },
		{ 3, 0, "3" },
		{ 0, 500000, "0.0005" },
		{ 0, 1, "0.000000001" },
		{ 12, 345000000, "12.345" },
		{ 1, 999999999, "1.999999999" },
		{ 0, 100000000, "0.1" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char got[64];

		*stamp_put_duration(
			(uint8_t *)got, cases[i].sec, cases[i].nsec) = '\0';
		ck_assert_str_eq(got, cases[i].text);
	}
}
END_TEST

START_TEST(epoch_times_have_nine_decimals)
{
	struct stamp stamp;
	char got[64];

	stamp_init(&stamp);
	*stamp_put_epoch(&stamp, (uint8_t *)got, 0, 0) = '\0';
	ck_assert_str_eq(got, "0.000000000");
	*stamp_put_epoch(&stamp, (uint8_t *)got, 1700000000, 123456) = '\0';
	ck_assert_str_eq(got, "1700000000.000123456");
	*stamp_put_epoch(&stamp, (uint8_t *)got, UINT64_C(253402300799), 7) =
		'\0';
	ck_assert_str_eq(got, "253402300799.000000007");
}
END_TEST

static void check_address(const uint8_t octets[16])
{
	char want[INET6_ADDRSTRLEN];
	char got[IP_TEXT_ROOM];
	uint8_t *end;

	inet_ntop(AF_INET6, octets, want, sizeof(want));
	end = ip6_text((uint8_t *)got, octets);
	ck_assert(end < (uint8_t *)got + sizeof(got));
	*end = '\0';
	ck_assert_str_eq(got, want);
	inet_ntop(AF_INET, octets, want, sizeof(want));
	*ip4_text((uint8_t *)got, octets) = '\0';
	ck_assert_str_eq(got, want);
}

START_TEST(addresses_are_those_of_inet_ntop)
{
	uint8_t octets[16];

	/* every pattern of zero groups, with groups of every length */
	for (unsigned pattern = 0; pattern < 256; pattern++) {
		for (unsigned shift = 0; shift < 16; shift++) {
			for (unsigned g = 0; g < 8; g++) {
				unsigned v =
					pattern >> g & 1
						? 0xffffu >> (g + shift) % 16
						: 0;

				octets[2 * g] = (uint8_t)(v >> 8);
				octets[2 * g + 1] = (uint8_t)v;
			}
			check_address(octets);
		}
	}
	srand(1);
	for (int i = 0; i < 100000; i++) {
		for (int k = 0; k < 16; k++)
			octets[k] = (uint8_t)(rand() % 3 ? rand() : 0);
		check_address(octets);
	}
}
END_TEST

START_TEST(every_octet_of_an_ipv4_address_is_right)
{
	for (unsigned v = 0; v < 256; v++) {
		uint8_t octets[16] = { (uint8_t)v, (uint8_t)(255 - v), 0,
			(uint8_t)v };

		check_address(octets);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("digits");

	tcase_add_test(t, numbers_are_written_as_printf_does);
	tcase_add_test(t, nanoseconds_keep_their_zeros);
	tcase_add_test(t, dates_are_those_of_gmtime);
	tcase_add_test(t, the_kept_second_is_used_only_for_itself);
	tcase_add_test(t, compact_dates_are_those_of_gmtime);
	tcase_add_test(t, durations_have_the_decimals_they_need);
	tcase_add_test(t, epoch_times_have_nine_decimals);
	tcase_add_test(t, addresses_are_those_of_inet_ntop);
	tcase_add_test(t, every_octet_of_an_ipv4_address_is_right);
	tcase_set_timeout(t, 60);
	return suite_run("digits", t);
}
