/* Batches that wait for acknowledgement, with time and answers by hand. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deliver/ack_table.h"
#include "lib/suite.h"

enum { EVENTS = 100, MAX_PENDING = 4, SENDERS = 2 };
#define S(n) ((n)*NS_PER_S)

static struct batch_pool pool;
static struct ack_table table;
static struct backend *one, *two;
static uint64_t now, acked_events;
static struct ack_question question;

static void on_acked(
	void *arg, struct backend *backend, const struct batch *b, uint32_t n)
{
	ck_assert_ptr_eq(arg, &acked_events);
	ck_assert(backend == one || backend == two);
	ck_assert_uint_le(n, b->events);
	acked_events += n;
}

static struct backend *new_backend(const char *url)
{
	const struct backend_settings settings = { .url = url };
	struct backend *b;
	char *copy = strdup(url);

	ck_assert_int_eq(backend_new(&b, &copy, &settings, SENDERS), 0);
	return b;
}

static void setup(void)
{
	const struct ack_settings settings = {
		.wanted = true,
		.interval_ns = S(1),
		.timeout_ns = S(300),
		.unreached_ns = S(30),
		.max_pending = MAX_PENDING,
		.acked = on_acked,
		.arg = &acked_events,
	};

	ck_assert_int_eq(batch_pool_init(&pool, MAX_PENDING + SENDERS + 2,
				 EVENTS * 10, EVENTS),
		0);
	ck_assert_int_eq(ack_table_init(&table, &settings, SENDERS), 0);
	one = new_backend("http://one");
	two = new_backend("http://two");
	now = S(1000);
	acked_events = 0;
}

static void teardown(void)
{
	struct batch *b;

	while ((b = ack_table_give_up(&table)) != NULL) {
		batch_settle(b, batch_left(b));
		batch_pool_put(&pool, &b);
	}
	ack_table_deinit(&table);
	one = backend_put(one);
	two = backend_put(two);
	ck_assert_uint_eq(batch_pool_held(&pool), 0);
	batch_pool_deinit(&pool);
}

/* A claim with a batch of EVENTS events; event i is the octet 'a' + i % 26,
 * i % 3 + 1 times. */
static struct ack_claim *fill(void)
{
	struct ack_claim *c = ack_table_reserve(&table);
	struct batch *b = batch_pool_get(&pool);

	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_nonnull(b);
	for (int i = 0; i < EVENTS; i++) {
		memset(b->data + b->len, 'a' + i % 26, (size_t)(i % 3 + 1));
		b->len += (size_t)(i % 3 + 1);
		b->ends[b->events++] = (uint32_t)b->len;
	}
	atomic_store(&b->held, EVENTS);
	ack_table_fill(&table, c, &b);
	ck_assert_ptr_null(b);
	return c;
}

static struct ack_post begin(struct backend *b)
{
	struct ack_post post;

	ack_table_post(&table, b, now, &post);
	return post;
}

/* The post comes back with n events of c and this verdict. */
static struct ack_posted come_back(struct backend *b,
	const struct ack_post *post, struct ack_claim *c, uint32_t n,
	long status, struct verdict v)
{
	struct ack_reply reply = {
		.backend = b,
		.verdict = &v,
		.answered = status != 0,
		.unanswered = status == 0,
		.claim = c,
		.events = { c != NULL ? c->batch->first : 0, n },
	};
	struct ack_posted posted;

	ack_table_posted(&table, post, &reply, now, &posted);
	if (posted.awaited)
		batch_pass(c->batch, n);
	return posted;
}

/* What a post would name now; it comes back with a busy server's reply. */
static struct ack_post peek(struct backend *b)
{
	struct ack_post post = begin(b);

	come_back(b, &post, NULL, 0, 503,
		(struct verdict){ .action = VERDICT_RETRY });
	return post;
}

static struct ack_posted take_with(struct backend *b,
	const struct ack_post *post, struct ack_claim *c, uint32_t n,
	uint64_t id)
{
	return come_back(b, post, c, n, 200,
		(struct verdict){ .action = VERDICT_DELIVERED, .ack_id = id });
}

