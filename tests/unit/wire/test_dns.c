#include "wire/dns.h"

#include "lib/exact.h"
#include "lib/replay.h"
#include "lib/suite.h"
#include "wire/dnstap.h"

static struct dns_record records[DNS_RECORDS_MAX];

/* A message under construction. */
struct message {
	uint8_t data[4096];
	size_t len;
};

#define ADD(m, s) message_add((m), (s), sizeof(s) - 1)

static void message_add(struct message *m, const void *data, size_t len)
{
	memcpy(m->data + m->len, data, len);
	m->len += len;
}

static struct message message_with(
	uint16_t flags, uint8_t qd, uint8_t an, uint8_t ns, uint8_t ar)
{
	const uint8_t header[12] = { 0x12, 0x34, (uint8_t)(flags >> 8),
		(uint8_t)flags, 0, qd, 0, an, 0, ns, 0, ar };
	struct message m = { .len = 0 };

	message_add(&m, header, sizeof(header));
	return m;
}

#define QUESTION  \
	"\x03"    \
	"www"     \
	"\x07"    \
	"example" \
	"\0\0\1\0\1"
#define ANSWER "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc6\x33\x64\4"
#define NS     "\xc0\x10\0\2\0\1\0\0\1\x2c\0\5\2ns\xc0\x10"
#define OPT    "\0\0\x29\4\xd0\x01\0\x80\0\0\0"

/* Lent until the next call. */
static struct dns decode(const struct message *m)
{
	static struct slice octets;
	struct dns d;

	exact_free(octets);
	octets = exact_copy(m->data, m->len);
	dns_decode(&d, records, octets);
	return d;
}

static struct message response(void)
{
	struct message m = message_with(0x8583, 1, 1, 1, 1);

	ADD(&m, QUESTION);
	ADD(&m, ANSWER);
	ADD(&m, NS);
	ADD(&m, OPT);
	return m;
}

START_TEST(a_response_is_walked_to_its_end)
{
	struct message m = response();
	struct dns d = decode(&m);

	ck_assert(d.has_header && d.has_question && d.has_opt);
	ck_assert(!d.malformed);
	ck_assert_uint_eq(d.id, 0x1234);
	ck_assert_uint_eq(d.flags,
		DNS_FLAG_QR | DNS_FLAG_AA | DNS_FLAG_RD | DNS_FLAG_RA | 3);
	ck_assert_uint_eq(dns_opcode(&d), 0);
	ck_assert_uint_eq(d.qname, 12);
	ck_assert_uint_eq(d.qtype, 1);
	ck_assert_uint_eq(d.qclass, 1);
	for (unsigned s = 0; s < DNS_SECTIONS; s++) {
		ck_assert_uint_eq(d.count[1 + s], 1);
		ck_assert_uint_eq(d.n_records[s], 1);
		ck_assert_uint_eq(d.first[s], s);
	}
	ck_assert_uint_eq(d.records[0].type, 1);
	ck_assert_uint_eq(d.records[0].class, 1);
	ck_assert_uint_eq(d.records[0].ttl, 300);
	ck_assert_uint_eq(d.records[0].rdlen, 4);
	ck_assert_uint_eq(d.msg.data[d.records[0].rdata], 198);
	ck_assert_uint_eq(d.records[1].type, 2);
	ck_assert_uint_eq(d.records[1].rdlen, 5);
}
END_TEST

START_TEST(the_opt_record_has_the_upper_bits_of_the_rcode)
{
	struct message m = response();
	struct dns d = decode(&m);

	ck_assert_uint_eq(d.opt.class, 1232);
	ck_assert_uint_eq(d.opt.ttl, 0x01008000);
	ck_assert_uint_eq(dns_rcode(&d), 0x13);
	m = message_with(0x8003, 0, 0, 0, 0);
	d = decode(&m);
	ck_assert_uint_eq(dns_rcode(&d), 3);
}
END_TEST

START_TEST(opcodes_are_four_bits)
{
	struct message m = message_with(0x7800 | 0xa800, 0, 0, 0, 0);
	struct dns d = decode(&m);

	ck_assert_uint_eq(dns_opcode(&d), 15);
}
END_TEST

