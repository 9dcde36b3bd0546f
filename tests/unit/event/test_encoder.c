#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/encoder.h"
#include "lib/replay.h"
#include "lib/suite.h"

enum { OUT_MAX = 4 * 1024 * 1024, MODES = 2 * 2 * 3 };

static struct dns_record records[DNS_RECORDS_MAX];
static struct encoder *encoders[MODES];
static uint8_t out[OUT_MAX];

static const char *const captures[] = {
	"captures/alpha-kdig-axfr.dnstap",
	"captures/alpha-kdig-https.dnstap",
	"captures/alpha-kdig-mixed.dnstap",
	"captures/alpha-kdig-tls.dnstap",
	"captures/addr-lengths.fstrm",
	"captures/dns-empty.fstrm",
	"captures/dns-odd-values.fstrm",
	"captures/dns-opt.fstrm",
	"captures/dns-rdata-inside.fstrm",
	"captures/dns-rdlength.fstrm",
	"captures/dns-zone.fstrm",
	"captures/pb-enums.fstrm",
	"captures/pb-policy-http.fstrm",
	"captures/pb-times.fstrm",
};

static struct encoder_settings settings_of(int mode)
{
	return (struct encoder_settings){
		.dialect = mode % 2 ? DIALECT_CIM : DIALECT_NATIVE,
		.envelope = mode / 2 % 2 ? ENVELOPE_HEC : ENVELOPE_NDJSON,
		.include_raw = (enum include_raw)(mode / 4),
		.host = "resolver \"1\"",
		.source = "tap\\ferry",
		.index = "",
	};
}

/* Calls check(event, encoder) for every event of a capture in every mode. */
static void each_event(const char *capture,
	void (*check)(const struct event *, struct encoder *))
{
	struct replay replay;
	struct slice payload;
	int frames = 0;

	ck_assert_int_eq(replay_open(&replay, replay_data(capture)), 0);
	while (replay_next(&replay, &payload) == 0) {
		struct event event;

		ck_assert_int_eq(event_decode(&event, records, payload, 1), 0);
		for (int mode = 0; mode < MODES; mode++)
			check(&event, encoders[mode]);
		frames++;
	}
	replay_close(&replay);
	ck_assert_int_gt(frames, 0);
}

/* One line, and one JSON object in it */
static json_t *check_line(const uint8_t *line, size_t n)
{
	json_error_t error;
	json_t *value;

	ck_assert_uint_gt(n, 2);
	ck_assert_ptr_eq(memchr(line, '\n', n), line + n - 1);
	value = json_loadb((const char *)line, n,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (value == NULL)
		ck_abort_msg("%s: %.*s", error.text, (int)n, line);
	ck_assert(json_is_object(value));
	return value;
}

static void check_is_line(const struct event *event, struct encoder *e)
{
	json_decref(check_line(out, encoder_write(e, event, out, OUT_MAX)));
}

START_TEST(every_event_is_one_line_of_json)
{
	each_event(captures[_i], check_is_line);
}
END_TEST

static void check_capacities(const struct event *event, struct encoder *e)
{
	size_t whole = encoder_write(e, event, out, OUT_MAX);
	size_t step = whole > 3000 ? 61 : 7;

	for (size_t cap = 0; cap <= whole + 1;
		cap += cap + step < whole ? step : 1) {
		/* its end is guarded by the sanitizer */
		uint8_t *dst = malloc(cap > 0 ? cap : 1);
		size_t n = encoder_write(e, event, dst, cap);

		if (cap < whole) {
			ensure(n == 0);
		} else {
			ensure(n == whole);
			ensure(memcmp(dst, out, whole) == 0);
		}
		free(dst);
	}
}

START_TEST(an_event_is_written_whole_or_not_at_all)
{
	each_event(captures[_i], check_capacities);
}
END_TEST

/* The DNS message cut after every octet: still an event, and malformed. */
static void check_prefixes(const struct event *event, struct encoder *e)
{
	static struct dns_record others[DNS_RECORDS_MAX];
	struct slice msg = event->dns.msg;

	if (!event->has_dns || msg.len > 700)
		return;
	for (size_t len = 0; len < msg.len; len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);
		struct event cut = *event;
		json_t *value;

		memcpy(copy, msg.data, len);
		dns_decode(&cut.dns, others, slice_from(copy, len));
		value = check_line(out, encoder_write(e, &cut, out, OUT_MAX));
		json_decref(value);
		free(copy);
	}
}