/* A whole batch, posted to b and answered with this id. */
static struct ack_claim *post_batch(struct backend *b, uint64_t id)
{
	struct ack_claim *c = fill();
	struct ack_post post = begin(b);

	ck_assert(take_with(b, &post, c, EVENTS, id).awaited);
	ack_table_leave(&table, c, false);
	return c;
}

static bool ask(void)
{
	uint64_t wake;
	bool asks = ack_table_ask(&table, now, &question, &wake);

	memset(question.acked, 0, sizeof(question.acked));
	ck_assert(asks || wake > now);
	return asks;
}

static uint32_t answer(struct ack_verdict v)
{
	struct ack_loss loss;

	ack_table_answer(&table, &question, &v, false, now, &loss);
	return loss.events;
}

/* Asks, and says true of every id there is now.  Return: how many. */
static size_t ack_all(void)
{
	size_t n = 0;

	while (ask()) {
		memset(question.acked, 1, question.n);
		n += question.n;
		answer((struct ack_verdict){ .n_acked = (uint32_t)question.n });
	}
	return n;
}

static uint32_t expire(void)
{
	struct ack_loss loss;
	uint32_t events = 0;

	while (ack_table_expire(&table, now, &loss))
		events += loss.events;
	return events;
}

/* Reaps every batch that is through.  Return: how many. */
static unsigned reap(void)
{
	struct batch *b;
	unsigned n = 0;
	bool acked;

	for (; (b = ack_table_reap(&table, &acked)) != NULL; n++) {
		ck_assert_uint_eq(batch_left(b), 0);
		batch_pool_put(&pool, &b);
	}
	return n;
}

static void reap_given_up(void)
{
	struct batch *b;
	bool acked;

	while ((b = ack_table_reap(&table, &acked)) != NULL) {
		batch_settle(b, batch_left(b));
		batch_pool_put(&pool, &b);
	}
}

START_TEST(true_settles_the_batch_and_nothing_else_does)
{
	post_batch(one, 0);
	ck_assert_uint_eq(batch_pool_held(&pool), EVENTS);
	ck_assert(!ask()); /* posts may go on for a while */
	now += S(1);
	ck_assert(ask());
	ck_assert_uint_eq(question.n, 1);
	ck_assert_ptr_eq(question.backend, one);
	answer((struct ack_verdict){ 0 }); /* false */
	ck_assert_uint_eq(reap(), 0);
	ck_assert(!ask());
	now += S(1);
	ck_assert_uint_eq(ack_all(), 1);
	ck_assert_uint_eq(acked_events, EVENTS);
	ck_assert_uint_eq(batch_pool_held(&pool), 0);
	ck_assert_uint_eq(reap(), 1);
	ck_assert(ack_table_is_idle(&table));
}
END_TEST

START_TEST(what_is_not_acknowledged_in_time_is_sent_again)
{
	struct ack_claim *c = post_batch(one, 0);

	now += S(299);
	ck_assert_uint_eq(expire(), 0);
	ck_assert_ptr_null(ack_table_again(&table));
	now += S(1);
	ck_assert_uint_eq(expire(), EVENTS);
	ck_assert_ptr_eq(ack_table_again(&table), c);
	ck_assert_ptr_eq(c->failed, one);
	ck_assert_uint_eq(batch_left(c->batch), EVENTS);
	ck_assert_uint_eq(batch_pool_held(&pool), EVENTS);
	ck_assert_uint_eq(acked_events, 0);
	ck_assert(!ask()); /* nobody waits for the old id */
	struct ack_post post = begin(two);

	take_with(two, &post, c, EVENTS, 7);
	ack_table_leave(&table, c, false);
	now += S(1);
	ck_assert_uint_eq(ack_all(), 1);
	ck_assert_uint_eq(reap(), 1);
}
END_TEST

