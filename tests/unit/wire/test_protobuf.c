#include "wire/protobuf.h"

#include "lib/exact.h"
#include "lib/suite.h"

/* Octets with their length, from a literal. */
#define OCTETS(s)                  \
	{                          \
		(s), sizeof(s) - 1 \
	}

struct octets {
	const char *data;
	size_t len;
};

START_TEST(varints_of_every_length_are_read)
{
	for (unsigned bits = 0; bits <= 64; bits++) {
		uint64_t want = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
		uint8_t octets[10];
		struct protobuf c;
		struct slice s;
		uint64_t got, v = want;
		size_t n = 0;

		do {
			octets[n] = (uint8_t)(v & 0x7f);
			v >>= 7;
			if (v != 0)
				octets[n] |= 0x80;
			n++;
		} while (v != 0);
		s = exact_copy(octets, n);
		c = protobuf_from(s);
		ck_assert(protobuf_varint(&c, &got));
		ck_assert_uint_eq(got, want);
		ck_assert(!protobuf_more(&c));
		for (size_t cut = 0; cut < n; cut++) {
			struct slice prefix = exact_copy(octets, cut);

			c = protobuf_from(prefix);
			ck_assert(!protobuf_varint(&c, &got));
			ck_assert_ptr_eq(c.p, prefix.data);
			exact_free(prefix);
		}
		exact_free(s);
	}
}
END_TEST