START_TEST(every_prefix_of_a_dns_message_is_an_event)
{
	each_event(captures[_i], check_prefixes);
}
END_TEST

static json_t *first_event(const char *capture, int mode, int skip)
{
	struct replay replay;
	struct slice payload;
	struct event event;
	json_t *value;

	ck_assert_int_eq(replay_open(&replay, replay_data(capture)), 0);
	for (; skip >= 0; skip--)
		ck_assert_int_eq(replay_next(&replay, &payload), 0);
	ck_assert_int_eq(event_decode(&event, records, payload, 1), 0);
	value = check_line(
		out, encoder_write(encoders[mode], &event, out, OUT_MAX));
	replay_close(&replay);
	return value;
}

START_TEST(the_hec_envelope_has_what_the_settings_give)
{
	json_t *value = first_event("captures/alpha-kdig-https.dnstap", 2, 0);
	json_t *event = json_object_get(value, "event");

	ck_assert(json_is_real(json_object_get(value, "time")));
	ck_assert_str_eq(json_string_value(json_object_get(value, "host")),
		"resolver \"1\"");
	ck_assert_str_eq(json_string_value(json_object_get(value, "source")),
		"tap\\ferry");
	ck_assert_uint_eq(json_object_size(value), 4);
	ck_assert_ptr_null(json_object_get(event, "@timestamp"));
	ck_assert_ptr_nonnull(json_object_get(event, "dnstap"));
	json_decref(value);
}
END_TEST

START_TEST(the_ndjson_envelope_begins_with_the_time)
{
	static const char start[] = "{\"@timestamp\":\"2026-11-20T";
	json_t *value = first_event("captures/alpha-kdig-https.dnstap", 0, 0);

	ck_assert_mem_eq(out, start, sizeof(start) - 1);
	ck_assert_ptr_nonnull(json_object_get(value, "network"));
	ck_assert_ptr_null(json_object_get(value, "host"));
	json_decref(value);
}
END_TEST

/* dns-rdata-inside: the second frame has a TXT that runs over its end */
START_TEST(raw_is_there_when_it_is_asked_for)
{
	static const struct {
		int mode;
		int frame;
		bool raw;
	} cases[] = {
		{ 0, 0, false },
		{ 0, 1, false }, /* never */
		{ 4, 0, false },
		{ 4, 1, true }, /* malformed */
		{ 8, 0, true },
		{ 8, 1, true }, /* always */
		{ 1, 0, false },
		{ 1, 1, false },
		{ 5, 0, false },
		{ 5, 1, true },
		{ 9, 0, true },
		{ 9, 1, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *value = first_event("captures/dns-rdata-inside.fstrm",
			cases[i].mode, cases[i].frame);
		json_t *at = cases[i].mode % 2 ? value
					       : json_object_get(value, "dns");

		ck_assert_int_eq(
			json_object_get(at, "raw") != NULL, cases[i].raw);
		json_decref(value);
	}
}
END_TEST

START_TEST(flags_and_malformed_are_booleans)
{
	json_t *value = first_event("captures/alpha-kdig-mixed.dnstap", 0, 1);
	json_t *dns = json_object_get(value, "dns");
	json_t *flags = json_object_get(dns, "flags");

	ck_assert(json_is_true(json_object_get(flags, "qr")));
	ck_assert(json_is_true(json_object_get(flags, "aa")));
	ck_assert(json_is_false(json_object_get(flags, "tc")));
	ck_assert(json_is_true(json_object_get(flags, "rd")));
	ck_assert(json_is_false(json_object_get(flags, "ra")));
	ck_assert(json_is_false(json_object_get(flags, "ad")));
	ck_assert(json_is_false(json_object_get(flags, "cd")));
	ck_assert_uint_eq(json_object_size(flags), 7);
	ck_assert(json_is_false(json_object_get(dns, "malformed-packet")));
	json_decref(value);
}
END_TEST

/* Each flag bit turns on its member, and no other bit turns on any. */
START_TEST(every_flag_bit_has_its_member)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} bits[] = {
		{ DNS_FLAG_QR, "qr" },
		{ DNS_FLAG_AA, "aa" },
		{ DNS_FLAG_TC, "tc" },
		{ DNS_FLAG_RD, "rd" },
		{ DNS_FLAG_RA, "ra" },
		{ DNS_FLAG_AD, "ad" },
		{ DNS_FLAG_CD, "cd" },
	};

	for (unsigned flags = 0; flags < 65536; flags += 37) {
		uint8_t msg[DNS_HEADER_LEN] = { 0, 1, (uint8_t)(flags >> 8),
			(uint8_t)flags };
		struct event event = {
			.tap = { .has = DNSTAP_HAS_OPERATION, .operation = 5 },
			.has_dns = true,
		};
		json_t *value, *members;

		dns_decode(&event.dns, records, slice_from(msg, sizeof(msg)));
		value = check_line(
			out, encoder_write(encoders[0], &event, out, OUT_MAX));
		members =
			json_object_get(json_object_get(value, "dns"), "flags");
		for (size_t i = 0; i < COUNT(bits); i++)
			ck_assert_int_eq(json_is_true(json_object_get(
						 members, bits[i].name)),
				(flags & bits[i].bit) != 0);
		json_decref(value);
	}
}
END_TEST