/* A batch in five requests; the first, third and fifth are acknowledged. */
START_TEST(exactly_the_parts_that_are_lost_are_sent_again)
{
	static const uint32_t sizes[] = { 10, 20, 30, 15, 25 };
	struct ack_claim *c = fill();
	struct batch *b = c->batch;
	char want[200] = "";
	size_t len = 0;

	for (int i = 0; i < 5; i++) {
		struct ack_post post = begin(one);

		ck_assert(take_with(one, &post, c, sizes[i], (uint64_t)i)
				  .awaited);
	}
	for (uint32_t e = 0; e < EVENTS; e++)
		if ((e >= 10 && e < 30) || (e >= 60 && e < 75))
			for (uint32_t k = 0; k <= e % 3; k++)
				want[len++] = (char)('a' + e % 26);
	ack_table_leave(&table, c, false);
	now += S(1);
	ck_assert(ask());
	ck_assert_uint_eq(question.n, 5);
	for (size_t i = 0; i < 5; i++)
		question.acked[i] = question.ids[i] % 2 == 0;
	answer((struct ack_verdict){ .n_acked = 3 });
	ck_assert_uint_eq(acked_events, 65);
	ck_assert_uint_eq(batch_pool_held(&pool), 35);
	ck_assert_ptr_null(ack_table_again(&table));
	now += S(300);
	ck_assert_uint_eq(expire(), 35);
	ck_assert_ptr_eq(ack_table_again(&table), c);
	ck_assert_uint_eq(b->first, 0);
	ck_assert_uint_eq(b->whole, EVENTS);
	ck_assert_uint_eq(b->events, 35);
	ck_assert_uint_eq(b->len, len);
	ck_assert_mem_eq(b->data, want, len);
	ck_assert_uint_eq(b->ends[34], len);
	ck_assert_uint_eq(b->ends[0], 10 % 3 + 1);
	ck_assert_uint_eq(batch_pool_held(&pool), 35);
	ack_table_leave(&table, c, false); /* as at the end: nothing was sent */
}
END_TEST

START_TEST(acks_that_come_before_the_sender_is_through_count)
{
	struct ack_claim *c = fill();
	struct ack_post post = begin(one);

	take_with(one, &post, c, 40, 0);
	now += S(1);
	ck_assert_uint_eq(ack_all(), 1);
	ck_assert_uint_eq(acked_events, 40);
	ck_assert_uint_eq(reap(), 0);
	batch_settle(c->batch, 60); /* refused, say */
	ack_table_leave(&table, c, false);
	ck_assert_uint_eq(reap(), 1);
}
END_TEST

START_TEST(what_the_sender_left_waits_for_the_rest)
{
	struct ack_claim *c = fill();
	struct ack_post post = begin(one);

	take_with(one, &post, c, 40, 0);
	ack_table_leave(&table, c, false);
	ck_assert_ptr_null(ack_table_again(&table));
	now += S(1);
	ck_assert_uint_eq(ack_all(), 1);
	ck_assert_ptr_eq(ack_table_again(&table), c);
	ck_assert_uint_eq(batch_left(c->batch), 60);
	ck_assert_uint_eq(c->batch->whole, 0);
	ck_assert_uint_eq(batch_pool_held(&pool), 60);
	ack_table_leave(&table, c, false);
}
END_TEST

START_TEST(what_is_given_up_is_reaped_and_not_sent_again)
{
	struct ack_claim *c = fill();
	struct ack_post post = begin(one);
	struct batch *b;
	bool acked;

	take_with(one, &post, c, 40, 0);
	ack_table_leave(&table, c, true);
	ck_assert_ptr_null(ack_table_reap(&table, &acked));
	now += S(1);
	ck_assert_uint_eq(ack_all(), 1);
	ck_assert_ptr_null(ack_table_again(&table));
	b = ack_table_reap(&table, &acked);
	ck_assert_ptr_nonnull(b);
	ck_assert(acked);
	ck_assert_uint_eq(batch_left(b), 60);
	batch_settle(b, 60);
	batch_pool_put(&pool, &b);
}
END_TEST

