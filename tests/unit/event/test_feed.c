#include "event/filler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "lib/suite.h"
#include "sync/thread.h"

static struct feed feed;
static struct filler filler;
static struct feed_settings settings;

static void setup(void)
{
	settings = (struct feed_settings){
		.name = "test",
		.encoder = { .dialect = DIALECT_NATIVE,
			.envelope = ENVELOPE_NDJSON },
		.batch_events = 10,
		.batch_bytes = 65536,
		.linger_ns = 100 * NS_PER_MS,
		.buffer_events = 40,
		.overflow = OVERFLOW_DROP,
	};
}

static void start(void)
{
	ck_assert_int_eq(feed_init(&feed, &settings, 1, 1), 0);
	ck_assert_int_eq(filler_init(&filler, &feed, 0), 0);
}

static void finish(void)
{
	filler_deinit(&filler);
	feed_deinit(&feed);
}

/* n events of the least there can be: an operation, no addresses, no DNS */
static void add(unsigned n, uint64_t mono_ns)
{
	const struct event e = {
		.tap = { .has = DNSTAP_HAS_TYPE | DNSTAP_HAS_MESSAGE |
				DNSTAP_HAS_OPERATION,
			.type = 1,
			.operation = DNSTAP_CLIENT_QUERY },
		.receipt_ns = 1700000000 * NS_PER_S,
	};

	for (unsigned i = 0; i < n; i++)
		filler_add(&filler, &e, mono_ns);
}

/* One that is larger than a batch of setup()'s size */
static void add_large(uint64_t mono_ns)
{
	static uint8_t extra[65536];
	const struct event e = {
		.tap = { .has = DNSTAP_HAS_OPERATION | DNSTAP_HAS_EXTRA,
			.operation = DNSTAP_CLIENT_QUERY,
			.extra = slice_from(extra, sizeof(extra)) },
	};

	filler_add(&filler, &e, mono_ns);
}

/* Batches that wait for acknowledgement take none from those that queue. */
START_TEST(pending_batches_are_besides_the_queue)
{
	unsigned without;

	start();
	without = feed.pool.max;
	ck_assert_uint_eq(feed.pending_max, 0);
	finish();
	settings.pending_events = 25;
	start();
	ck_assert_uint_eq(feed.pending_max, 3);
	ck_assert_uint_eq(feed.pool.max, without + 3);
	finish();
}
END_TEST

static uint64_t counted(enum output_stat id)
{
	return stat_sum(&feed.stats, id);
}

/* As a sender would: everything in it delivered. */
static unsigned take_batch(void)
{
	struct batch *b = ring_try_pop(&feed.sealed);
	unsigned n;

	if (b == NULL)
		return 0;
	n = batch_left(b);
	stat_add(feed_sender_stats(&feed, 0), OUTPUT_DELIVERED, n);
	batch_settle(b, n);
	batch_pool_put(&feed.pool, &b);
	return n;
}

START_TEST(letters_leave_each_batch_its_place)
{
	enum errand letter = ERRAND_LETTER;
	unsigned letters = 0, batches = 0;
	struct batch *b;

	settings.spool = true;
	start();
	ck_assert(feed_letters_fit(&feed));
	while (feed_message(&feed, &letter))
		ck_assert_uint_lt(++letters, 100000);
	ck_assert(!feed_letters_fit(&feed));
	ck_assert_uint_gt(letters, 100);
	while ((b = batch_pool_get(&feed.pool)) != NULL) {
		feed_to_keeper(&feed, &b);
		batches++;
	}
	ck_assert_uint_eq(batches, feed.pool.max);
	for (unsigned i = 0; i < letters; i++)
		ck_assert_ptr_eq(ring_try_pop(&feed.disk.errands), &letter);
	feed_message_taken(&feed);
	for (unsigned i = 0; i < batches; i++) {
		b = ring_try_pop(&feed.disk.errands);
		ck_assert_ptr_nonnull(b);
		ck_assert_int_eq(b->errand, ERRAND_BATCH);
		batch_pool_put(&feed.pool, &b);
	}
	ck_assert(feed_message(&feed, &letter));
	ck_assert(!feed_message(&feed, &letter));
	finish();
}
END_TEST