static double latency_of(uint64_t qs, uint32_t qn, uint64_t rs, uint32_t rn)
{
	const struct event event = {
		.tap = {
			.has = DNSTAP_HAS_OPERATION |
				DNSTAP_HAS_QUERY_TIME_SEC |
				DNSTAP_HAS_RESPONSE_TIME_SEC,
			.operation = DNSTAP_CLIENT_RESPONSE,
			.query_time_sec = qs,
			.query_time_nsec = qn,
			.response_time_sec = rs,
			.response_time_nsec = rn,
		},
	};
	json_t *value = check_line(
		out, encoder_write(encoders[0], &event, out, OUT_MAX));
	json_t *latency =
		json_object_get(json_object_get(value, "dnstap"), "latency");
	double seconds = latency == NULL ? -1 : json_number_value(latency);

	json_decref(value);
	return seconds;
}

START_TEST(latency_is_there_unless_it_is_negative)
{
	ck_assert_double_eq(latency_of(5, 0, 5, 500000), 0.0005);
	ck_assert_double_eq(latency_of(5, 999999999, 6, 0), 0.000000001);
	ck_assert_double_eq(latency_of(5, 7, 5, 7), 0);
	ck_assert_double_eq(latency_of(5, 7, 8, 7), 3);
	ck_assert_double_eq(latency_of(5, 7, 5, 6), -1);
	ck_assert_double_eq(latency_of(6, 0, 5, 999999999), -1);
	ck_assert_double_eq(latency_of(5, 1000000000, 7, 0), -1);
}
END_TEST

/* More than any batch holds: refused, and the encoder is as good as before */
START_TEST(an_event_too_long_for_the_buffer_leaves_the_encoder_usable)
{
	static uint8_t text[512 * 1024];
	struct event event = {
		.tap = { .has = DNSTAP_HAS_OPERATION | DNSTAP_HAS_EXTRA,
			.operation = 5,
			.extra = slice_from(text, sizeof(text)) },
	};

	for (int mode = 0; mode < 4; mode += 2) {
		memset(text, 0xff, sizeof(text));
		ck_assert_uint_eq(
			encoder_write(encoders[mode], &event, out, 1024 * 1024),
			0);
		ck_assert_uint_gt(
			encoder_write(encoders[mode], &event, out, OUT_MAX),
			3 * sizeof(text));
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("encoder");
	int r = 0;

	for (int mode = 0; mode < MODES; mode++) {
		const struct encoder_settings settings = settings_of(mode);

		r |= encoder_new(&encoders[mode], &settings);
	}
	if (r != 0)
		return 1;
	tcase_add_loop_test(
		t, every_event_is_one_line_of_json, 0, COUNT(captures));
	tcase_add_loop_test(
		t, an_event_is_written_whole_or_not_at_all, 0, COUNT(captures));
	tcase_add_loop_test(t, every_prefix_of_a_dns_message_is_an_event, 0,
		COUNT(captures));
	tcase_add_test(t, the_hec_envelope_has_what_the_settings_give);
	tcase_add_test(t, the_ndjson_envelope_begins_with_the_time);
	tcase_add_test(t, raw_is_there_when_it_is_asked_for);
	tcase_add_test(t, flags_and_malformed_are_booleans);
	tcase_add_test(t, every_flag_bit_has_its_member);
	tcase_add_test(t, latency_is_there_unless_it_is_negative);
	tcase_add_test(
		t, an_event_too_long_for_the_buffer_leaves_the_encoder_usable);
	tcase_set_timeout(t, 120);
	r = suite_run("encoder", t);
	for (int mode = 0; mode < MODES; mode++)
		encoder_free(encoders[mode]);
	return r;
}
