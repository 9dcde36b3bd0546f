#include "event/compress.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "lib/suite.h"

/* What a collector would make of it. */
static size_t unpack(
	enum compression kind, struct slice packed, uint8_t *out, size_t cap)
{
	size_t n = 0;

	if (kind == COMPRESSION_GZIP) {
		struct libdeflate_decompressor *d =
			libdeflate_alloc_decompressor();

		ck_assert_int_eq(libdeflate_gzip_decompress(d, packed.data,
					 packed.len, out, cap, &n),
			LIBDEFLATE_SUCCESS);
		libdeflate_free_decompressor(d);
	}
#ifdef HAVE_ZSTD
	if (kind == COMPRESSION_ZSTD) {
		ck_assert_uint_eq(
			ZSTD_findFrameCompressedSize(packed.data, packed.len),
			packed.len);
		n = ZSTD_decompress(out, cap, packed.data, packed.len);
		ck_assert(!ZSTD_isError(n));
		ck_assert_uint_eq(
			ZSTD_getFrameContentSize(packed.data, packed.len), n);
	}
#endif
	return n;
}

static void assert_unpacks_to(
	enum compression kind, struct slice packed, struct slice plain)
{
	uint8_t *out = malloc(plain.len + 1);
	size_t n = unpack(kind, packed, out, plain.len + 1);

	ck_assert_uint_eq(n, plain.len);
	ck_assert_mem_eq(out, plain.data, n);
	free(out);
}

START_TEST(every_level_gives_the_same_bytes_back)
{
	enum compression kind = _i % 2 ? COMPRESSION_ZSTD : COMPRESSION_GZIP;
	char text[20000];
	struct compressor *c;
	struct slice out;

	if (!compression_built(kind))
		return;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	ck_assert_int_eq(compressor_new(&c, kind, _i / 2), 0);
	struct slice in = slice_from(text, sizeof(text));

	ck_assert_int_eq(compressor_run(c, in, &out), 0);
	ck_assert_uint_lt(out.len, in.len);
	assert_unpacks_to(kind, out, in);
	ck_assert_ptr_null(compressor_free(c));
}
END_TEST

START_TEST(one_compressor_takes_bodies_of_all_sizes)
{
	static const size_t sizes[] = { 0, 1, 70000, 3, 20000000, 1000, 0 };
	enum compression kind = (enum compression)_i;
	uint8_t *data = malloc(20000000);
	struct compressor *c;
	struct slice out;
	uint32_t seed = 1;

	if (!compression_built(kind)) {
		free(data);
		return;
	}
	for (size_t i = 0; i < 20000000; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24); /* does not compress */
	}
	ck_assert_int_eq(compressor_new(&c, kind, 1), 0);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct slice in = slice_from(data, sizes[i]);

		ck_assert_int_eq(compressor_run(c, in, &out), 0);
		assert_unpacks_to(kind, out, in);
	}
	compressor_free(c);
	free(data);
}
END_TEST

#ifdef HAVE_ZSTD
START_TEST(no_frame_wants_a_larger_window_than_http_allows)
{
	enum { LARGE = 40000000, HTTP_WINDOW_LOG = 23 }; /* RFC 9659 */
	uint8_t *data = calloc(1, LARGE), *part = malloc(1 << 20);
	ZSTD_DCtx *d = ZSTD_createDCtx();
	struct compressor *c;
	struct slice packed;
	size_t left = 1;
	uint64_t n = 0;

	ck_assert_int_eq(compressor_new(&c, COMPRESSION_ZSTD, _i), 0);
	ck_assert_int_eq(
		compressor_run(c, slice_from(data, LARGE), &packed), 0);
	ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, HTTP_WINDOW_LOG);
	for (ZSTD_inBuffer in = { packed.data, packed.len, 0 }; left != 0;) {
		ZSTD_outBuffer out = { part, 1 << 20, 0 };

		left = ZSTD_decompressStream(d, &out, &in);
		ck_assert(!ZSTD_isError(left));
		n += out.pos;
	}
	ck_assert_uint_eq(n, LARGE);
	ZSTD_freeDCtx(d);
	compressor_free(c);
	free(part);
	free(data);
}
END_TEST
#endif

START_TEST(a_level_that_does_not_exist_is_refused)
{
	static const int levels[] = { -1, 0, 13, 99 };
	struct compressor *c = NULL;

	for (size_t i = 0; i < COUNT(levels); i++) {
		ck_assert_int_eq(
			compressor_new(&c, COMPRESSION_GZIP, levels[i]),
			-EINVAL);
		ck_assert_int_eq(
			compressor_new(&c, COMPRESSION_ZSTD, levels[i]),
			-EINVAL);
	}
	ck_assert_ptr_null(c);
	ck_assert_ptr_null(compressor_free(NULL));
}
END_TEST

START_TEST(a_kind_that_is_not_built_is_refused)
{
	struct compressor *c = NULL;

	ck_assert_int_eq(compressor_new(&c, COMPRESSION_NONE, 1), -ENOTSUP);
	ck_assert_ptr_null(c);
	ck_assert(compression_built(COMPRESSION_NONE));
	ck_assert(compression_built(COMPRESSION_GZIP));
	ck_assert_int_eq(compressor_new(&c, COMPRESSION_ZSTD, 1),
		compression_built(COMPRESSION_ZSTD) ? 0 : -ENOTSUP);
	compressor_free(c);
}
END_TEST

START_TEST(kinds_are_named_as_in_content_encoding)
{
	ck_assert_ptr_null(compression_name(COMPRESSION_NONE));
	ck_assert_str_eq(compression_name(COMPRESSION_GZIP), "gzip");
	ck_assert_str_eq(compression_name(COMPRESSION_ZSTD), "zstd");
	ck_assert_int_eq(compression_find("gzip"), COMPRESSION_GZIP);
	ck_assert_int_eq(compression_find("zstd"), COMPRESSION_ZSTD);
	ck_assert_int_eq(compression_find("br"), COMPRESSION_NONE);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("compress");

	tcase_add_loop_test(t, every_level_gives_the_same_bytes_back,
		2 * COMPRESSION_LEVEL_MIN, 2 * COMPRESSION_LEVEL_MAX + 2);
	tcase_add_loop_test(t, one_compressor_takes_bodies_of_all_sizes,
		COMPRESSION_GZIP, COMPRESSION_ZSTD + 1);
#ifdef HAVE_ZSTD
	tcase_add_loop_test(t, no_frame_wants_a_larger_window_than_http_allows,
		COMPRESSION_LEVEL_MIN, COMPRESSION_LEVEL_MAX + 1);
#endif
	tcase_add_test(t, a_level_that_does_not_exist_is_refused);
	tcase_add_test(t, a_kind_that_is_not_built_is_refused);
	tcase_add_test(t, kinds_are_named_as_in_content_encoding);
	return suite_run("compress", t);
}
