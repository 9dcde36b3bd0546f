/*
 * Users and the tender of one pool that is often full and often empty: a
 * connection has one owner at a time, is closed once, and none is lost.
 */
#include "deliver/pool.h"

#include <sched.h>

#include "stress/stress.h"
#include "sync/thread.h"

enum { USERS = 4, PLACES = 3, MARK = 0x706f6f6c };

struct connection {
	uint64_t mark;
	uint64_t uses; /* owner: the lease's holder, not atomic on purpose */
	_Atomic unsigned owners;
};

struct user {
	struct thread thread;
	unsigned number;
	uint64_t seed;
	uint64_t uses, exhausted; /* owner: its thread; read after the join */
};

static struct pool *pool;
static uint64_t end_ns;
static _Atomic uint64_t opened, closed, uses_closed;

static int open_one(
	void *context, void *agent, struct pool_use *use, void **conn)
{
	struct connection *c = calloc(1, sizeof(*c));

	(void)context;
	must(c != NULL);
	use->connects = agent != NULL;
	c->mark = MARK;
	atomic_fetch_add(&opened, 1);
	*conn = c;
	return 0;
}

static bool look(void *context, void *conn)
{
	struct connection *c = conn;

	(void)context;
	must(c->mark == MARK);
	must(atomic_fetch_add(&c->owners, 1) == 0);
	must(atomic_fetch_sub(&c->owners, 1) == 1);
	return c->uses % 50 != 49;
}

static void close_one(void *context, void *conn)
{
	struct connection *c = conn;

	(void)context;
	must(c->mark == MARK);
	must(atomic_fetch_add(&c->owners, 1) == 0);
	c->mark = 0;
	atomic_fetch_add(&closed, 1);
	atomic_fetch_add(&uses_closed, c->uses);
	free(c);
}

static const struct pool_kind kind = { open_one, look, close_one };

static void use(void *arg)
{
	struct user *u = arg;
	struct pool_holder holder = { "user", u->number };

	while (stress_goes_on(end_ns)) {
		struct pool_use done = { 0 };
		struct pool_lease lease;
		struct connection *c;

		if (pool_lease(pool, holder, NULL, &lease) != 0) {
			u->exhausted++;
			continue;
		}
		c = lease.conn;
		must(c->mark == MARK);
		must(atomic_fetch_add(&c->owners, 1) == 0);
		if (c->uses++ == 0)
			done.connects = 1;
		u->uses++;
		if (stress_random(&u->seed) % 16 == 0)
			sched_yield();
		done.closed = stress_random(&u->seed) % 100 == 0;
		must(atomic_fetch_sub(&c->owners, 1) == 1);
		pool_release(pool, &lease, &done);
	}
}

static void tend(void *arg)
{
	(void)arg;
	while (stress_goes_on(end_ns))
		pool_tend(pool);
}

static void keep_warm(void *arg)
{
	while (stress_goes_on(end_ns))
		pool_warm(pool, arg);
}

int main(void)
{
	const struct pool_settings set = {
		.enabled = true,
		.max_active = PLACES,
		.max_idle = PLACES - 1,
		.min_idle = 1,
		.idle_timeout_ns = 20 * NS_PER_US,
		.max_lifetime_ns = NS_PER_MS,
		.validate_after_ns = 5 * NS_PER_US,
		.checkout_timeout_ns = 50 * NS_PER_US,
		.max_retries = 3,
	};
	struct user users[USERS] = { 0 };
	struct thread tender, warmer;
	struct pool_stats s;
	uint64_t uses = 0, ends = 0;

	must(pool_new(&pool, &set, &kind, NULL, &clock_system, "stress") == 0);
	end_ns = stress_end_ns();
	must(thread_start(&tender, "tender", tend, NULL) == 0);
	must(thread_start(&warmer, "warmer", keep_warm, pool) == 0);
	for (unsigned i = 0; i < USERS; i++) {
		users[i].number = i;
		users[i].seed = i + 1;
		must(thread_start(&users[i].thread, "user", use, &users[i]) ==
			0);
	}
	for (unsigned i = 0; i < USERS; i++) {
		thread_join(&users[i].thread);
		uses += users[i].uses;
	}
	thread_join(&tender);
	thread_join(&warmer);
	pool_stats_read(pool, &s);
	must(s.active == 0 && s.idle <= set.max_idle + USERS);
	for (unsigned i = POOL_CLOSED_IDLE; i < POOL_STAT_COUNT; i++)
		ends += s.count[i];
	must(s.ages.count == ends);
	pool = pool_free(pool);
	printf("uses=%llu opened=%llu reused=%llu idle=%llu lifetime=%llu "
	       "invalid=%llu surplus=%llu exhausted=%llu\n",
		(unsigned long long)uses, (unsigned long long)opened,
		(unsigned long long)s.count[POOL_REUSED],
		(unsigned long long)s.count[POOL_CLOSED_IDLE],
		(unsigned long long)s.count[POOL_CLOSED_LIFETIME],
		(unsigned long long)s.count[POOL_CLOSED_INVALID],
		(unsigned long long)s.count[POOL_CLOSED_SURPLUS],
		(unsigned long long)s.count[POOL_EXHAUSTED]);
	return uses != 0 && opened == closed && uses == uses_closed ? 0 : 1;
}