START_TEST(as_many_as_may_wait_and_no_more)
{
	struct ack_claim *c;

	for (uint64_t i = 0; i < MAX_PENDING + SENDERS; i++)
		post_batch(one, i);
	c = ack_table_reserve(&table);
	ck_assert_ptr_null(c);
	ack_table_wait(&table, clock_mono_ns(&clock_system));
	now += S(1);
	ck_assert_uint_eq(ack_all(), MAX_PENDING + SENDERS);
	ck_assert_ptr_null(ack_table_reserve(&table));
	ck_assert_uint_eq(reap(), MAX_PENDING + SENDERS);
	c = ack_table_reserve(&table);
	ck_assert_ptr_nonnull(c);
	ack_table_cancel(&table, c);
	ck_assert(ack_table_is_idle(&table));
}
END_TEST

START_TEST(a_channel_is_asked_about_when_no_post_is_under_way)
{
	struct ack_claim *c = fill();
	struct ack_post slow = begin(one), next;

	post_batch(one, 0);
	now += S(5);
	ck_assert(!ask()); /* closed, but one post is not back yet */
	next = begin(one);
	ck_assert_str_ne(next.guid, slow.guid);
	take_with(one, &slow, c, EVENTS, 1);
	ack_table_leave(&table, c, false);
	ck_assert(ask());
	ck_assert_str_eq(question.guid, slow.guid);
	ck_assert_uint_eq(question.n, 2);
	memset(question.acked, 1, 2);
	answer((struct ack_verdict){ .n_acked = 2 });
	come_back(one, &next, NULL, 0, 503,
		(struct verdict){ .action = VERDICT_RETRY });
	ck_assert_uint_eq(reap(), 2);
}
END_TEST

START_TEST(a_clean_channel_is_used_again)
{
	char first[ACK_GUID_MAX], second[ACK_GUID_MAX];

	for (uint64_t i = 0; i < 10; i++) {
		struct ack_claim *c = fill();
		struct ack_post post = begin(one);

		if (i < 2)
			strcpy(i == 0 ? first : second, post.guid);
		ck_assert_str_eq(post.guid, i % 2 == 0 ? first : second);
		take_with(one, &post, c, EVENTS, i / 2);
		ack_table_leave(&table, c, false);
		if (i > 0) { /* the other one is asked about meanwhile */
			ck_assert(ask());
			ck_assert_str_ne(question.guid, post.guid);
			memset(question.acked, 1, question.n);
			answer((struct ack_verdict){ .n_acked = 1 });
		}
		now += S(1);
		ck_assert(ask());
		reap();
		now += S(1);
	}
	ck_assert_str_ne(first, second);
}
END_TEST

/* The collector was restarted: the ids of its channels begin anew. */
START_TEST(ids_that_start_again_put_their_channel_in_doubt)
{
	struct ack_claim *c;
	struct ack_post post;
	struct ack_posted posted;

	post_batch(one, 5);
	post_batch(one, 6);
	c = fill();
	post = begin(one);
	posted = take_with(one, &post, c, EVENTS, 0);
	ck_assert(posted.awaited);
	ck_assert_int_eq(posted.remark, ACK_REMARK_MIXED);
	ck_assert_uint_eq(posted.lost, 3 * EVENTS);
	ack_table_leave(&table, c, false);
	now += S(5);
	ck_assert(!ask());
	for (int i = 0; i < 3; i++) {
		c = ack_table_again(&table);
		ck_assert_ptr_nonnull(c);
		ck_assert_uint_eq(batch_left(c->batch), EVENTS);
		ack_table_leave(&table, c, false);
	}
	ck_assert_str_ne(peek(one).guid, post.guid);
	ck_assert_uint_eq(acked_events, 0);
}
END_TEST