/* Whatever is cut off, the rest is read and told to be malformed. */
START_TEST(every_short_prefix_is_malformed_and_keeps_what_is_whole)
{
	struct message m = response();
	size_t whole = m.len;

	for (m.len = 0; m.len < whole; m.len++) {
		struct dns d = decode(&m);
		size_t total = d.n_records[0] + d.n_records[1] + d.n_records[2];

		ck_assert(d.malformed);
		ck_assert(d.has_header == (m.len >= 12));
		ck_assert(d.has_qname == (m.len >= 12 + 13));
		ck_assert(d.has_question == (m.len >= 12 + 17));
		ck_assert_uint_eq(total,
			(m.len >= 12 + 17 + 16) + (m.len >= 12 + 17 + 33));
	}
}
END_TEST

START_TEST(a_header_alone_is_right_when_it_promises_nothing)
{
	struct message m = message_with(0, 0, 0, 0, 0);
	struct dns d = decode(&m);

	ck_assert(d.has_header && !d.has_question && !d.malformed);
	m = message_with(0, 1, 0, 0, 0);
	d = decode(&m);
	ck_assert(d.has_header && !d.has_question && d.malformed);
}
END_TEST

START_TEST(of_several_questions_the_first_is_told)
{
	struct message m = message_with(0, 2, 0, 0, 0);
	struct dns d;

	ADD(&m, QUESTION);
	ADD(&m, "\xc0\x10\0\x1c\0\3");
	d = decode(&m);
	ck_assert(d.has_question && !d.malformed);
	ck_assert_uint_eq(d.qname, 12);
	ck_assert_uint_eq(d.qtype, 1);
}
END_TEST

START_TEST(an_answer_needs_no_question)
{
	struct message m = message_with(0x8000, 0, 1, 0, 0);
	struct dns d;

	ADD(&m, "\0\0\1\0\1\0\0\0\0\0\4abcd");
	d = decode(&m);
	ck_assert(!d.has_question && !d.malformed);
	ck_assert_uint_eq(d.n_records[DNS_ANSWER], 1);
	/* its owner may not be a pointer to the question there is not */
	m = message_with(0x8000, 0, 1, 0, 0);
	ADD(&m, "\xc0\0\0\1\0\1\0\0\0\0\0\4abcd");
	d = decode(&m);
	ck_assert(d.malformed);
	ck_assert_uint_eq(d.n_records[DNS_ANSWER], 0);
}
END_TEST

START_TEST(octets_behind_the_last_record_are_malformed)
{
	struct message m = response();
	struct dns d;

	ADD(&m, "\0");
	d = decode(&m);
	ck_assert(d.malformed);
	ck_assert(d.has_opt);
	ck_assert_uint_eq(d.n_records[DNS_ADDITIONAL], 1);
}
END_TEST

START_TEST(an_opt_belongs_once_into_the_additional_section_at_the_root)
{
	struct message m = message_with(0, 0, 1, 0, 0);
	struct dns d;

	ADD(&m, OPT);
	d = decode(&m);
	ck_assert(d.malformed && !d.has_opt);

	m = message_with(0, 0, 0, 0, 2);
	ADD(&m, OPT);
	ADD(&m, "\0\0\x29\x20\0\xff\0\0\0\0\0");
	d = decode(&m);
	ck_assert(d.malformed && d.has_opt);
	ck_assert_uint_eq(d.opt.class, 1232);
	ck_assert_uint_eq(d.n_records[DNS_ADDITIONAL], 2);

	m = message_with(0, 0, 0, 0, 1);
	ADD(&m, "\1a" OPT);
	d = decode(&m);
	ck_assert(d.malformed && d.has_opt);
}
END_TEST

