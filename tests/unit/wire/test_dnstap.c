#include "wire/dnstap.h"

#include "lib/exact.h"
#include "lib/replay.h"
#include "lib/suite.h"

/* A protobuf message under construction. */
struct message {
	uint8_t data[1024];
	size_t len;
};

static void add_number(struct message *m, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		m->data[m->len++] = (uint8_t)(v | 0x80);
	m->data[m->len++] = (uint8_t)v;
}

static void add_varint(struct message *m, unsigned field, uint64_t v)
{
	add_number(m, field << 3);
	add_number(m, v);
}

static void add_bytes(
	struct message *m, unsigned field, const void *data, size_t len)
{
	add_number(m, field << 3 | 2);
	add_number(m, len);
	memcpy(m->data + m->len, data, len);
	m->len += len;
}

static void add_text(struct message *m, unsigned field, const char *text)
{
	add_bytes(m, field, text, strlen(text));
}

static void add_message(
	struct message *m, unsigned field, const struct message *inner)
{
	add_bytes(m, field, inner->data, inner->len);
}

static void add_fixed32(struct message *m, unsigned field, uint32_t v)
{
	add_number(m, field << 3 | 5);
	for (unsigned i = 0; i < 4; i++)
		m->data[m->len++] = (uint8_t)(v >> 8 * i);
}

/* A payload in memory of its exact length, and what was read of it. */
struct decoded {
	struct slice payload;
	struct dnstap tap;
	int r;
};

static struct decoded decode(const struct message *m)
{
	struct decoded d = { .payload = exact_copy(m->data, m->len) };

	d.r = dnstap_decode(&d.tap, d.payload);
	return d;
}

static void release(struct decoded *d)
{
	exact_free(d->payload);
}