START_TEST(posts_under_way_at_a_restart_are_one_doubt)
{
	struct ack_post post[5];
	struct ack_claim *c;

	post_batch(one, 5);
	for (size_t i = 0; i < COUNT(post); i++)
		post[i] = begin(one);
	c = fill();
	for (size_t i = 0; i < COUNT(post); i++) {
		struct ack_posted posted =
			take_with(one, &post[i], c, 10, i == 4 ? 6 : i);

		ck_assert(posted.awaited);
		ck_assert_int_eq(posted.remark,
			i == 0 ? ACK_REMARK_MIXED : ACK_REMARK_NONE);
		/* the last one's id may be of before, or of after */
		ck_assert_uint_eq(posted.lost, i == 0 ? EVENTS + 10 : 10);
	}
	ack_table_leave(&table, c, false);
	now += S(1);
	ck_assert(!ask());
	ck_assert_uint_eq(acked_events, 0);
	for (int i = 0; i < 2; i++)
		ack_table_leave(&table, ack_table_again(&table), false);
}
END_TEST

START_TEST(the_same_id_twice_is_in_doubt)
{
	struct ack_claim *a = fill(), *b = fill();
	struct ack_post first = begin(one), second = begin(one);

	ck_assert_uint_eq(take_with(one, &first, a, EVENTS, 3).lost, 0);
	ck_assert_uint_eq(
		take_with(one, &second, b, EVENTS, 3).lost, 2 * EVENTS);
	ack_table_leave(&table, a, false);
	ack_table_leave(&table, b, false);
	ck_assert_ptr_nonnull(ack_table_again(&table));
	ack_table_leave(&table, a, false);
}
END_TEST

/* Two collectors behind one address, taking turns. */
START_TEST(ids_that_never_are_one_count_are_told_as_such)
{
	static const enum ack_remark remarks[] = { ACK_REMARK_MIXED,
		ACK_REMARK_MIXED, ACK_REMARK_LOOSE, ACK_REMARK_LOOSE };

	for (size_t i = 0; i < COUNT(remarks); i++) {
		struct ack_claim *c = fill();
		struct ack_post first = begin(one), second = begin(one);

		take_with(one, &first, c, 50, i);
		ck_assert_int_eq(
			take_with(one, &second, c, 50, i).remark, remarks[i]);
		ack_table_leave(&table, c, true);
		reap_given_up();
	}
	/* a channel whose ids are one count ends that */
	for (uint64_t i = 0; i < 2; i++)
		post_batch(one, i);
	now += S(1);
	ck_assert_uint_eq(ack_all(), 2);
	reap();
	struct ack_claim *c = fill();
	struct ack_post first = begin(one), second = begin(one);

	take_with(one, &first, c, 50, 9);
	ck_assert_int_eq(
		take_with(one, &second, c, 50, 9).remark, ACK_REMARK_MIXED);
	ack_table_leave(&table, c, false);
}
END_TEST

START_TEST(ids_may_come_back_out_of_order)
{
	struct ack_claim *a = fill(), *b = fill();
	struct ack_post first = begin(one), second = begin(one);

	ck_assert_uint_eq(take_with(one, &first, a, EVENTS, 1).lost, 0);
	ck_assert_uint_eq(take_with(one, &second, b, EVENTS, 0).lost, 0);
	ack_table_leave(&table, a, false);
	ack_table_leave(&table, b, false);
	now += S(1);
	ck_assert_uint_eq(ack_all(), 2);
	ck_assert_uint_eq(reap(), 2);
}
END_TEST

/* Restarted between the two, the collector may have given id 0 to the second,
 * and calls that true. */
START_TEST(an_id_that_an_unanswered_post_may_have_is_in_doubt)
{
	struct ack_claim *c = post_batch(one, 0);
	struct ack_post post = begin(one);

	post_batch(one, 1);
	come_back(one, &post, NULL, 0, 0,
		(struct verdict){ .action = VERDICT_RETRY });
	now += S(1);
	ck_assert(ask());
	ck_assert_uint_eq(question.n, 1);
	ck_assert_uint_eq(question.ids[0], 1);
	ck_assert_uint_eq(expire(), EVENTS);
	ck_assert_ptr_eq(ack_table_again(&table), c);
	ack_table_leave(&table, c, false);
}
END_TEST