START_TEST(data_that_runs_over_the_end_stops_the_walk)
{
	struct message m = message_with(0x8000, 1, 2, 0, 0);
	struct dns d;

	ADD(&m, QUESTION ANSWER);
	ADD(&m, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\5\xc6\x33\x64\4");
	d = decode(&m);
	ck_assert(d.malformed);
	ck_assert_uint_eq(d.n_records[DNS_ANSWER], 1);
}
END_TEST

START_TEST(more_records_than_the_scratch_holds_are_malformed)
{
	size_t len = 12 + (DNS_RECORDS_MAX + 1u) * 11;
	uint8_t *octets = calloc(1, len);
	struct dns d;

	ck_assert_ptr_nonnull(octets);
	octets[6] = (DNS_RECORDS_MAX + 1) >> 8;
	octets[7] = (DNS_RECORDS_MAX + 1) & 0xff;
	dns_decode(&d, records, slice_from(octets, len));
	ck_assert(d.malformed);
	ck_assert_uint_eq(d.n_records[DNS_ANSWER], DNS_RECORDS_MAX);
	free(octets);
}
END_TEST

static void expand_all(const struct dns *d)
{
	static uint8_t rdata[DNS_RDATA_EXPANDED_MAX];
	uint8_t name[DNS_NAME_MAX];

	uint32_t pos = d->qname;

	if (d->has_qname)
		ck_assert_uint_gt(dns_name_expand(d->msg, &pos, name), 0);
	for (unsigned s = 0; s < DNS_SECTIONS; s++) {
		for (uint32_t i = 0; i < d->n_records[s]; i++) {
			const struct dns_record *r =
				&d->records[d->first[s] + i];

			pos = r->name;
			ck_assert_uint_gt(
				dns_name_expand(d->msg, &pos, name), 0);
			dns_rdata_expand(d->msg, r, rdata, sizeof(rdata));
		}
	}
}

/* Octets under AddressSanitizer: nothing is read beyond any prefix. */
START_TEST(no_prefix_of_a_real_message_is_read_beyond)
{
	static const char *const captures[] = {
		"captures/alpha-kdig-mixed.dnstap",
		"captures/alpha-kdig-axfr.dnstap",
		"captures/alpha-kdig-https.dnstap",
	};
	unsigned messages = 0;

	for (size_t i = 0; i < COUNT(captures); i++) {
		struct replay replay;
		struct slice payload;

		ck_assert_int_eq(
			replay_open(&replay, replay_data(captures[i])), 0);
		while (replay_next(&replay, &payload) == 0) {
			struct dnstap tap;
			struct slice msg;

			ck_assert_int_eq(dnstap_decode(&tap, payload), 0);
			msg = tap.has & DNSTAP_HAS_RESPONSE_MESSAGE
				      ? tap.response_message
				      : tap.query_message;
			for (size_t len = 0; len <= msg.len; len++) {
				struct slice prefix = exact_copy(msg.data, len);
				struct dns d;

				dns_decode(&d, records, prefix);
				ck_assert(d.malformed == (len < msg.len));
				expand_all(&d);
				exact_free(prefix);
			}
			messages++;
		}
		replay_close(&replay);
	}
	ck_assert_uint_eq(messages, 32 + 2 + 4);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("dns");

	tcase_add_test(t, a_response_is_walked_to_its_end);
	tcase_add_test(t, the_opt_record_has_the_upper_bits_of_the_rcode);
	tcase_add_test(t, opcodes_are_four_bits);
	tcase_add_test(
		t, every_short_prefix_is_malformed_and_keeps_what_is_whole);
	tcase_add_test(t, a_header_alone_is_right_when_it_promises_nothing);
	tcase_add_test(t, of_several_questions_the_first_is_told);
	tcase_add_test(t, an_answer_needs_no_question);
	tcase_add_test(t, octets_behind_the_last_record_are_malformed);
	tcase_add_test(
		t, an_opt_belongs_once_into_the_additional_section_at_the_root);
	tcase_add_test(t, data_that_runs_over_the_end_stops_the_walk);
	tcase_add_test(t, more_records_than_the_scratch_holds_are_malformed);
	tcase_add_test(t, no_prefix_of_a_real_message_is_read_beyond);
	return suite_run("dns", t);
}
