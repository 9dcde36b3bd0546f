#include "event/compress.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "lib/suite.h"

/* What a collector's gzip would make of it. */
static void assert_unpacks_to(struct slice packed, struct slice plain)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	uint8_t *out = malloc(plain.len + 1);
	size_t n = 0;

	ck_assert_int_eq(libdeflate_gzip_decompress(d, packed.data, packed.len,
				 out, plain.len + 1, &n),
		LIBDEFLATE_SUCCESS);
	ck_assert_uint_eq(n, plain.len);
	ck_assert_mem_eq(out, plain.data, n);
	free(out);
	libdeflate_free_decompressor(d);
}

START_TEST(every_level_gives_the_same_bytes_back)
{
	char text[20000];
	struct compressor *c;
	struct slice out;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	ck_assert_int_eq(compressor_new(&c, _i), 0);
	struct slice in = slice_from(text, sizeof(text));

	ck_assert_int_eq(compressor_gzip(c, in, &out), 0);
	ck_assert_uint_lt(out.len, in.len);
	assert_unpacks_to(out, in);
	ck_assert_ptr_null(compressor_free(c));
}
END_TEST

START_TEST(one_compressor_takes_bodies_of_all_sizes)
{
	static const size_t sizes[] = { 0, 1, 70000, 3, 200000, 1000 };
	uint8_t *data = malloc(200000);
	struct compressor *c;
	struct slice out;
	uint32_t seed = 1;

	for (size_t i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24); /* does not compress */
	}
	ck_assert_int_eq(compressor_new(&c, 1), 0);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct slice in = slice_from(data, sizes[i]);

		ck_assert_int_eq(compressor_gzip(c, in, &out), 0);
		assert_unpacks_to(out, in);
	}
	compressor_free(c);
	free(data);
}
END_TEST

START_TEST(a_level_that_does_not_exist_is_refused)
{
	struct compressor *c = NULL;

	ck_assert_int_lt(compressor_new(&c, 99), 0);
	ck_assert_ptr_null(c);
	ck_assert_ptr_null(compressor_free(NULL));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("compress");

	tcase_add_loop_test(t, every_level_gives_the_same_bytes_back, 1, 13);
	tcase_add_test(t, one_compressor_takes_bodies_of_all_sizes);
	tcase_add_test(t, a_level_that_does_not_exist_is_refused);
	return suite_run("compress", t);
}