START_TEST(a_failing_endpoint_is_no_success_and_is_asked_more_seldom)
{
	unsigned asked = 0;

	post_batch(one, 0);
	for (int i = 0; i < 290; i++) {
		now += S(1);
		if (!ask())
			continue;
		memset(question.acked, 1, sizeof(question.acked));
		ck_assert_uint_eq(answer((struct ack_verdict){
					  .action = ACK_FAILED, .code = 9 }),
			0);
		asked++;
	}
	ck_assert_uint_gt(asked, 5);
	ck_assert_uint_lt(asked, 30);
	ck_assert_uint_eq(reap() + acked_events, 0);
	now += S(10);
	ck_assert_uint_eq(expire(), EVENTS); /* an answer came: no silence */
}
END_TEST

START_TEST(retry_after_puts_questions_off)
{
	post_batch(one, 0);
	now += S(1);
	ck_assert(ask());
	answer((struct ack_verdict){
		.action = ACK_FAILED, .retry_after_ns = S(100) });
	now += S(99);
	ck_assert(!ask());
	now += S(1);
	ck_assert(ask());
}
END_TEST

START_TEST(a_backend_that_is_silent_loses_what_it_has)
{
	struct ack_verdict failed = { .action = ACK_FAILED };
	struct ack_loss loss;
	struct ack_claim *c = post_batch(one, 0);

	post_batch(two, 0);
	now += S(1);
	for (int i = 0; i < 2; i++) {
		ck_assert(ask());
		if (question.backend == one)
			ack_table_answer(
				&table, &question, &failed, true, now, &loss);
		else
			answer((struct ack_verdict){ 0 });
	}
	now += S(29);
	ck_assert_uint_eq(expire(), 0);
	now += S(1);
	ck_assert(ack_table_expire(&table, now, &loss));
	ck_assert_uint_eq(loss.events, EVENTS);
	ck_assert_str_eq(loss.url, "http://one");
	ck_assert_uint_eq(expire(), 0);
	ck_assert_ptr_eq(ack_table_again(&table), c);
	ack_table_leave(&table, c, false);
}
END_TEST

START_TEST(a_backend_that_is_back_keeps_what_it_is_given)
{
	struct ack_verdict failed = { .action = ACK_FAILED };
	struct ack_loss loss;
	struct ack_claim *c = post_batch(one, 0);

	for (int i = 0; i < 5; i++) {
		while (!ask())
			now += S(1);
		ack_table_answer(&table, &question, &failed, true, now, &loss);
	}
	now += S(30);
	ck_assert_uint_eq(expire(), EVENTS);
	ck_assert_ptr_eq(ack_table_again(&table), c);
	/* given to one that is still away it has its own time */
	struct ack_post post = begin(one);

	take_with(one, &post, c, EVENTS, 1);
	ack_table_leave(&table, c, false);
	now += S(2);
	ck_assert_uint_eq(expire(), 0);
	ck_assert_uint_eq(ack_all(), 1); /* asked at once: it is there */
	now += S(60);
	ck_assert_uint_eq(expire(), 0);
	ck_assert_uint_eq(reap(), 1);
}
END_TEST

START_TEST(a_lost_channel_is_sent_again_at_once)
{
	struct ack_claim *c = post_batch(one, 0);

	now += S(1);
	ck_assert(ask());
	ck_assert_uint_eq(
		answer((struct ack_verdict){ .action = ACK_LOST }), EVENTS);
	ck_assert_ptr_eq(ack_table_again(&table), c);
	ck_assert_str_ne(peek(one).guid, question.guid);
	ack_table_leave(&table, c, false);
}
END_TEST