static void assert_ledger_closed(unsigned added)
{
	ck_assert_uint_eq(added,
		counted(OUTPUT_DELIVERED) + counted(OUTPUT_DROPPED_QUEUE_FULL) +
			counted(OUTPUT_DROPPED_EVENT_TOO_LARGE) +
			counted(OUTPUT_DROPPED_NO_MEMORY) +
			batch_pool_held(&feed.pool));
}

START_TEST(a_batch_seals_when_it_has_its_events)
{
	struct histogram_reading sizes;

	start();
	add(9, 0);
	ck_assert_uint_eq(ring_len(&feed.sealed), 0);
	add(1, 0);
	ck_assert_uint_eq(ring_len(&feed.sealed), 1);
	ck_assert_uint_eq(take_batch(), 10);
	histogram_read(&feed.batch_sizes, &sizes);
	ck_assert_uint_eq(sizes.count, 1);
	ck_assert_uint_eq(sizes.sum, 10);
	assert_ledger_closed(10);
	finish();
}
END_TEST

START_TEST(a_batch_seals_before_its_bytes_overflow)
{
	settings.batch_events = 1000;
	settings.batch_bytes = 1000;
	settings.buffer_events = 100000;
	start();
	add(50, 0);
	ck_assert_uint_gt(ring_len(&feed.sealed), 1);
	for (struct batch *b; (b = ring_try_pop(&feed.sealed)) != NULL;) {
		ck_assert_uint_le(b->len, 1000);
		ck_assert_uint_eq(b->ends[b->events - 1], b->len);
		for (uint32_t i = 0; i < b->events; i++)
			ck_assert_int_eq(b->data[b->ends[i] - 1], '\n');
	}
	finish();
}
END_TEST

START_TEST(a_batch_seals_after_its_linger)
{
	start();
	ck_assert_uint_eq(filler_tick(&filler, 5), UINT64_MAX);
	add(1, 1000);
	add(1, 2000);
	ck_assert_uint_eq(
		filler_tick(&filler, 3000), 1000 + settings.linger_ns);
	ck_assert_uint_eq(ring_len(&feed.sealed), 0);
	ck_assert_uint_eq(
		filler_tick(&filler, 1000 + settings.linger_ns), UINT64_MAX);
	ck_assert_uint_eq(take_batch(), 2);
	finish();
}
END_TEST

START_TEST(behind_a_queue_a_batch_goes_on_filling)
{
	start();
	add(10, 0); /* queued: nobody takes it */
	add(1, 0);
	uint64_t late = 10 * settings.linger_ns;

	ck_assert_uint_gt(filler_tick(&filler, late), late);
	ck_assert_uint_eq(ring_len(&feed.sealed), 1);
	ck_assert_uint_eq(take_batch(), 10);
	filler_tick(&filler, late);
	ck_assert_uint_eq(take_batch(), 1);
	finish();
}
END_TEST

START_TEST(a_flush_seals_what_is_open_once_whatever_its_age)
{
	start();
	add(10, 0); /* queued: nobody takes it */
	add(3, 0);
	feed_flush(&feed);
	ck_assert_uint_eq(filler_tick(&filler, 1), UINT64_MAX);
	ck_assert_uint_eq(ring_len(&feed.sealed), 2);
	ck_assert_uint_eq(take_batch(), 10);
	ck_assert_uint_eq(take_batch(), 3);
	add(1, 2);
	ck_assert_uint_eq(filler_tick(&filler, 3), 2 + settings.linger_ns);
	ck_assert_uint_eq(ring_len(&feed.sealed), 0);
	filler_flush(&filler);
	ck_assert_uint_eq(take_batch(), 1);
	finish();
}
END_TEST

