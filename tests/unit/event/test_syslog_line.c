/* RFC 5424 lines, held against the grammar of its section 6. */
#include <check.h>
#include <jansson.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/encoder.h"
#include "lib/replay.h"
#include "lib/suite.h"

enum { OUT_MAX = 1024 * 1024 };

/* The groups of the grammar, in its order. */
enum {
	PRI = 1,
	YEAR,
	MONTH,
	DAY,
	TIME,
	FRACTION,
	HOSTNAME,
	APP_NAME,
	PROCID,
	MSGID,
	MSG,
	GROUPS,
};

static struct dns_record records[DNS_RECORDS_MAX];
static char line[OUT_MAX];
static regmatch_t at[GROUPS];

/* HEADER SP STRUCTURED-DATA SP MSG; the data is nil. */
static const char grammar[] =
	"^<(0|[1-9][0-9]{0,2})>1 "
	"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})"
	"(\\.[0-9]{1,6})?Z "
	"([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) - (.*)$";

static const struct syslog_settings usual = {
	.facility = 16,
	.severity = 6,
	.hostname = "ns1.example.net",
	.app_name = "tapferry",
	.procid = "4711",
};

static const char *field(int group)
{
	static char text[OUT_MAX];

	snprintf(text, sizeof(text), "%.*s",
		(int)(at[group].rm_eo - at[group].rm_so),
		line + at[group].rm_so);
	return text;
}

static void match(size_t n)
{
	regex_t re;

	ck_assert_uint_gt(n, 1);
	ck_assert_ptr_eq(memchr(line, '\n', n), line + n - 1);
	line[n - 1] = '\0';
	ck_assert_int_eq(regcomp(&re, grammar, REG_EXTENDED), 0);
	if (regexec(&re, line, GROUPS, at, 0) != 0)
		ck_abort_msg("not RFC 5424: %.300s", line);
	regfree(&re);
}

static struct encoder *encoder_of(const struct syslog_settings *s)
{
	const struct encoder_settings settings = {
		.envelope = ENVELOPE_SYSLOG,
		.syslog = *s,
	};
	struct encoder *e;

	ck_assert_int_eq(encoder_new(&e, &settings), 0);
	return e;
}

/* Writes the first event of a capture as the settings say. */
static void write_first(const struct syslog_settings *s, const char *capture)
{
	struct encoder *e = encoder_of(s);
	struct replay replay;
	struct slice payload;
	struct event event;

	ck_assert_int_eq(replay_open(&replay, replay_data(capture)), 0);
	ck_assert_int_eq(replay_next(&replay, &payload), 0);
	ck_assert_int_eq(event_decode(&event, records, payload, 1), 0);
	match(encoder_write(e, &event, (uint8_t *)line, OUT_MAX));
	replay_close(&replay);
	encoder_free(e);
}

static json_t *object(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (value == NULL)
		ck_abort_msg("%s: %.300s", error.text, text);
	return value;
}

static const char capture[] = "captures/alpha-kdig-https.dnstap";

START_TEST(each_field_is_what_the_settings_say)
{
	json_t *value;

	write_first(&usual, capture);
	ck_assert_str_eq(field(PRI), "134"); /* local0, informational */
	ck_assert_str_eq(field(HOSTNAME), "ns1.example.net");
	ck_assert_str_eq(field(APP_NAME), "tapferry");
	ck_assert_str_eq(field(PROCID), "4711");
	value = object(field(MSG));
	ck_assert_ptr_nonnull(json_object_get(value, "network"));
	ck_assert_str_eq(field(MSGID),
		json_string_value(json_object_get(
			json_object_get(value, "dnstap"), "operation")));
	json_decref(value);
}
END_TEST

START_TEST(the_time_is_the_events_own_cut_to_microseconds)
{
	json_t *value;
	char own[64], header[64];

	write_first(&usual, capture);
	value = object(field(MSG));
	snprintf(own, sizeof(own), "%s",
		json_string_value(json_object_get(value, "@timestamp")));
	snprintf(header, sizeof(header), "%.*s", 27, line + at[YEAR].rm_so);
	ck_assert_uint_eq(strlen(own), 30);
	ck_assert_int_eq(header[26], 'Z');
	ck_assert_int_eq(strncmp(own, header, 26), 0);
	ck_assert_str_ne(field(FRACTION), ".000000");
	json_decref(value);
}
END_TEST

START_TEST(every_priority_is_a_number_without_leading_zeros)
{
	for (unsigned facility = 0; facility < 24; facility++)
		for (unsigned severity = 0; severity < 8; severity++) {
			struct syslog_settings s = usual;
			char wanted[8];

			s.facility = facility;
			s.severity = severity;
			snprintf(wanted, sizeof(wanted), "%u",
				facility * 8 + severity);
			write_first(&s, capture);
			ck_assert_str_eq(field(PRI), wanted);
		}
}
END_TEST

