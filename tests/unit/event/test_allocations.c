#include <stdlib.h>

#include "event/filler.h"
#include "lib/fault.h"
#include "lib/suite.h"
#include "load/tape.h"

enum { EVENTS = 5000, BATCH_EVENTS = 100 };

static struct feed feed;
static struct filler filler;
static struct dns_record records[DNS_RECORDS_MAX];

/* All of the tape through decoding, encoding and the ring, and back. */
static void play(const struct tape *tape)
{
	for (size_t i = 0; i < tape->frames; i++) {
		size_t start = tape_start(tape, i) + TAPE_PREFIX_LEN;
		struct event event;
		struct batch *b;

		/* not ck_assert: check allocates too */
		ensure(event_decode(&event, records,
			       slice_from(tape->data + start,
				       tape->ends[i] - start),
			       0) == 0);
		filler_add(&filler, &event, 0);
		b = ring_try_pop(&feed.sealed);
		if (b == NULL)
			continue;
		batch_settle(b, batch_left(b));
		batch_pool_put(&feed.pool, &b);
	}
}

START_TEST(after_the_first_batch_nothing_is_allocated)
{
	const struct feed_settings settings = {
		.name = "test",
		.encoder = { .dialect = (enum event_dialect)_i,
			.envelope = ENVELOPE_HEC },
		.batch_events = BATCH_EVENTS,
		.batch_bytes = 1000 * 1000,
		.linger_ns = NS_PER_S,
		.buffer_events = 10 * BATCH_EVENTS,
	};
	struct tape tape = TAPE_NULL;
	unsigned before, first, later;

	ck_assert_int_eq(tape_add_generated(&tape, EVENTS, 1,
				 UINT64_C(1700000000000000000), "resolver-1"),
		0);
	ck_assert_int_eq(feed_init(&feed, &settings, 1, 1), 0);
	ck_assert_int_eq(filler_init(&filler, &feed, 0), 0);
	before = fault_allocations();
	play(&tape);
	first = fault_allocations() - before;
	for (unsigned again = 0; again < 3; again++)
		play(&tape);
	later = fault_allocations() - before - first;
	ck_assert_uint_eq(first, 2); /* a batch's buffers */
	ck_assert_uint_eq(later, 0);
	ck_assert_uint_eq(stat_sum(&feed.stats, OUTPUT_TAKEN), 4 * EVENTS);
	filler_deinit(&filler);
	feed_deinit(&feed);
	tape_deinit(&tape);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("allocations");

	tcase_add_loop_test(t, after_the_first_batch_nothing_is_allocated,
		DIALECT_NATIVE, DIALECT_CIM + 1);
	return suite_run("allocations", t);
}
