/* Bodies: how compressed ones are decoded, and what is refused. */
#include "load/body.h"

#include <errno.h>
#include <stdlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "lib/fault.h"
#include "lib/suite.h"

static const char text[] = "{\"event\":1}\n{\"event\":2}\n{\"event\":3}\n";
static const struct slice line = { (const uint8_t *)text, sizeof(text) - 1 };

static struct body body;

static void teardown(void)
{
	body_deinit(&body);
}

/* Appends what a sender would make of it. */
static void add_packed(enum compression coding, struct slice plain)
{
	struct compressor *c;
	struct slice packed;

	ck_assert_int_eq(compressor_new(&c, coding, 1), 0);
	ck_assert_int_eq(compressor_run(c, plain, &packed), 0);
	ck_assert_int_eq(body_add(&body, packed), 0);
	compressor_free(c);
}

static void assert_line(void)
{
	ck_assert_uint_eq(body.len, line.len);
	ck_assert_mem_eq(body.data, line.data, line.len);
}

START_TEST(parts_of_a_body_follow_each_other)
{
	enum compression coding = (enum compression)_i;

	if (!compression_built(coding))
		return;
	add_packed(coding, slice_from(line.data, 5));
	add_packed(coding, slice_from(line.data + 5, 0));
	add_packed(coding, slice_from(line.data + 5, line.len - 5));
	ck_assert_int_eq(body_decode(&body, coding), 0);
	assert_line();
}
END_TEST

START_TEST(what_packs_well_grows_as_it_must)
{
	enum { LEN = 10 * 1024 * 1024 };
	enum compression coding = (enum compression)_i;
	uint8_t *zeros = calloc(1, LEN);

	if (compression_built(coding)) {
		add_packed(coding, slice_from(zeros, LEN));
		add_packed(coding, line);
		ck_assert_uint_lt(body.len, LEN / 100);
		ck_assert_int_eq(body_decode(&body, coding), 0);
		ck_assert_uint_eq(body.len, LEN + line.len);
		ck_assert_mem_eq(body.data, zeros, LEN);
		ck_assert_mem_eq(body.data + LEN, line.data, line.len);
	}
	free(zeros);
}
END_TEST

START_TEST(a_body_that_was_cut_is_refused)
{
	enum compression coding = (enum compression)_i;
	size_t whole;

	if (!compression_built(coding))
		return;
	add_packed(coding, line);
	whole = body.len;
	for (size_t len = 1; len < whole; len++) {
		body.len = len;
		ck_assert_int_eq(body_decode(&body, coding), BODY_E_CODING);
		ck_assert_uint_eq(body.len, len); /* as it was */
	}
	body.len = whole;
	ck_assert_int_eq(body_decode(&body, coding), 0);
	assert_line();
}
END_TEST

START_TEST(what_is_no_such_body_is_refused)
{
	enum compression coding = (enum compression)_i;

	if (!compression_built(coding))
		return;
	ck_assert_int_eq(body_add(&body, line), 0);
	ck_assert_int_eq(body_decode(&body, coding), BODY_E_CODING);
	assert_line();
	body.len = 0;
	add_packed(coding, line);
	ck_assert_int_eq(body_add(&body, line), 0); /* behind a good one */
	ck_assert_int_eq(body_decode(&body, coding), BODY_E_CODING);
	body.len = 0;
	ck_assert_int_eq(body_decode(&body, coding), 0);
	ck_assert_uint_eq(body.len, 0);
}
END_TEST

START_TEST(a_body_without_encoding_stays)
{
	ck_assert_int_eq(body_add(&body, line), 0);
	ck_assert_int_eq(body_decode(&body, COMPRESSION_NONE), 0);
	assert_line();
}
END_TEST

START_TEST(without_memory_the_body_stays)
{
	enum compression coding = (enum compression)_i;
	size_t len;
	int r;

	if (!compression_built(coding))
		return;
	add_packed(coding, line);
	len = body.len;
	fault_alloc_at(1);
	r = body_decode(&body, coding);
	fault_alloc_at(0); /* check allocates too */
	ck_assert_int_eq(r, -ENOMEM);
	ck_assert_uint_eq(body.len, len);
	ck_assert_int_eq(body_decode(&body, coding), 0);
	assert_line();
}
END_TEST

#ifdef HAVE_ZSTD
/* A frame of so many zeros that does not tell their number. */
static void add_zeros(size_t n)
{
	enum { PIECE = 1024 * 1024 };
	uint8_t *zeros = calloc(1, PIECE), *packed = malloc(PIECE);
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t left = 1;

	while (left != 0) {
		size_t some = n < PIECE ? n : PIECE;
		ZSTD_inBuffer in = { zeros, some, 0 };
		ZSTD_outBuffer out = { packed, PIECE, 0 };

		n -= some;
		left = ZSTD_compressStream2(
			c, &out, &in, n > 0 ? ZSTD_e_flush : ZSTD_e_end);
		ck_assert(!ZSTD_isError(left));
		ck_assert_int_eq(
			body_add(&body, slice_from(packed, out.pos)), 0);
		if (n > 0)
			left = 1;
	}
	ZSTD_freeCCtx(c);
	free(packed);
	free(zeros);
}

