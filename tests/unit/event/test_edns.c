#include <check.h>
#include <stdio.h>

#include "event/edns.h"
#include "event/edns_option.h"
#include "lib/suite.h"

static uint8_t spill[JSON_ROOM_MAX];

static const char *written(uint16_t code, const void *data, size_t len)
{
	static char out[64 * 1024];
	const struct dns_option option = { code, slice_from(data, len) };
	struct json j = json_begin((uint8_t *)out, sizeof(out) - 1, spill);
	size_t n;

	edns_option_write(&j, &option);
	n = json_end(&j);
	ck_assert_uint_ne(n, 0);
	out[n] = '\0';
	return out;
}

static bool is_valid(uint16_t code, const void *data, size_t len)
{
	const struct dns_option option = { code, slice_from(data, len) };

	return edns_option_is_valid(&option);
}

struct option_case {
	uint16_t code;
	const char *data;
	size_t len;
	const char *json; /* behind {"code":N, */
};

#define CASE(code, data, json)                     \
	{                                          \
		code, data, sizeof(data) - 1, json \
	}

static void check_cases(const struct option_case *cases, size_t n, bool valid)
{
	for (size_t i = 0; i < n; i++) {
		const struct option_case *c = &cases[i];
		char want[1024];

		snprintf(want, sizeof(want), "{\"code\":%u,%s}", c->code,
			c->json);
		ck_assert_str_eq(written(c->code, c->data, c->len), want);
		ck_assert_int_eq(is_valid(c->code, c->data, c->len), valid);
	}
}

START_TEST(options_have_typed_members)
{
	static const struct option_case cases[] = {
		CASE(1, "\0\1\0\2\0\3\1\2\3\4\5\6\7\10\0\0\16\20",
			"\"name\":\"LLQ\",\"version\":1,\"opcode\":2,"
			"\"error\":3,\"id\":\"0102030405060708\","
			"\"lease\":3600"),
		CASE(2, "\0\0\16\20", "\"name\":\"UL\",\"lease\":3600"),
		CASE(2, "\0\0\16\20\0\0\0\1",
			"\"name\":\"UL\",\"lease\":3600,\"key-lease\":1"),
		CASE(3, "", "\"name\":\"NSID\""),
		CASE(3, "res1:f",
			"\"name\":\"NSID\",\"data\":\"726573313a66\""),
		CASE(5, "\10\15", "\"name\":\"DAU\",\"algorithms\":[8,13]"),
		CASE(6, "\2", "\"name\":\"DHU\",\"algorithms\":[2]"),
		CASE(7, "", "\"name\":\"N3U\",\"algorithms\":[]"),
		CASE(8, "\0\1\30\0\300\0\2",
			"\"name\":\"CSUBNET\",\"data\":\"192.0.2.0/24\","
			"\"scope\":0"),
		CASE(8, "\0\1\31\31\300\0\2\200",
			"\"name\":\"CSUBNET\",\"data\":\"192.0.2.128/25\","
			"\"scope\":25"),
		CASE(8, "\0\1\0\0",
			"\"name\":\"CSUBNET\",\"data\":\"0.0.0.0/0\","
			"\"scope\":0"),
		CASE(8, "\0\2\70\60\x20\1\xd\xb8\0\1\2",
			"\"name\":\"CSUBNET\",\"data\":\"2001:db8:1:200::/56\","
			"\"scope\":48"),
		CASE(8, "\0\0\0\0",
			"\"name\":\"CSUBNET\",\"data\":\"0/0\",\"scope\":0"),
		CASE(9, "", "\"name\":\"EXPIRE\""),
		CASE(9, "\0\11\72\200",
			"\"name\":\"EXPIRE\",\"expire\":604800"),
		CASE(10, "12345678",
			"\"name\":\"COOKIE\",\"client\":\"3132333435363738\""),
		CASE(10, "12345678abcdefgh",
			"\"name\":\"COOKIE\",\"client\":\"3132333435363738\","
			"\"server\":\"6162636465666768\""),
		CASE(11, "", "\"name\":\"KEEPALIVE\""),
		CASE(11, "\0\170", "\"name\":\"KEEPALIVE\",\"timeout\":12"),
		CASE(11, "\0\15", "\"name\":\"KEEPALIVE\",\"timeout\":1.3"),
		CASE(12, "\0\0\0\0\0", "\"name\":\"PADDING\",\"length\":5"),
		CASE(13, "\7Example\0",
			"\"name\":\"CHAIN\",\"data\":\"example\""),
		CASE(14, "\0\1\377\377",
			"\"name\":\"KEY-TAG\",\"tags\":[1,65535]"),
		CASE(15, "\0\26",
			"\"name\":\"EDE\",\"info-code\":22,"
			"\"purpose\":\"No Reachable Authority\""),
		CASE(15, "\0\0at \"delegation\"\0",
			"\"name\":\"EDE\",\"info-code\":0,"
			"\"purpose\":\"Other Error\","
			"\"data\":\"at \\\"delegation\\\"\""),
		CASE(15, "\300\0\xff\n",
			"\"name\":\"EDE\",\"info-code\":49152,"
			"\"data\":\"\xef\xbf\xbd\\n\""),
		CASE(16, "\1\2", "\"name\":\"CLIENT-TAG\",\"tag\":258"),
		CASE(17, "\0\7", "\"name\":\"SERVER-TAG\",\"tag\":7"),
		CASE(18, "\1a\5agent\0",
			"\"name\":\"REPORT-CHANNEL\",\"data\":\"a.agent\""),
		CASE(19, "", "\"name\":\"ZONEVERSION\""),
		CASE(19, "\2\0\1\2\3\4",
			"\"name\":\"ZONEVERSION\",\"label-count\":2,"
			"\"type\":0,\"version\":\"01020304\""),
		CASE(4, "\1", "\"name\":\"OPT4\",\"data\":\"01\""),
		CASE(65001, "", "\"name\":\"OPT65001\""),
	};

	check_cases(cases, COUNT(cases), true);
}
END_TEST