START_TEST(what_is_not_there_is_a_dash)
{
	struct syslog_settings s = { .hostname = "" };

	write_first(&s, capture);
	ck_assert_str_eq(field(PRI), "0");
	ck_assert_str_eq(field(HOSTNAME), "-");
	ck_assert_str_eq(field(APP_NAME), "-");
	ck_assert_str_eq(field(PROCID), "-");
}
END_TEST

START_TEST(a_msgid_of_the_settings_wins_over_the_type)
{
	struct syslog_settings s = usual;

	s.msgid = "DNS";
	write_first(&s, capture);
	ck_assert_str_eq(field(MSGID), "DNS");
}
END_TEST

START_TEST(fields_are_cut_and_made_printable)
{
	char longer[400];
	struct syslog_settings s = {
		.facility = 23,
		.severity = 7,
		.hostname = longer,
		.app_name = longer,
		.procid = longer,
		.msgid = longer,
	};

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	memcpy(longer, "a b\n\x7f\xc3\xa4", 7);
	write_first(&s, capture);
	ck_assert_str_eq(field(PRI), "191");
	ck_assert_uint_eq(strlen(field(HOSTNAME)), SYSLOG_HOSTNAME_MAX);
	ck_assert_uint_eq(strlen(field(APP_NAME)), SYSLOG_APP_NAME_MAX);
	ck_assert_uint_eq(strlen(field(PROCID)), SYSLOG_PROCID_MAX);
	ck_assert_uint_eq(strlen(field(MSGID)), SYSLOG_MSGID_MAX);
	ck_assert_int_eq(strncmp(field(HOSTNAME), "a_b____x", 8), 0);
	json_decref(object(field(MSG)));
}
END_TEST

START_TEST(a_bom_comes_before_the_object_when_it_is_asked_for)
{
	struct syslog_settings s = usual;

	s.bom = true;
	write_first(&s, capture);
	ck_assert_int_eq(strncmp(field(MSG), "\xEF\xBB\xBF{", 4), 0);
	json_decref(object(field(MSG) + 3));
}
END_TEST

START_TEST(good_fields_are_told_from_bad_ones)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "a", true },
		{ "!~", true },
		{ "abcdefgh", true },
		{ "abcdefghi", false },
		{ "", false },
		{ "a b", false },
		{ "a\t", false },
		{ "\x7f", false },
		{ "\xc3\xa4", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_int_eq(
			syslog_field_is_good(cases[i].text, 8), cases[i].good);
}
END_TEST

static const char *const captures[] = {
	"captures/alpha-kdig-mixed.dnstap",
	"captures/dns-odd-values.fstrm",
	"captures/pb-enums.fstrm",
	"captures/pb-times.fstrm",
	"captures/pb-policy-http.fstrm",
	"captures/dns-rdata-inside.fstrm",
};

/* In a buffer of every size up to the whole one too: all or nothing. */
static void check_event(struct encoder *e, const struct event *event)
{
	size_t whole = encoder_write(e, event, (uint8_t *)line, OUT_MAX);
	char *copy = malloc(whole);

	for (size_t cap = 0; cap < whole && cap < 300; cap++)
		ensure(encoder_write(e, event, (uint8_t *)copy, cap) == 0);
	ensure(encoder_write(e, event, (uint8_t *)copy, whole - 1) == 0);
	ensure(encoder_write(e, event, (uint8_t *)copy, whole) == whole);
	ensure(memcmp(copy, line, whole) == 0);
	free(copy);
	match(whole);
	json_decref(object(field(MSG)));
}

START_TEST(every_event_is_a_line_of_the_grammar)
{
	struct encoder *e = encoder_of(&usual);
	struct replay replay;
	struct slice payload;
	unsigned n = 0;

	ck_assert_int_eq(replay_open(&replay, replay_data(captures[_i])), 0);
	while (replay_next(&replay, &payload) == 0) {
		struct event event;

		ck_assert_int_eq(event_decode(&event, records, payload, 1), 0);
		check_event(e, &event);
		n++;
	}
	ck_assert_uint_gt(n, 0);
	replay_close(&replay);
	encoder_free(e);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("syslog_line");

	tcase_add_test(t, each_field_is_what_the_settings_say);
	tcase_add_test(t, the_time_is_the_events_own_cut_to_microseconds);
	tcase_add_test(t, every_priority_is_a_number_without_leading_zeros);
	tcase_add_test(t, what_is_not_there_is_a_dash);
	tcase_add_test(t, a_msgid_of_the_settings_wins_over_the_type);
	tcase_add_test(t, fields_are_cut_and_made_printable);
	tcase_add_test(t, a_bom_comes_before_the_object_when_it_is_asked_for);
	tcase_add_test(t, good_fields_are_told_from_bad_ones);
	tcase_add_loop_test(t, every_event_is_a_line_of_the_grammar, 0,
		(int)COUNT(captures));
	return suite_run("event/syslog_line", t);
}
