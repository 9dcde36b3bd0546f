#include "lib/exact.h"
#include "lib/suite.h"
#include "wire/dns.h"

/* NSID without data, a cookie of eight octets, an unknown one of one. */
static const char options[] = "\0\3\0\0"
			      "\0\12\0\10"
			      "12345678"
			      "\xff\xfe\0\1"
			      "x";
enum { OPTIONS_LEN = sizeof(options) - 1 };

START_TEST(options_come_in_their_order)
{
	struct slice all = exact_copy(options, OPTIONS_LEN);
	struct slice rest = all;
	struct dns_option option;
	bool malformed = true;

	ck_assert(dns_option_next(&rest, &option, &malformed));
	ck_assert_uint_eq(option.code, 3);
	ck_assert_uint_eq(option.data.len, 0);
	ck_assert(dns_option_next(&rest, &option, &malformed));
	ck_assert_uint_eq(option.code, 10);
	ck_assert_uint_eq(option.data.len, 8);
	ck_assert_mem_eq(option.data.data, "12345678", 8);
	ck_assert(dns_option_next(&rest, &option, &malformed));
	ck_assert_uint_eq(option.code, 65534);
	ck_assert_uint_eq(option.data.len, 1);
	ck_assert(!dns_option_next(&rest, &option, &malformed));
	ck_assert(!malformed);
	exact_free(all);
}
END_TEST

START_TEST(every_cut_but_between_options_is_malformed)
{
	for (size_t len = 0; len < OPTIONS_LEN; len++) {
		struct slice all = exact_copy(options, len);
		struct slice rest = all;
		struct dns_option option;
		bool malformed;
		unsigned n = 0;

		while (dns_option_next(&rest, &option, &malformed))
			n++;
		ck_assert_uint_eq(n, (len >= 4) + (len >= 16));
		ck_assert(malformed == (len != 0 && len != 4 && len != 16));
		exact_free(all);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("dns_option");

	tcase_add_test(t, options_come_in_their_order);
	tcase_add_test(t, every_cut_but_between_options_is_malformed);
	return suite_run("dns_option", t);
}