START_TEST(a_flush_is_not_kept_for_events_to_come)
{
	start();
	feed_flush(&feed);
	ck_assert_uint_eq(filler_tick(&filler, 0), UINT64_MAX);
	add(1, 0);
	ck_assert_uint_eq(filler_tick(&filler, 1), settings.linger_ns);
	ck_assert_uint_eq(ring_len(&feed.sealed), 0);
	filler_flush(&filler);
	ck_assert_uint_eq(take_batch(), 1);
	finish();
}
END_TEST

START_TEST(behind_a_queue_that_moves_the_linger_counts)
{
	uint64_t late = 10 * settings.linger_ns;

	start();
	add(30, 0);
	add(1, 0);
	ck_assert_uint_gt(filler_tick(&filler, late), late);
	ck_assert_uint_eq(ring_len(&feed.sealed), 3);
	for (unsigned i = 0; i < feed.n_workers; i++)
		ck_assert_uint_eq(take_batch(), 10);
	ck_assert_uint_gt(ring_len(&feed.sealed), 0);
	filler_tick(&filler, late);
	while (ring_len(&feed.sealed) > 1)
		ck_assert_uint_eq(take_batch(), 10);
	ck_assert_uint_eq(take_batch(), 1);
	finish();
}
END_TEST

START_TEST(what_is_sealed_by_time_without_room_is_tried_again)
{
	uint64_t late = 10 * settings.linger_ns;

	settings.overflow = OVERFLOW_BLOCK;
	start();
	add(40, 0);
	add(1, 0);
	ck_assert_uint_eq(take_batch(), 10);
	add(10, 0); /* the queue is full again, and has moved */
	ck_assert_uint_lt(filler_tick(&filler, late), UINT64_MAX);
	ck_assert_uint_eq(take_batch(), 10);
	filler_tick(&filler, late);
	ck_assert(!filler_blocked(&filler));
	while (ring_len(&feed.sealed) > 0)
		take_batch();
	ck_assert_uint_eq(counted(OUTPUT_DELIVERED), 51);
	finish();
}
END_TEST

/* What these events, n of them, add to the log. */
static const char *log_of(
	void (*add_them)(unsigned n, uint64_t mono_ns), unsigned n)
{
	static char text[4096];
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);

	ck_assert_ptr_nonnull(f);
	unsetenv("JOURNAL_STREAM");
	dup2(fileno(f), STDERR_FILENO);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	add_them(n, 0);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static const struct {
	bool spool, refuses;
	enum output_stat id;
	const char *pairs, *cure;
} losses[] = {
	{ false, false, OUTPUT_DROPPED_QUEUE_FULL,
		"output=test reason=queue_full events=10\n",
		"raise buffer_size, give it a spool" },
	{ true, false, OUTPUT_DROPPED_SPOOL_SLOW,
		"output=test reason=spool_slow events=10\n",
		"raise buffer_size, or use a faster disk" },
	{ true, true, OUTPUT_DROPPED_SPOOL_FULL,
		"output=test reason=spool_full events=10\n",
		"raise spool.max_size" },
};

START_TEST(a_loss_is_told_with_its_reason_and_not_batch_by_batch)
{
	const unsigned n = 500; /* more than memory and the ways to disk take */
	const char *log;

	settings.spool = losses[_i].spool;
	start();
	atomic_store(&feed.disk.refuses, losses[_i].refuses);
	log = log_of(add, n);
	ck_assert_ptr_nonnull(strstr(log, " warning EVENTS_DROPPED "));
	ck_assert_ptr_nonnull(strstr(log, losses[_i].pairs));
	ck_assert_ptr_nonnull(strstr(log, losses[_i].cure));
	ck_assert_uint_eq(
		counted(losses[_i].id) + batch_pool_held(&feed.pool), n);
	ck_assert_uint_gt(
		counted(losses[_i].id) / settings.batch_events, lines_of(log));
	finish();
}
END_TEST