START_TEST(a_varint_may_be_longer_than_it_needs)
{
	static const struct octets cases[] = {
		OCTETS("\x85\x00"),
		OCTETS("\x85\x80\x00"),
		OCTETS("\x85\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice s = exact_copy(cases[i].data, cases[i].len);
		struct protobuf c = protobuf_from(s);
		uint64_t v;

		ck_assert(protobuf_varint(&c, &v));
		ck_assert_uint_eq(v, 5);
		ck_assert(!protobuf_more(&c));
		exact_free(s);
	}
}
END_TEST

START_TEST(an_eleventh_octet_and_a_sixty_fifth_bit_are_refused)
{
	static const struct octets cases[] = {
		OCTETS("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
		OCTETS("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"),
		OCTETS("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct protobuf c =
			protobuf_from(slice_from(cases[i].data, cases[i].len));
		uint64_t v;

		ck_assert(!protobuf_varint(&c, &v));
	}
}
END_TEST

START_TEST(tags_have_a_field_number_and_32_bits)
{
	static const struct {
		struct octets octets;
		uint32_t tag; /* 0: refused */
	} cases[] = {
		{ OCTETS("\x0a"), PROTOBUF_TAG(1, PROTOBUF_BYTES) },
		{ OCTETS("\x78"), PROTOBUF_TAG(15, PROTOBUF_VARINT) },
		{ OCTETS("\x80\x01"), PROTOBUF_TAG(16, PROTOBUF_VARINT) },
		{ OCTETS("\x8a\x80\x00"), PROTOBUF_TAG(1, PROTOBUF_BYTES) },
		{ OCTETS("\xf8\xff\xff\xff\x0f"),
			PROTOBUF_TAG(536870911, PROTOBUF_VARINT) },
		{ OCTETS("\x00"), 0 },
		{ OCTETS("\x07"), 0 },
		{ OCTETS("\x82\x00"), 0 },
		{ OCTETS("\x80"), 0 },
		{ OCTETS("\xf8\xff\xff\xff\x1f"), 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice s =
			exact_copy(cases[i].octets.data, cases[i].octets.len);
		struct protobuf c = protobuf_from(s);
		uint32_t tag = 0;

		ck_assert(protobuf_tag(&c, &tag) == (cases[i].tag != 0));
		ck_assert_uint_eq(tag, cases[i].tag);
		exact_free(s);
	}
}
END_TEST

START_TEST(bytes_end_within_the_message)
{
	static const struct octets refused[] = {
		OCTETS(""), OCTETS("\x01"),
		OCTETS("\x04"
		       "abc"),
		OCTETS("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), /* 2^63 */
		OCTETS("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* 2^64-1 */
	};
	struct slice s = exact_copy("\x03"
				    "abc",
		4);
	struct protobuf c = protobuf_from(s);
	struct slice bytes;

	ck_assert(protobuf_bytes(&c, &bytes));
	ck_assert_ptr_eq(bytes.data, s.data + 1);
	ck_assert_uint_eq(bytes.len, 3);
	ck_assert(!protobuf_more(&c));
	exact_free(s);
	for (size_t i = 0; i < COUNT(refused); i++) {
		s = exact_copy(refused[i].data, refused[i].len);
		c = protobuf_from(s);
		ck_assert(!protobuf_bytes(&c, &bytes));
		ck_assert_ptr_eq(c.p, s.data);
		exact_free(s);
	}
}
END_TEST

START_TEST(fixed32_is_little_endian)
{
	struct slice s = exact_copy("\x78\x56\x34\x12", 4);
	struct protobuf c = protobuf_from(s);
	uint32_t v;

	ck_assert(protobuf_fixed32(&c, &v));
	ck_assert_uint_eq(v, 0x12345678);
	c = protobuf_from(slice_from(s.data + 1, 3));
	ck_assert(!protobuf_fixed32(&c, &v));
	exact_free(s);
}
END_TEST

/* Octets skipped behind the tag of an unknown field, -1 when refused. */
static long skipped(uint32_t tag, const char *data, size_t len)
{
	struct slice s = exact_copy(data, len);
	const uint8_t *end = protobuf_skip(protobuf_from(s), tag);
	long n = end == NULL ? -1 : (long)(end - s.data);

	exact_free(s);
	return n;
}

#define SKIPPED(field, wire, s) \
	skipped(PROTOBUF_TAG(field, wire), (s), sizeof(s) - 1)

START_TEST(a_value_of_each_wire_type_is_skipped)
{
	ck_assert_int_eq(SKIPPED(99, PROTOBUF_VARINT, "\x80\x01_"), 2);
	ck_assert_int_eq(SKIPPED(99, PROTOBUF_FIXED64, "12345678_"), 8);
	ck_assert_int_eq(SKIPPED(99, PROTOBUF_BYTES,
				 "\x02"
				 "ab_"),
		3);
	ck_assert_int_eq(SKIPPED(99, PROTOBUF_FIXED32, "1234_"), 4);
	ck_assert_int_eq(SKIPPED(2, PROTOBUF_GROUP, "\x14_"), 1);
	ck_assert_int_eq(SKIPPED(2, PROTOBUF_GROUP,
				 "\x08\x01" /* 1: varint */
				 "\x1b\x0d"
				 "1234\x1c"  /* 3: group of a fixed32 */
				 "\x22\x01x" /* 4: bytes */
				 "\x14_"),
		13);
}
END_TEST

START_TEST(a_value_that_is_cut_or_of_no_wire_type_is_refused)
{
	ck_assert_int_eq(SKIPPED(99, PROTOBUF_VARINT, "\x80"), -1);
	ck_assert_int_eq(SKIPPED(99, PROTOBUF_FIXED64, "1234567"), -1);
	ck_assert_int_eq(SKIPPED(99, PROTOBUF_BYTES,
				 "\x02"
				 "a"),
		-1);
	ck_assert_int_eq(SKIPPED(99, PROTOBUF_FIXED32, "123"), -1);
	ck_assert_int_eq(SKIPPED(99, 6, "12345678"), -1);
	ck_assert_int_eq(SKIPPED(99, 7, "12345678"), -1);
}
END_TEST

START_TEST(groups_end_with_their_own_number)
{
	ck_assert_int_eq(SKIPPED(2, PROTOBUF_GROUP, ""), -1);
	ck_assert_int_eq(SKIPPED(2, PROTOBUF_GROUP, "\x1c"), -1);
	ck_assert_int_eq(SKIPPED(2, PROTOBUF_GROUP, "\x1b\x14\x1c"), -1);
	ck_assert_int_eq(SKIPPED(2, PROTOBUF_GROUP_END, "\x14"), -1);
}
END_TEST

START_TEST(groups_nest_up_to_the_limit)
{
	char open[200];
	char close[200];

	memset(open, 0x0b, sizeof(open));
	memset(close, 0x0c, sizeof(close));
	for (size_t depth = 1; depth < 150; depth++) {
		char octets[400];
		long want = depth <= PROTOBUF_DEPTH_MAX ? (long)(2 * depth - 1)
							: -1;

		/* The outermost group's tag has been read already. */
		memcpy(octets, open, depth - 1);
		memcpy(octets + depth - 1, close, depth);
		ck_assert_int_eq(skipped(PROTOBUF_TAG(1, PROTOBUF_GROUP),
					 octets, 2 * depth - 1),
			want);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("protobuf");

	tcase_add_test(t, varints_of_every_length_are_read);
	tcase_add_test(t, a_varint_may_be_longer_than_it_needs);
	tcase_add_test(t, an_eleventh_octet_and_a_sixty_fifth_bit_are_refused);
	tcase_add_test(t, tags_have_a_field_number_and_32_bits);
	tcase_add_test(t, bytes_end_within_the_message);
	tcase_add_test(t, fixed32_is_little_endian);
	tcase_add_test(t, a_value_of_each_wire_type_is_skipped);
	tcase_add_test(t, a_value_that_is_cut_or_of_no_wire_type_is_refused);
	tcase_add_test(t, groups_end_with_their_own_number);
	tcase_add_test(t, groups_nest_up_to_the_limit);
	return suite_run("protobuf", t);
}
