#include "deliver/patience.h"

#include "lib/suite.h"

static struct patience p;
static uint64_t now = NS_PER_S;

static void requests(unsigned n, uint64_t took_ns)
{
	for (unsigned i = 0; i < n; i++)
		patience_add(&p, took_ns, now);
	now += 10 * NS_PER_S;
	patience_add(&p, took_ns, now);
}

START_TEST(a_timeout_that_was_set_stays)
{
	patience_init(&p, 7 * NS_PER_S);
	requests(1000, NS_PER_MS);
	ck_assert_uint_eq(patience_ns(&p), 7 * NS_PER_S);
}
END_TEST

START_TEST(auto_follows_what_requests_take)
{
	patience_init(&p, 0);
	ck_assert_uint_eq(patience_ns(&p), PATIENCE_START_NS);
	requests(15, NS_PER_MS); /* too few to say */
	ck_assert_uint_eq(patience_ns(&p), PATIENCE_START_NS);
	requests(1000, NS_PER_MS);
	ck_assert_uint_eq(patience_ns(&p), PATIENCE_MIN_NS);
	requests(1000, 2 * NS_PER_S); /* the bucket of 1 s to 2.5 s */
	ck_assert_uint_gt(patience_ns(&p), 9 * NS_PER_S);
	ck_assert_uint_le(patience_ns(&p), 10 * NS_PER_S);
	requests(1000, 50 * NS_PER_S);
	ck_assert_uint_eq(patience_ns(&p), PATIENCE_MAX_NS);
	/* and what was long ago is forgotten */
	requests(1000, NS_PER_MS);
	requests(1000, NS_PER_MS);
	ck_assert_uint_eq(patience_ns(&p), PATIENCE_MIN_NS);
}
END_TEST

START_TEST(it_looks_only_now_and_then)
{
	patience_init(&p, 0);
	requests(1000, NS_PER_MS);
	ck_assert_uint_eq(patience_ns(&p), PATIENCE_MIN_NS);
	for (unsigned i = 0; i < 1000; i++)
		patience_add(&p, 2 * NS_PER_S, now + 9 * NS_PER_S);
	ck_assert_uint_eq(patience_ns(&p), PATIENCE_MIN_NS);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("patience");

	tcase_add_test(t, a_timeout_that_was_set_stays);
	tcase_add_test(t, auto_follows_what_requests_take);
	tcase_add_test(t, it_looks_only_now_and_then);
	return suite_run("patience", t);
}