START_TEST(a_full_queue_drops_the_newest_batch_and_counts_it)
{
	start();
	add(100, 0); /* room for 40 */
	ck_assert_uint_eq(counted(OUTPUT_TAKEN), 100);
	ck_assert_uint_eq(counted(OUTPUT_DROPPED_QUEUE_FULL), 60);
	ck_assert_uint_eq(batch_pool_held(&feed.pool), 40);
	assert_ledger_closed(100);
	while (take_batch() != 0)
		;
	add(10, 0);
	ck_assert_uint_eq(take_batch(), 10);
	assert_ledger_closed(110);
	finish();
}
END_TEST

/*
 * A well-formed answer whose text is many times as long: each of its records
 * of 16 octets shows the name again, five characters for each octet.
 */
static void add_amplified(unsigned records, uint64_t mono_ns)
{
	static const uint8_t a[] = "\300\14\0\1\0\1\0\0\0\74\0\4\300\0\2\1";
	static struct dns_record scratch[DNS_RECORDS_MAX];
	static uint8_t msg[65536];
	const uint8_t header[] = { 0, 1, 0x85, 0x80, 0, 1, 0, (uint8_t)records,
		0, 0, 0, 0 };
	size_t len = sizeof(header);
	struct event e = {
		.tap = { .has = DNSTAP_HAS_OPERATION,
			.operation = DNSTAP_CLIENT_RESPONSE },
		.has_dns = true,
	};

	memcpy(msg, header, sizeof(header));
	for (unsigned label = 0; label < 4; label++) {
		msg[len++] = 61;
		memset(msg + len, 1, 61);
		len += 61;
	}
	memcpy(msg + len, "\0\0\1\0\1", 5);
	len += 5;
	for (unsigned i = 0; i < records; i++, len += sizeof(a) - 1)
		memcpy(msg + len, a, sizeof(a) - 1);
	dns_decode(&e.dns, scratch, slice_from(msg, len));
	ck_assert(!e.dns.malformed);
	filler_add(&filler, &e, mono_ns);
}

START_TEST(an_event_larger_than_a_batch_goes_without_its_records)
{
	struct batch *b;
	const char *log;

	start();
	add(1, 0);
	log = log_of(add_amplified, 100);
	ck_assert_uint_eq(lines_of(log), 1);
	ck_assert_ptr_nonnull(strstr(log, " warning EVENT_SHORTENED "));
	ck_assert_ptr_nonnull(strstr(log, "raise batch.bytes"));
	ck_assert_ptr_nonnull(
		strstr(log, "output=test dns_length=1865 batch_bytes=65536\n"));
	ck_assert_uint_eq(take_batch(), 1);
	filler_flush(&filler);
	b = ring_try_pop(&feed.sealed);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->events, 1);
	b->data[b->len - 1] = '\0';
	ck_assert_ptr_nonnull(strstr((char *)b->data,
		"\"ancount\":100,\"nscount\":0,\"arcount\":0,"));
	ck_assert_ptr_nonnull(strstr((char *)b->data,
		"\"resource-records\":{\"an\":[],\"ns\":[],\"ar\":[]},"
		"\"malformed-packet\":true"));
	batch_settle(b, 1);
	batch_pool_put(&feed.pool, &b);
	ck_assert_uint_eq(counted(OUTPUT_TAKEN), 2);
	ck_assert_uint_eq(counted(OUTPUT_DROPPED_EVENT_TOO_LARGE), 0);
	/* as long as it fits it is whole */
	add_amplified(40, 0);
	filler_flush(&filler);
	b = ring_try_pop(&feed.sealed);
	ck_assert_ptr_nonnull(b);
	b->data[b->len - 1] = '\0';
	ck_assert_ptr_nonnull(
		strstr((char *)b->data, "\"malformed-packet\":false"));
	batch_settle(b, 1);
	batch_pool_put(&feed.pool, &b);
	finish();
}
END_TEST