START_TEST(a_bomb_goes_off_at_the_limit)
{
	size_t largest;

	add_zeros(BODY_MAX);
	largest = body.len;
	ck_assert_uint_lt(largest, BODY_MAX / 1000);
	add_zeros(1); /* all frames together have one limit */
	ck_assert_int_eq(body_decode(&body, COMPRESSION_ZSTD), BODY_E_SIZE);
	body.len = largest;
	ck_assert_int_eq(body_decode(&body, COMPRESSION_ZSTD), 0);
	ck_assert_uint_eq(body.len, BODY_MAX);
	body_deinit(&body);
	add_zeros((size_t)BODY_MAX + 1);
	ck_assert_int_eq(body_decode(&body, COMPRESSION_ZSTD), BODY_E_SIZE);
}
END_TEST

/* A frame of "hello" in a window of 2^log octets; NULL: no size (RFC 8878,
 * 3.1.1). */
static void add_hello(unsigned log, const uint8_t size[8])
{
	const uint8_t begin[] = { 0x28, 0xb5, 0x2f, 0xfd, /* magic number */
		size != NULL ? 0xc0 : 0, (uint8_t)((log - 10) << 3) };
	static const uint8_t end[] = { 5 << 3 | 1, 0, 0, /* one raw block */
		'h', 'e', 'l', 'l', 'o' };

	ck_assert_int_eq(body_add(&body, slice_from(begin, sizeof(begin))), 0);
	if (size != NULL)
		ck_assert_int_eq(body_add(&body, slice_from(size, 8)), 0);
	ck_assert_int_eq(body_add(&body, slice_from(end, sizeof(end))), 0);
}

START_TEST(the_size_that_a_frame_tells_is_not_believed)
{
	static const uint8_t sizes[][8] = { { 4 }, { 6 },
		{ 0, 0, 0, 0, 0, 16 }, /* 16 TiB */
		{ 255, 255, 255, 255, 255, 255, 255, 127 } };
	static const uint8_t true_size[8] = { 5 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		add_hello(20, sizes[i]);
		ck_assert_int_eq(
			body_decode(&body, COMPRESSION_ZSTD), BODY_E_CODING);
		body_deinit(&body);
	}
	add_hello(20, true_size);
	ck_assert_int_eq(body_decode(&body, COMPRESSION_ZSTD), 0);
	ck_assert_uint_eq(body.len, 5);
	ck_assert_mem_eq(body.data, "hello", 5);
}
END_TEST

START_TEST(a_window_is_as_large_as_http_allows)
{
	add_hello(23, NULL);
	ck_assert_int_eq(body_decode(&body, COMPRESSION_ZSTD), 0);
	body_deinit(&body);
	add_hello(24, NULL);
	ck_assert_int_eq(body_decode(&body, COMPRESSION_ZSTD), BODY_E_CODING);
}
END_TEST

START_TEST(a_frame_to_be_skipped_is_skipped)
{
	static const uint8_t skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0,
		'a', 'b', 'c' };

	ck_assert_int_eq(
		body_add(&body, slice_from(skippable, sizeof(skippable))), 0);
	add_packed(COMPRESSION_ZSTD, line);
	ck_assert_int_eq(body_decode(&body, COMPRESSION_ZSTD), 0);
	assert_line();
}
END_TEST
#endif

#define FOR_EACH(test) \
	tcase_add_loop_test(tc, test, COMPRESSION_GZIP, COMPRESSION_ZSTD + 1)

int main(void)
{
	TCase *tc = tcase_create("body");

	tcase_add_checked_fixture(tc, NULL, teardown);
	FOR_EACH(parts_of_a_body_follow_each_other);
	FOR_EACH(what_packs_well_grows_as_it_must);
	FOR_EACH(a_body_that_was_cut_is_refused);
	FOR_EACH(what_is_no_such_body_is_refused);
	FOR_EACH(without_memory_the_body_stays);
	tcase_add_test(tc, a_body_without_encoding_stays);
#ifdef HAVE_ZSTD
	tcase_add_test(tc, a_bomb_goes_off_at_the_limit);
	tcase_add_test(tc, the_size_that_a_frame_tells_is_not_believed);
	tcase_add_test(tc, a_window_is_as_large_as_http_allows);
	tcase_add_test(tc, a_frame_to_be_skipped_is_skipped);
#endif
	return suite_run("body", tc);
}