static bool is_text(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

/* The smallest right one: both types, and a message. */
static struct message payload_around(const struct message *inner)
{
	struct message m = { .len = 0 };

	add_message(&m, 14, inner);
	add_varint(&m, 15, 1);
	return m;
}

static struct message inner_of(uint64_t operation)
{
	struct message m = { .len = 0 };

	add_varint(&m, 1, operation);
	return m;
}

START_TEST(every_field_of_the_schema_is_carried)
{
	struct message policy = { .len = 0 };
	struct message inner = { .len = 0 };
	struct message m = { .len = 0 };
	struct decoded d;

	add_text(&policy, 1, "RPZ");
	add_text(&policy, 2, "rule");
	add_varint(&policy, 3, 6);
	add_varint(&policy, 4, 5);
	add_text(&policy, 5, "value");
	add_varint(&inner, 1, DNSTAP_CLIENT_RESPONSE);
	add_varint(&inner, 2, DNSTAP_FAMILY_INET6);
	add_varint(&inner, 3, 7);
	add_text(&inner, 4, "client-address16");
	add_text(&inner, 5, "server-address16");
	add_varint(&inner, 6, 40512);
	add_varint(&inner, 7, 53);
	add_varint(&inner, 8, 1790000000);
	add_fixed32(&inner, 9, 999999999);
	add_text(&inner, 10, "query");
	add_text(&inner, 11, "zone");
	add_varint(&inner, 12, 1790000001);
	add_fixed32(&inner, 13, 5);
	add_text(&inner, 14, "response");
	add_message(&inner, 15, &policy);
	add_varint(&inner, 16, 2);
	add_text(&m, 1, "identity");
	add_text(&m, 2, "version");
	add_text(&m, 3, "extra");
	add_message(&m, 14, &inner);
	add_varint(&m, 15, 1);

	d = decode(&m);
	ck_assert_int_eq(d.r, 0);
	ck_assert_uint_eq(d.tap.has, (1u << 26) - 1);
	ck_assert_int_eq(d.tap.type, 1);
	ck_assert(is_text(d.tap.identity, "identity"));
	ck_assert(is_text(d.tap.version, "version"));
	ck_assert(is_text(d.tap.extra, "extra"));
	ck_assert_int_eq(d.tap.operation, DNSTAP_CLIENT_RESPONSE);
	ck_assert(dnstap_is_response(&d.tap));
	ck_assert_int_eq(d.tap.family, DNSTAP_FAMILY_INET6);
	ck_assert_int_eq(d.tap.protocol, 7);
	ck_assert_int_eq(d.tap.http_protocol, 2);
	ck_assert(is_text(d.tap.query_address, "client-address16"));
	ck_assert(is_text(d.tap.response_address, "server-address16"));
	ck_assert_uint_eq(d.tap.query_port, 40512);
	ck_assert_uint_eq(d.tap.response_port, 53);
	ck_assert_uint_eq(d.tap.query_time_sec, 1790000000);
	ck_assert_uint_eq(d.tap.query_time_nsec, 999999999);
	ck_assert_uint_eq(d.tap.response_time_sec, 1790000001);
	ck_assert_uint_eq(d.tap.response_time_nsec, 5);
	ck_assert(is_text(d.tap.query_message, "query"));
	ck_assert(is_text(d.tap.response_message, "response"));
	ck_assert(is_text(d.tap.query_zone, "zone"));
	ck_assert(is_text(d.tap.policy.type, "RPZ"));
	ck_assert(is_text(d.tap.policy.rule, "rule"));
	ck_assert(is_text(d.tap.policy.value, "value"));
	ck_assert_int_eq(d.tap.policy.action, 6);
	ck_assert_int_eq(d.tap.policy.match, 5);
	release(&d);

	/* Cut anywhere it is never whole: the type comes last. */
	while (m.len-- > 0) {
		d = decode(&m);
		ck_assert_int_ne(d.r, 0);
		release(&d);
	}
}
END_TEST

START_TEST(what_is_absent_has_no_bit)
{
	struct message inner = inner_of(DNSTAP_AUTH_QUERY);
	struct message m = payload_around(&inner);
	struct decoded d = decode(&m);

	ck_assert_int_eq(d.r, 0);
	ck_assert_uint_eq(d.tap.has,
		DNSTAP_HAS_MESSAGE | DNSTAP_HAS_TYPE | DNSTAP_HAS_OPERATION);
	ck_assert(!dnstap_is_response(&d.tap));
	release(&d);
}
END_TEST

START_TEST(an_empty_policy_is_there_and_has_no_action)
{
	struct message inner = inner_of(1);
	struct message m;
	struct decoded d;

	add_text(&inner, 15, "");
	m = payload_around(&inner);
	d = decode(&m);
	ck_assert_int_eq(d.r, 0);
	ck_assert(d.tap.has & DNSTAP_HAS_POLICY);
	ck_assert(!(d.tap.has & DNSTAP_HAS_POLICY_ACTION));
	release(&d);
}
END_TEST

START_TEST(a_missing_type_or_message_is_incomplete)
{
	struct message inner = inner_of(1);
	struct message empty = { .len = 0 };
	struct message without[4] = { 0 };

	/* nothing; no type; no message; a message without a type */
	add_message(&without[1], 14, &inner);
	add_varint(&without[2], 15, 1);
	without[3] = payload_around(&empty);
	for (size_t i = 0; i < COUNT(without); i++) {
		struct decoded d = decode(&without[i]);

		ck_assert_int_eq(d.r, DNSTAP_E_INCOMPLETE);
		release(&d);
	}
}
END_TEST

START_TEST(a_dnstap_of_another_type_is_kept_if_it_has_a_message)
{
	struct message inner = inner_of(1);
	struct message m = { .len = 0 };
	struct decoded d;

	add_varint(&m, 15, 2);
	d = decode(&m);
	ck_assert_int_eq(d.r, DNSTAP_E_INCOMPLETE);
	release(&d);
	add_message(&m, 14, &inner);
	d = decode(&m);
	ck_assert_int_eq(d.r, 0);
	ck_assert_int_eq(d.tap.type, 2);
	release(&d);
}
END_TEST

START_TEST(a_known_field_of_another_wire_type_is_an_unknown_field)
{
	struct message inner = inner_of(1);
	struct message m = { .len = 0 };
	struct decoded d;

	add_text(&inner, 6, "port");
	add_varint(&inner, 4, 7);
	add_varint(&inner, 9, 7);
	add_fixed32(&inner, 8, 7);
	add_text(&inner, 16, "h2");
	add_varint(&inner, 15, 7);
	add_varint(&m, 1, 7);
	add_message(&m, 14, &inner);
	add_varint(&m, 15, 1);
	add_text(&m, 15, "type");
	d = decode(&m);
	ck_assert_int_eq(d.r, 0);
	ck_assert_uint_eq(d.tap.has,
		DNSTAP_HAS_MESSAGE | DNSTAP_HAS_TYPE | DNSTAP_HAS_OPERATION);
	ck_assert_int_eq(d.tap.type, 1);
	release(&d);
}
END_TEST

START_TEST(unknown_fields_and_groups_are_skipped_everywhere)
{
	struct message inner = { .len = 0 };
	struct message m = { .len = 0 };
	struct decoded d;

	add_number(&inner, 4 << 3 | 3); /* a group in the place of bytes */
	add_varint(&inner, 1, 99);
	add_number(&inner, 4 << 3 | 4);
	add_varint(&inner, 1, 4);
	add_text(&inner, 1000, "unknown");
	add_fixed32(&m, 99, 1);
	add_message(&m, 14, &inner);
	add_varint(&m, 100000, UINT64_MAX);
	add_varint(&m, 15, 1);
	d = decode(&m);
	ck_assert_int_eq(d.r, 0);
	ck_assert_int_eq(d.tap.operation, 4);
	ck_assert(!(d.tap.has & DNSTAP_HAS_QUERY_ADDRESS));
	release(&d);
}
END_TEST

START_TEST(of_a_field_given_twice_the_last_counts)
{
	struct message inner = inner_of(1);
	struct message m;
	struct decoded d;

	add_varint(&inner, 6, 1);
	add_varint(&inner, 6, 2);
	m = payload_around(&inner);
	add_text(&m, 1, "first");
	add_text(&m, 1, "last");
	d = decode(&m);
	ck_assert_int_eq(d.r, 0);
	ck_assert_uint_eq(d.tap.query_port, 2);
	ck_assert(is_text(d.tap.identity, "last"));
	release(&d);
}
END_TEST

START_TEST(a_message_given_twice_is_merged)
{
	struct message policy[2] = { 0 };
	struct message inner[2] = { 0 };
	struct message m = { .len = 0 };
	struct decoded d;

	add_varint(&policy[0], 3, 1);
	add_varint(&policy[1], 4, 2);
	add_varint(&inner[0], 1, 5);
	add_varint(&inner[0], 6, 1);
	add_message(&inner[0], 15, &policy[0]);
	add_varint(&inner[1], 6, 2);
	add_varint(&inner[1], 7, 3);
	add_message(&inner[1], 15, &policy[1]);
	add_message(&m, 14, &inner[0]);
	add_message(&m, 14, &inner[1]);
	add_varint(&m, 15, 1);
	d = decode(&m);
	ck_assert_int_eq(d.r, 0);
	ck_assert_int_eq(d.tap.operation, 5);
	ck_assert_uint_eq(d.tap.query_port, 2);
	ck_assert_uint_eq(d.tap.response_port, 3);
	ck_assert_int_eq(d.tap.policy.action, 1);
	ck_assert_int_eq(d.tap.policy.match, 2);
	release(&d);
}
END_TEST

START_TEST(numbers_keep_their_low_32_bits)
{
	struct message inner = inner_of((UINT64_C(1) << 32) + 5);
	struct message m;
	struct decoded d;

	add_varint(&inner, 2, (uint64_t)-1);
	add_varint(&inner, 6, (UINT64_C(1) << 32) + 53);
	add_varint(&inner, 8, UINT64_MAX);
	m = payload_around(&inner);
	d = decode(&m);
	ck_assert_int_eq(d.r, 0);
	ck_assert_int_eq(d.tap.operation, 5);
	ck_assert_int_eq(d.tap.family, -1);
	ck_assert_uint_eq(d.tap.query_port, 53);
	ck_assert_uint_eq(d.tap.query_time_sec, UINT64_MAX);
	release(&d);
}
END_TEST

START_TEST(what_is_no_protobuf_is_malformed)
{
	struct message inner = inner_of(1);
	struct message m[4];
	struct decoded d;

	for (size_t i = 0; i < COUNT(m); i++)
		m[i] = payload_around(&inner);
	add_number(&m[0], 0);           /* field 0 */
	add_number(&m[1], 1 << 3 | 2);  /* bytes without a length */
	add_number(&m[2], 20 << 3 | 3); /* a group left open */
	add_number(&m[3], 20 << 3 | 4); /* the end of none */
	for (size_t i = 0; i < COUNT(m); i++) {
		d = decode(&m[i]);
		ck_assert_int_eq(d.r, DNSTAP_E_MALFORMED);
		/* what came before is told */
		ck_assert_int_eq(d.tap.operation, 1);
		release(&d);
	}
	/* an inner message that ends within a field */
	add_number(&inner, 4 << 3 | 2);
	add_number(&inner, 200);
	m[0] = payload_around(&inner);
	d = decode(&m[0]);
	ck_assert_int_eq(d.r, DNSTAP_E_MALFORMED);
	release(&d);
}
END_TEST

static bool within(struct slice s, struct slice all)
{
	return s.len == 0 ||
	       (s.data >= all.data && s.data + s.len <= all.data + all.len);
}

START_TEST(no_prefix_of_a_real_payload_is_read_beyond)
{
	struct replay replay;
	struct slice payload;
	unsigned payloads = 0;

	ck_assert_int_eq(
		replay_open(&replay,
			replay_data("captures/alpha-kdig-mixed.dnstap")),
		0);
	while (replay_next(&replay, &payload) == 0) {
		for (size_t len = 0; len <= payload.len; len++) {
			struct slice prefix = exact_copy(payload.data, len);
			struct dnstap d;
			int r = dnstap_decode(&d, prefix);

			if (len == payload.len)
				ck_assert_int_eq(r, 0);
			ck_assert(within(d.version, prefix));
			ck_assert(within(d.query_address, prefix));
			ck_assert(within(d.query_message, prefix));
			ck_assert(within(d.response_message, prefix));
			exact_free(prefix);
		}
		payloads++;
	}
	ck_assert_uint_eq(payloads, 32);
	replay_close(&replay);
}
END_TEST

START_TEST(numbers_have_the_names_of_the_schema)
{
	ck_assert_str_eq(dnstap_operation_name(1), "AUTH_QUERY");
	ck_assert_str_eq(dnstap_operation_name(DNSTAP_UPDATE_RESPONSE),
		"UPDATE_RESPONSE");
	ck_assert_str_eq(dnstap_family_name(2), "INET6");
	ck_assert_str_eq(dnstap_protocol_name(3), "DOT");
	ck_assert_str_eq(dnstap_protocol_name(7), "DOQ");
	ck_assert_str_eq(dnstap_http_protocol_name(3), "HTTP3");
	ck_assert_str_eq(dnstap_policy_action_name(6), "LOCAL_DATA");
	ck_assert_str_eq(dnstap_policy_match_name(5), "NS_IP");
}
END_TEST

START_TEST(numbers_the_schema_does_not_know_have_no_name)
{
	static const struct {
		const char *(*name)(int32_t);
		int32_t last;
	} tables[] = {
		{ dnstap_operation_name, 14 },
		{ dnstap_family_name, 2 },
		{ dnstap_protocol_name, 7 },
		{ dnstap_http_protocol_name, 3 },
		{ dnstap_policy_action_name, 6 },
		{ dnstap_policy_match_name, 5 },
	};

	for (size_t i = 0; i < COUNT(tables); i++) {
		ck_assert_ptr_null(tables[i].name(INT32_MIN));
		ck_assert_ptr_null(tables[i].name(-1));
		ck_assert_ptr_null(tables[i].name(0));
		for (int32_t n = 1; n <= tables[i].last; n++)
			ck_assert_ptr_nonnull(tables[i].name(n));
		ck_assert_ptr_null(tables[i].name(tables[i].last + 1));
		ck_assert_ptr_null(tables[i].name(INT32_MAX));
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("dnstap");

	tcase_add_test(t, every_field_of_the_schema_is_carried);
	tcase_add_test(t, what_is_absent_has_no_bit);
	tcase_add_test(t, an_empty_policy_is_there_and_has_no_action);
	tcase_add_test(t, a_missing_type_or_message_is_incomplete);
	tcase_add_test(t, a_dnstap_of_another_type_is_kept_if_it_has_a_message);
	tcase_add_test(
		t, a_known_field_of_another_wire_type_is_an_unknown_field);
	tcase_add_test(t, unknown_fields_and_groups_are_skipped_everywhere);
	tcase_add_test(t, of_a_field_given_twice_the_last_counts);
	tcase_add_test(t, a_message_given_twice_is_merged);
	tcase_add_test(t, numbers_keep_their_low_32_bits);
	tcase_add_test(t, what_is_no_protobuf_is_malformed);
	tcase_add_test(t, no_prefix_of_a_real_payload_is_read_beyond);
	tcase_add_test(t, numbers_have_the_names_of_the_schema);
	tcase_add_test(t, numbers_the_schema_does_not_know_have_no_name);
	return suite_run("dnstap", t);
}
