#include <check.h>
#include <libknot/libknot.h>
#include <stdio.h>

#include "event/mnemonic.h"
#include "lib/suite.h"
#include "wire/dnstap.h"

static struct mnemonics words;

static const char *type_text(uint16_t type)
{
	static char text[64];

	*mnemonic_type((uint8_t *)text, &words, type) = '\0';
	return text;
}

static const char *class_text(uint16_t class)
{
	static char text[64];

	*mnemonic_class((uint8_t *)text, class) = '\0';
	return text;
}

static const char *rcode_text(unsigned rcode)
{
	static char text[64];

	*mnemonic_rcode((uint8_t *)text, &words, rcode) = '\0';
	return text;
}

static const char *word_text(const struct word *w)
{
	static char text[WORD_MAX + 1];

	*word_put((uint8_t *)text, w) = '\0';
	return text;
}

/* Where libknot has a name it is ours; else ours is a name or TYPEn. */
START_TEST(types_are_those_of_libknot_and_more)
{
	for (unsigned type = 0; type < 65536; type++) {
		char knot[64];
		char number[64];

		ck_assert_int_gt(knot_rrtype_to_string(
					 (uint16_t)type, knot, sizeof(knot)),
			0);
		snprintf(number, sizeof(number), "TYPE%u", type);
		if (strcmp(knot, number) != 0)
			ck_assert_str_eq(type_text((uint16_t)type), knot);
		else if (strncmp(type_text((uint16_t)type), "TYPE", 4) == 0)
			ck_assert_str_eq(type_text((uint16_t)type), number);
	}
}
END_TEST

START_TEST(types_that_libknot_lacks_have_ianas_names)
{
	ck_assert_str_eq(type_text(0), "TYPE0");
	ck_assert_str_eq(type_text(3), "MD");
	ck_assert_str_eq(type_text(23), "NSAP-PTR");
	ck_assert_str_eq(type_text(55), "HIP");
	ck_assert_str_eq(type_text(128), "NXNAME");
	ck_assert_str_eq(type_text(255), "ANY");
	ck_assert_str_eq(type_text(260), "AMTRELAY");
	ck_assert_str_eq(type_text(261), "RESINFO");
	ck_assert_str_eq(type_text(262), "WALLET");
	ck_assert_str_eq(type_text(263), "CLA");
	ck_assert_str_eq(type_text(264), "IPN");
	ck_assert_str_eq(type_text(265), "TYPE265");
	ck_assert_str_eq(type_text(32768), "TA");
	ck_assert_str_eq(type_text(32769), "DLV");
	ck_assert_str_eq(type_text(65280), "TYPE65280");
	ck_assert_str_eq(type_text(65535), "TYPE65535");
}
END_TEST

START_TEST(classes_are_ianas)
{
	ck_assert_str_eq(class_text(1), "IN");
	ck_assert_str_eq(class_text(3), "CH");
	ck_assert_str_eq(class_text(4), "HS");
	ck_assert_str_eq(class_text(254), "NONE");
	ck_assert_str_eq(class_text(255), "ANY");
	ck_assert_str_eq(class_text(0), "CLASS0");
	ck_assert_str_eq(class_text(42), "CLASS42");
	ck_assert_str_eq(class_text(65535), "CLASS65535");
}
END_TEST

START_TEST(rcodes_are_ianas)
{
	static const char *const want[] = { "NOERROR", "FORMERR", "SERVFAIL",
		"NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
		"NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI", "RCODE12",
		"RCODE13", "RCODE14", "RCODE15", "BADVERS", "BADKEY", "BADTIME",
		"BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE",
		"RCODE24" };

	for (unsigned i = 0; i < COUNT(want); i++)
		ck_assert_str_eq(rcode_text(i), want[i]);
	ck_assert_str_eq(rcode_text(4095), "RCODE4095");
}
END_TEST

START_TEST(opcodes_are_ianas)
{
	static const char *const want[] = { "QUERY", "IQUERY", "STATUS",
		"OPCODE3", "NOTIFY", "UPDATE", "DSO", "OPCODE7" };

	for (unsigned i = 0; i < COUNT(want); i++)
		ck_assert_str_eq(word_text(&words.opcodes[i]), want[i]);
	ck_assert_str_eq(word_text(&words.opcodes[15]), "OPCODE15");
}
END_TEST

static void check_enum(
	const struct word *table, int32_t n, const char *(*name)(int32_t))
{
	for (int32_t i = -2; i < n + 3; i++) {
		char number[16];
		char text[64];

		snprintf(number, sizeof(number), "%d", i);
		*mnemonic_enum((uint8_t *)text, table, n, i) = '\0';
		ck_assert_str_eq(text, name(i) != NULL ? name(i) : number);
	}
	/* the tables are as long as the schema is */
	ck_assert_ptr_null(name(n));
}

START_TEST(dnstap_numbers_are_named_as_the_schema_does)
{
	char text[64];

	check_enum(
		words.operations, MNEMONIC_OPERATIONS, dnstap_operation_name);
	check_enum(words.families, MNEMONIC_FAMILIES, dnstap_family_name);
	check_enum(words.protocols, MNEMONIC_PROTOCOLS, dnstap_protocol_name);
	*mnemonic_enum((uint8_t *)text, words.operations, MNEMONIC_OPERATIONS,
		INT32_MIN) = '\0';
	ck_assert_str_eq(text, "-2147483648");
	*mnemonic_name((uint8_t *)text, NULL, INT32_MAX) = '\0';
	ck_assert_str_eq(text, "2147483647");
	*mnemonic_name((uint8_t *)text, "HTTP2", 2) = '\0';
	ck_assert_str_eq(text, "HTTP2");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("mnemonic");

	mnemonics_init(&words);
	tcase_add_test(t, types_are_those_of_libknot_and_more);
	tcase_add_test(t, types_that_libknot_lacks_have_ianas_names);
	tcase_add_test(t, classes_are_ianas);
	tcase_add_test(t, rcodes_are_ianas);
	tcase_add_test(t, opcodes_are_ianas);
	tcase_add_test(t, dnstap_numbers_are_named_as_the_schema_does);
	return suite_run("mnemonic", t);
}