START_TEST(where_nothing_is_acknowledged_200_is_delivered)
{
	struct ack_claim *c;
	struct ack_post post;
	struct ack_posted posted;

	post_batch(one, 0);
	now += S(1);
	ck_assert(ask());
	answer((struct ack_verdict){ .action = ACK_OFF });
	ck_assert_uint_eq(acked_events, EVENTS);
	ck_assert_uint_eq(reap(), 1);
	post = begin(one);
	ck_assert_int_eq(post.kind, REQUEST_NO_CHANNEL);
	c = fill();
	posted = take_with(one, &post, c, EVENTS, VERDICT_NO_ACK);
	ck_assert(!posted.awaited);
	batch_settle(c->batch, EVENTS);
	ack_table_leave(&table, c, false);
	ck_assert_uint_eq(reap(), 1);
	/* until it wants a channel */
	post = begin(one);
	posted = come_back(one, &post, NULL, 0, 400,
		(struct verdict){ .action = VERDICT_CHANNEL, .code = 10 });
	ck_assert_int_eq(posted.remark, ACK_REMARK_ON);
	ck_assert_int_eq(peek(one).kind, REQUEST_NEW_CHANNEL);
}
END_TEST

START_TEST(success_without_an_id_is_told_once)
{
	struct ack_claim *c = fill();

	for (int i = 0; i < 3; i++) {
		struct ack_post post = begin(one);
		struct ack_posted posted =
			take_with(one, &post, c, 1, VERDICT_NO_ACK);

		ck_assert(!posted.awaited);
		ck_assert_int_eq(posted.remark,
			i == 0 ? ACK_REMARK_OFF : ACK_REMARK_NONE);
	}
	ack_table_leave(&table, c, false);
}
END_TEST

START_TEST(a_refused_channel_is_replaced_once)
{
	const struct verdict full = { .action = VERDICT_CHANNEL, .code = 27 };
	struct ack_post a, b, next;

	post_batch(one, 0);
	a = begin(one);
	b = begin(one);
	ck_assert_str_eq(a.guid, b.guid);
	come_back(one, &a, NULL, 0, 429, full);
	next = begin(one);
	ck_assert_str_ne(next.guid, a.guid);
	ck_assert_int_eq(next.kind, REQUEST_NEW_CHANNEL);
	come_back(one, &b, NULL, 0, 429, full); /* knew of the old one only */
	ck_assert_str_eq(peek(one).guid, next.guid);
	/* the full one is asked about: it is no reason to lose anything */
	ck_assert(ask());
	ck_assert_str_eq(question.guid, a.guid);
	memset(question.acked, 1, 1);
	answer((struct ack_verdict){ .n_acked = 1 });
	ck_assert_uint_eq(reap(), 1);
	come_back(one, &next, NULL, 0, 200,
		(struct verdict){ .ack_id = VERDICT_NO_ACK });
	ck_assert_int_eq(peek(one).kind, REQUEST_CHANNEL);
}
END_TEST

START_TEST(a_channel_near_capacity_is_asked_about_at_once)
{
	struct ack_claim *c = fill();
	struct ack_post post = begin(one);

	come_back(one, &post, c, EVENTS, 200,
		(struct verdict){ .ack_id = 0, .channel_full = true });
	ack_table_leave(&table, c, false);
	ck_assert(ask());
	ck_assert_str_ne(peek(one).guid, question.guid);
}
END_TEST

START_TEST(the_end_hurries_the_questions)
{
	post_batch(one, 0);
	ck_assert(!ask());
	ack_table_hurry(&table);
	ck_assert(ask());
	answer((struct ack_verdict){ 0 });
	now += S(1);
	ck_assert(ask());
	answer((struct ack_verdict){ .action = ACK_FAILED });
	now += S(1);
	ck_assert_uint_eq(ack_all(), 1);
	ck_assert_uint_eq(reap(), 1);
}
END_TEST