START_TEST(an_event_larger_than_a_batch_is_dropped_alone)
{
	const char *log;

	settings.batch_bytes = 40; /* less than any event */
	start();
	log = log_of(add, 3);
	ck_assert_uint_eq(lines_of(log), 1);
	ck_assert_ptr_nonnull(strstr(log, " warning EVENTS_DROPPED "));
	ck_assert_ptr_nonnull(strstr(log, "raise batch.bytes"));
	ck_assert_ptr_nonnull(
		strstr(log, "output=test reason=event_too_large events=1 "
			    "dns_length=0 batch_bytes=40\n"));
	ck_assert_uint_eq(counted(OUTPUT_DROPPED_EVENT_TOO_LARGE), 3);
	ck_assert_uint_eq(counted(OUTPUT_TAKEN), 0);
	filler_flush(&filler);
	ck_assert_uint_eq(ring_len(&feed.sealed), 0);
	assert_ledger_closed(3);
	finish();
}
END_TEST

START_TEST(an_event_larger_than_a_batch_begins_no_linger)
{
	start();
	add(1, 0);
	add_large(1000); /* seals */
	ck_assert_uint_eq(take_batch(), 1);
	add_large(2000);
	ck_assert_uint_eq(filler_tick(&filler, 2000), UINT64_MAX);
	add(1, 3000);
	ck_assert_uint_eq(
		filler_tick(&filler, 4000), 3000 + settings.linger_ns);
	filler_flush(&filler);
	ck_assert_uint_eq(take_batch(), 1);
	ck_assert_uint_eq(counted(OUTPUT_DROPPED_EVENT_TOO_LARGE), 2);
	assert_ledger_closed(4);
	finish();
}
END_TEST

START_TEST(blocking_asks_the_worker_to_stop_and_drops_nothing)
{
	settings.overflow = OVERFLOW_BLOCK;
	start();
	add(40, 0);
	ck_assert(!filler_blocked(&filler));
	add(10, 0);
	ck_assert(filler_blocked(&filler));
	ck_assert_uint_eq(take_batch(), 10);
	ck_assert(!filler_blocked(&filler));
	ck_assert_uint_eq(ring_len(&feed.sealed), 4);
	ck_assert_uint_eq(counted(OUTPUT_DROPPED_QUEUE_FULL), 0);
	assert_ledger_closed(50);
	finish();
}
END_TEST

static void take_ten_batches(void *arg)
{
	unsigned *taken = arg;

	while (*taken < 100)
		*taken += take_batch();
}

START_TEST(a_second_full_batch_waits_for_room)
{
	struct thread taker;
	unsigned taken = 0;

	settings.overflow = OVERFLOW_BLOCK;
	start();
	add(50, 0);
	ck_assert_int_eq(
		thread_start(&taker, "taker", take_ten_batches, &taken), 0);
	add(50, 0); /* sleeps inside until the taker has made room */
	filler_flush(&filler);
	thread_join(&taker);
	ck_assert_uint_eq(taken, 100);
	assert_ledger_closed(100);
	finish();
}
END_TEST

START_TEST(a_cut_ends_the_waiting_and_queues_what_memory_there_is)
{
	unsigned taken = 0;

	settings.overflow = OVERFLOW_BLOCK;
	start();
	add(55, 0);
	feed_cut(&feed);
	ck_assert(!filler_blocked(&filler));
	add(100, 0); /* the pool has 40, three batches of ours, one sender's */
	filler_flush(&filler);
	ck_assert_uint_eq(counted(OUTPUT_DROPPED_QUEUE_FULL), 155 - 80);
	ck_assert_uint_eq(counted(OUTPUT_DROPPED_NO_MEMORY), 0);
	assert_ledger_closed(155);
	for (unsigned n; (n = take_batch()) != 0;)
		taken += n;
	ck_assert_uint_eq(taken, 80);
	finish();
}
END_TEST

