/* Generated traffic: whole, varied, and the same for the same seed. */
#include <check.h>
#include <stdlib.h>

#include "lib/suite.h"
#include "load/generate.h"
#include "wire/dns.h"
#include "wire/dnstap.h"

enum { MESSAGES = 20000 };
#define START_NS UINT64_C(1700000000123456789)

static struct generator g;
static uint8_t payload[GENERATOR_MAX];
static struct dns_record records[DNS_RECORDS_MAX];

static void setup(void)
{
	generator_init(&g, 1, START_NS, GENERATOR_IDENTITY);
}

static struct slice next(void)
{
	return slice_from(
		payload, generator_next(&g, payload, sizeof(payload)));
}

START_TEST(every_message_decodes)
{
	for (int i = 0; i < MESSAGES; i++) {
		struct dnstap d;
		struct dns m;
		bool response;

		ck_assert_int_eq(dnstap_decode(&d, next()), 0);
		response = dnstap_is_response(&d);
		ck_assert(d.has & DNSTAP_HAS_QUERY_ADDRESS);
		ck_assert(d.has & (response ? DNSTAP_HAS_RESPONSE_TIME_NSEC
					    : DNSTAP_HAS_QUERY_TIME_NSEC));
		dns_decode(&m, records,
			response ? d.response_message : d.query_message);
		ck_assert_msg(!m.malformed, "message %d", i);
		ck_assert(m.has_question);
		ck_assert_int_eq((m.flags & DNS_FLAG_QR) != 0, response);
		for (unsigned k = 0; k < m.n_records[DNS_ANSWER]; k++) {
			static uint8_t out[DNS_RDATA_EXPANDED_MAX];

			ck_assert_int_ge(dns_rdata_expand(m.msg, &records[k],
						 out, sizeof(out)),
				0);
		}
	}
}
END_TEST

START_TEST(the_same_seed_gives_the_same_messages)
{
	struct generator other;
	static uint8_t copy[GENERATOR_MAX];

	generator_init(&other, 1, START_NS, GENERATOR_IDENTITY);
	for (int i = 0; i < MESSAGES; i++) {
		struct slice s = next();

		ck_assert_uint_eq(
			generator_next(&other, copy, sizeof(copy)), s.len);
		ck_assert_mem_eq(copy, s.data, s.len);
	}
}
END_TEST

START_TEST(another_seed_gives_other_messages)
{
	struct generator other;
	static uint8_t copy[GENERATOR_MAX];
	struct slice s = next();
	size_t len;

	generator_init(&other, 2, START_NS, GENERATOR_IDENTITY);
	len = generator_next(&other, copy, sizeof(copy));
	ck_assert(len != s.len || memcmp(copy, s.data, len) != 0);
}
END_TEST

START_TEST(traffic_is_a_resolvers_mix)
{
	unsigned operations[16] = { 0 };
	unsigned rcodes[16] = { 0 };
	unsigned ipv6 = 0;
	unsigned encrypted = 0;
	unsigned edns = 0;
	unsigned answers_max = 0;
	unsigned signatures = 0;
	size_t bytes = 0;

	for (int i = 0; i < MESSAGES; i++) {
		struct slice s = next();
		struct dnstap d;
		struct dns m;

		bytes += s.len;
		ck_assert_int_eq(dnstap_decode(&d, s), 0);
		operations[d.operation]++;
		ipv6 += d.family == DNSTAP_FAMILY_INET6;
		encrypted += d.protocol > 2;
		dns_decode(&m, records,
			dnstap_is_response(&d) ? d.response_message
					       : d.query_message);
		edns += m.has_opt;
		if (!dnstap_is_response(&d))
			continue;
		rcodes[dns_rcode(&m) & 15]++;
		if (m.n_records[DNS_ANSWER] > answers_max)
			answers_max = m.n_records[DNS_ANSWER];
		for (unsigned k = 0; k < m.n_records[DNS_ANSWER]; k++)
			signatures += records[k].type == 46;
	}
	ck_assert_uint_ge(bytes / MESSAGES, 160);
	ck_assert_uint_le(bytes / MESSAGES, 250);
	ck_assert_uint_gt(operations[DNSTAP_RESOLVER_QUERY], MESSAGES / 20);
	ck_assert_uint_eq(operations[DNSTAP_CLIENT_QUERY] +
				  operations[DNSTAP_CLIENT_RESPONSE] +
				  operations[DNSTAP_RESOLVER_QUERY] +
				  operations[DNSTAP_RESOLVER_RESPONSE],
		MESSAGES);
	ck_assert_uint_gt(rcodes[0], rcodes[3]);
	ck_assert_uint_gt(rcodes[3], MESSAGES / 40);
	ck_assert_uint_gt(rcodes[2], 0);
	ck_assert_uint_gt(rcodes[5], 0);
	ck_assert_uint_gt(ipv6, MESSAGES / 5);
	ck_assert_uint_gt(encrypted, MESSAGES / 40);
	ck_assert_uint_gt(edns, MESSAGES / 2);
	ck_assert_uint_gt(signatures, MESSAGES / 50);
	ck_assert_uint_ge(answers_max, 8);
	ck_assert_uint_le(answers_max, 12); /* 10, an alias, a signature */
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("generate");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, every_message_decodes);
	tcase_add_test(tc, the_same_seed_gives_the_same_messages);
	tcase_add_test(tc, another_seed_gives_other_messages);
	tcase_add_test(tc, traffic_is_a_resolvers_mix);
	return suite_run("generate", tc);
}