START_TEST(broken_options_are_shown_as_hex)
{
	static const struct option_case cases[] = {
		CASE(1, "\1", "\"name\":\"LLQ\",\"data\":\"01\""),
		CASE(2, "\1", "\"name\":\"UL\",\"data\":\"01\""),
		CASE(8, "\0\1\30", "\"name\":\"CSUBNET\",\"data\":\"000118\""),
		CASE(8, "\0\1\30\0\300\0",
			"\"name\":\"CSUBNET\",\"data\":\"00011800c000\""),
		CASE(8, "\0\1\30\0\300\0\2\1",
			"\"name\":\"CSUBNET\",\"data\":\"00011800c0000201\""),
		CASE(8, "\0\1\27\0\300\0\3",
			"\"name\":\"CSUBNET\",\"data\":\"00011700c00003\""),
		CASE(8, "\0\1\41\0\300\0\2\1\1",
			"\"name\":\"CSUBNET\","
			"\"data\":\"00012100c000020101\""),
		CASE(8, "\0\1\0\41",
			"\"name\":\"CSUBNET\",\"data\":\"00010021\""),
		CASE(8, "\0\3\0\0",
			"\"name\":\"CSUBNET\",\"data\":\"00030000\""),
		CASE(8, "", "\"name\":\"CSUBNET\""),
		CASE(9, "\0", "\"name\":\"EXPIRE\",\"data\":\"00\""),
		CASE(10, "1234567",
			"\"name\":\"COOKIE\",\"data\":\"31323334353637\""),
		CASE(10, "123456789",
			"\"name\":\"COOKIE\",\"data\":\"313233343536373839\""),
		CASE(11, "\1", "\"name\":\"KEEPALIVE\",\"data\":\"01\""),
		CASE(13, "\1a", "\"name\":\"CHAIN\",\"data\":\"0161\""),
		CASE(13, "\0\0", "\"name\":\"CHAIN\",\"data\":\"0000\""),
		CASE(14, "\1", "\"name\":\"KEY-TAG\",\"data\":\"01\""),
		CASE(15, "\0", "\"name\":\"EDE\",\"data\":\"00\""),
		CASE(15, "", "\"name\":\"EDE\""),
		CASE(16, "\1", "\"name\":\"CLIENT-TAG\",\"data\":\"01\""),
		CASE(18, "", "\"name\":\"REPORT-CHANNEL\""),
		CASE(19, "\2\0\1",
			"\"name\":\"ZONEVERSION\",\"data\":\"020001\""),
	};

	check_cases(cases, COUNT(cases), false);
}
END_TEST

static struct dns with_options(const void *options, size_t len, uint32_t ttl)
{
	return (struct dns){
		.msg = slice_from(options, len),
		.has_opt = true,
		.opt = { .type = 41,
			.class = 1232,
			.ttl = ttl,
			.rdlen = (uint16_t)len },
	};
}

static void check_edns(const void *options, size_t len, uint32_t ttl,
	const char *want, bool broken)
{
	static char out[1024];
	struct dns d = with_options(options, len, ttl);
	struct json j = json_begin((uint8_t *)out, sizeof(out) - 1, spill);
	size_t n;

	edns_write(&j, &d);
	n = json_end(&j);
	out[n] = '\0';
	ck_assert_str_eq(out, want);
	ck_assert_int_eq(edns_is_broken(&d), broken);
}

START_TEST(the_record_itself_has_size_rcode_version_and_flag)
{
	check_edns("", 0, 0,
		"{\"udp-size\":1232,\"rcode\":0,\"version\":0,"
		"\"dnssec-ok\":false,\"options\":[]}",
		false);
	check_edns("", 0, 0x01ff8000,
		"{\"udp-size\":1232,\"rcode\":1,\"version\":255,"
		"\"dnssec-ok\":true,\"options\":[]}",
		false);
	check_edns("\0\3\0\0\0\14\0\1\0", 9, 0,
		"{\"udp-size\":1232,\"rcode\":0,\"version\":0,"
		"\"dnssec-ok\":false,\"options\":["
		"{\"code\":3,\"name\":\"NSID\"},"
		"{\"code\":12,\"name\":\"PADDING\",\"length\":1}]}",
		false);
}
END_TEST

START_TEST(options_before_a_cut_one_are_there)
{
	check_edns("\0\3\0\1a\0\3\0\2a", 10, 0,
		"{\"udp-size\":1232,\"rcode\":0,\"version\":0,"
		"\"dnssec-ok\":false,\"options\":["
		"{\"code\":3,\"name\":\"NSID\",\"data\":\"61\"}]}",
		true);
	check_edns("\0\10\0\1a", 5, 0,
		"{\"udp-size\":1232,\"rcode\":0,\"version\":0,"
		"\"dnssec-ok\":false,\"options\":["
		"{\"code\":8,\"name\":\"CSUBNET\",\"data\":\"61\"}]}",
		true);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("edns");

	tcase_add_test(t, options_have_typed_members);
	tcase_add_test(t, broken_options_are_shown_as_hex);
	tcase_add_test(t, the_record_itself_has_size_rcode_version_and_flag);
	tcase_add_test(t, options_before_a_cut_one_are_there);
	return suite_run("edns", t);
}