START_TEST(the_last_batches_are_queued_however_long_the_queue)
{
	settings.overflow = (enum feed_overflow)_i;
	start();
	add(40, 0); /* room for 40 */
	add(_i == OVERFLOW_BLOCK ? 15 : 5, 0);
	filler_flush(&filler);
	ck_assert_uint_eq(counted(OUTPUT_DROPPED_QUEUE_FULL), 0);
	ck_assert_uint_eq(ring_len(&feed.sealed), _i == OVERFLOW_BLOCK ? 6 : 5);
	assert_ledger_closed(_i == OVERFLOW_BLOCK ? 55 : 45);
	finish();
}
END_TEST

/* Several workers may see the last room in the queue at the same time. */
START_TEST(there_is_a_batch_for_each_place_one_can_be_in)
{
	struct batch *b;

	settings.overflow = OVERFLOW_BLOCK;
	settings.batch_bytes = 1000;
	settings.batch_events = settings.buffer_events = 1000;
	start();
	for (unsigned i = 0; i < feed.n_senders; i++)
		ck_assert_ptr_nonnull(batch_pool_get(&feed.pool));
	for (unsigned i = 0; i < feed.queue_max + feed.n_workers; i++) {
		b = batch_pool_get(&feed.pool);
		ck_assert_ptr_nonnull(b);
		ck_assert(ring_push(&feed.sealed, b));
	}
	while (filler.waiting == NULL)
		add(1, 0);
	ck_assert_ptr_nonnull(filler.open);
	ck_assert_uint_eq(stat_sum(&feed.stats, OUTPUT_DROPPED_NO_MEMORY), 0);
	finish();
}
END_TEST

START_TEST(flushing_seals_what_is_open)
{
	start();
	add(3, 0);
	filler_flush(&filler);
	ck_assert_uint_eq(take_batch(), 3);
	filler_flush(&filler);
	ck_assert_uint_eq(ring_len(&feed.sealed), 0);
	assert_ledger_closed(3);
	finish();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("feed");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, pending_batches_are_besides_the_queue);
	tcase_add_test(t, letters_leave_each_batch_its_place);
	tcase_add_test(t, a_batch_seals_when_it_has_its_events);
	tcase_add_test(t, a_batch_seals_before_its_bytes_overflow);
	tcase_add_test(t, a_batch_seals_after_its_linger);
	tcase_add_test(t, behind_a_queue_a_batch_goes_on_filling);
	tcase_add_test(t, a_flush_seals_what_is_open_once_whatever_its_age);
	tcase_add_test(t, a_flush_is_not_kept_for_events_to_come);
	tcase_add_test(t, behind_a_queue_that_moves_the_linger_counts);
	tcase_add_test(t, what_is_sealed_by_time_without_room_is_tried_again);
	tcase_add_loop_test(t,
		a_loss_is_told_with_its_reason_and_not_batch_by_batch, 0,
		(int)COUNT(losses));
	tcase_add_test(t, a_full_queue_drops_the_newest_batch_and_counts_it);
	tcase_add_test(
		t, an_event_larger_than_a_batch_goes_without_its_records);
	tcase_add_test(t, an_event_larger_than_a_batch_is_dropped_alone);
	tcase_add_test(t, an_event_larger_than_a_batch_begins_no_linger);
	tcase_add_test(t, blocking_asks_the_worker_to_stop_and_drops_nothing);
	tcase_add_test(t, a_second_full_batch_waits_for_room);
	tcase_add_test(
		t, a_cut_ends_the_waiting_and_queues_what_memory_there_is);
	tcase_add_loop_test(t,
		the_last_batches_are_queued_however_long_the_queue,
		OVERFLOW_DROP, OVERFLOW_BLOCK + 1);
	tcase_add_test(t, there_is_a_batch_for_each_place_one_can_be_in);
	tcase_add_test(t, flushing_seals_what_is_open);
	return suite_run("feed", t);
}