START_TEST(the_end_gives_back_what_is_left)
{
	struct ack_claim *c;
	struct ack_post post;
	struct batch *b;
	uint32_t left = 0, batches = 0;

	post_batch(one, 0);
	c = fill();
	post = begin(two);
	take_with(two, &post, c, 30, 0);
	batch_settle(c->batch, 10);
	ack_table_leave(&table, c, false); /* 60 were not sent */
	while ((b = ack_table_give_up(&table)) != NULL) {
		left += batch_left(b);
		batches++;
		ck_assert_uint_eq(batch_left(b), atomic_load(&b->held));
		batch_settle(b, batch_left(b));
		batch_pool_put(&pool, &b);
	}
	ck_assert_uint_eq(batches, 2);
	ck_assert_uint_eq(left, EVENTS + 30 + 60);
}
END_TEST

START_TEST(more_parts_than_a_claim_has_wait)
{
	struct ack_claim *c = fill();

	for (uint64_t i = 0; i < ACK_PARTS_MAX; i++) {
		struct ack_post post = begin(one);

		ck_assert(!ack_claim_is_full(c));
		take_with(one, &post, c, 1, i);
	}
	ck_assert(ack_claim_is_full(c));
	ack_table_leave(&table, c, false);
	now += S(1);
	ck_assert_uint_eq(ack_all(), ACK_PARTS_MAX);
	ck_assert_ptr_eq(ack_table_again(&table), c);
	ck_assert_uint_eq(batch_left(c->batch), EVENTS - ACK_PARTS_MAX);
	ack_table_leave(&table, c, false);
}
END_TEST

START_TEST(a_backend_nobody_uses_is_forgotten)
{
	post_batch(one, 0);
	now += S(1);
	ck_assert_uint_eq(ack_all(), 1);
	reap();
	now += S(601);
	expire();
	ck_assert(LIST_EMPTY(&table.nodes));
	post_batch(one, 0);
	now += S(1);
	ck_assert_uint_eq(ack_all(), 1);
	ck_assert_uint_eq(reap(), 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ack_table");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, true_settles_the_batch_and_nothing_else_does);
	tcase_add_test(t, what_is_not_acknowledged_in_time_is_sent_again);
	tcase_add_test(t, exactly_the_parts_that_are_lost_are_sent_again);
	tcase_add_test(t, acks_that_come_before_the_sender_is_through_count);
	tcase_add_test(t, what_the_sender_left_waits_for_the_rest);
	tcase_add_test(t, what_is_given_up_is_reaped_and_not_sent_again);
	tcase_add_test(t, as_many_as_may_wait_and_no_more);
	tcase_add_test(t, a_channel_is_asked_about_when_no_post_is_under_way);
	tcase_add_test(t, a_clean_channel_is_used_again);
	tcase_add_test(t, ids_that_start_again_put_their_channel_in_doubt);
	tcase_add_test(t, posts_under_way_at_a_restart_are_one_doubt);
	tcase_add_test(t, the_same_id_twice_is_in_doubt);
	tcase_add_test(t, ids_that_never_are_one_count_are_told_as_such);
	tcase_add_test(t, ids_may_come_back_out_of_order);
	tcase_add_test(t, an_id_that_an_unanswered_post_may_have_is_in_doubt);
	tcase_add_test(
		t, a_failing_endpoint_is_no_success_and_is_asked_more_seldom);
	tcase_add_test(t, retry_after_puts_questions_off);
	tcase_add_test(t, a_backend_that_is_silent_loses_what_it_has);
	tcase_add_test(t, a_backend_that_is_back_keeps_what_it_is_given);
	tcase_add_test(t, a_lost_channel_is_sent_again_at_once);
	tcase_add_test(t, where_nothing_is_acknowledged_200_is_delivered);
	tcase_add_test(t, success_without_an_id_is_told_once);
	tcase_add_test(t, a_refused_channel_is_replaced_once);
	tcase_add_test(t, a_channel_near_capacity_is_asked_about_at_once);
	tcase_add_test(t, the_end_hurries_the_questions);
	tcase_add_test(t, the_end_gives_back_what_is_left);
	tcase_add_test(t, more_parts_than_a_claim_has_wait);
	tcase_add_test(t, a_backend_nobody_uses_is_forgotten);
	return suite_run("ack_table", t);
}
