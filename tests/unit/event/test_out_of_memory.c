/* Every constructor of base, sync and event, with its k-th allocation failing
 * for each k: an error comes back, and (under AddressSanitizer) nothing leaks.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "event/compress.h"
#include "event/filler.h"
#include "lib/fault.h"
#include "lib/suite.h"

static const struct feed_settings settings = {
	.name = "test",
	.encoder = { .envelope = ENVELOPE_HEC, .host = "h", .index = "i" },
	.batch_events = 10,
	.batch_bytes = 4096,
	.buffer_events = 40,
};

static int make_stat_set(void)
{
	struct stat_set s;
	int r = stat_set_init(&s, 2);

	if (r == 0)
		stat_set_deinit(&s);
	return r;
}

static int make_feed(void)
{
	struct feed f;
	int r = feed_init(&f, &settings, 2, 1);

	if (r == 0)
		feed_deinit(&f);
	return r;
}

static int make_encoder(void)
{
	struct encoder *e = NULL;
	int r = encoder_new(&e, &settings.encoder);

	encoder_free(e);
	return r;
}

static int make_compressor(enum compression kind)
{
	struct compressor *c = NULL;
	int r = compressor_new(&c, kind, 1);
	struct slice out;

	if (r == 0)
		r = compressor_run(c, slice_from("abc", 3), &out);
	compressor_free(c);
	return r;
}

static int make_gzip(void)
{
	return make_compressor(COMPRESSION_GZIP);
}

static int make_zstd(void)
{
	/* another one makes the test, too, where there is no libzstd */
	return make_compressor(compression_built(COMPRESSION_ZSTD)
				       ? COMPRESSION_ZSTD
				       : COMPRESSION_GZIP);
}

static int make_text(void)
{
	struct buf b = BUF_NULL;
	char *text;

	for (int i = 0; i < 100; i++)
		buf_printf(&b, "line %d\n", i);
	text = buf_take(&b);
	free(text);
	return text == NULL ? -ENOMEM : 0;
}

static int (*const makers[])(void) = { make_stat_set, make_feed, make_encoder,
	make_gzip, make_zstd, make_text };

START_TEST(each_failed_allocation_is_an_error)
{
	unsigned k = 0;
	bool failed;
	int r;

	do {
		fault_alloc_at(++k);
		r = makers[_i]();
		failed = fault_happened();
		fault_alloc_at(0); /* check allocates too */
		ck_assert_int_eq(r, failed ? -ENOMEM : 0);
	} while (failed);
	ck_assert_uint_gt(k, 1);
}
END_TEST

START_TEST(a_batch_without_memory_costs_its_events_only)
{
	const struct event e = {
		.tap = { .has = DNSTAP_HAS_TYPE | DNSTAP_HAS_MESSAGE |
				DNSTAP_HAS_OPERATION,
			.type = 1,
			.operation = DNSTAP_CLIENT_QUERY },
	};
	struct filler filler;
	struct feed f;

	ck_assert_int_eq(feed_init(&f, &settings, 1, 1), 0);
	ck_assert_int_eq(filler_init(&filler, &f, 0), 0);
	fault_alloc_at((unsigned)_i); /* a batch has two buffers */
	filler_add(&filler, &e, 0);
	ck_assert(fault_happened());
	fault_alloc_at(0);
	ck_assert_uint_eq(stat_sum(&f.stats, OUTPUT_DROPPED_NO_MEMORY), 1);
	ck_assert_uint_eq(batch_pool_used(&f.pool), 0);
	filler_add(&filler, &e, 0);
	ck_assert_uint_eq(stat_sum(&f.stats, OUTPUT_TAKEN), 1);
	filler_deinit(&filler);
	feed_deinit(&f);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("out_of_memory");

	tcase_add_loop_test(
		t, each_failed_allocation_is_an_error, 0, COUNT(makers));
	tcase_add_loop_test(
		t, a_batch_without_memory_costs_its_events_only, 1, 3);
	return suite_run("out_of_memory", t);
}
