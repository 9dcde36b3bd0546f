/*
 * Senders pick, enter, fail and leave backends while one thread publishes
 * other lists, drains, weighs and trips them, as an operator, a reload and the
 * health thread do: no backend ever has more requests than it may, a half-open
 * breaker lets exactly one through, and in the end nothing is under way.
 */
#include "deliver/backend_list.h"

#include "deliver/backoff.h"
#include "stress/stress.h"
#include "sync/thread.h"

enum { SENDERS = 4, BACKENDS = 5, MAX = 3 };

static const struct remote_settings settings = {
	.breaker = { .failures = 3,
		.window = 20,
		.ratio = 50,
		.time_ns = 20000,
		.max_time_ns = 100000 },
	.limiter = { .enabled = true, .latency_factor = 4 },
	.outlier = { .time_ns = 10000, .max_time_ns = 100000 },
};

static struct backend_list *list;
static struct backend *all[BACKENDS];
static _Atomic unsigned inside[BACKENDS]; /* as the senders count it */
static uint64_t end_ns;
static _Atomic uint64_t requests, probes, openings;

static uint64_t random_of(void *arg)
{
	return backoff_random(arg);
}

static unsigned number_of(const struct backend *b)
{
	for (unsigned i = 0; i < BACKENDS; i++)
		if (all[i] == b)
			return i;
	abort();
}

static bool is_half_open(struct backend *b)
{
	bool is;

	pthread_mutex_lock(&b->lock);
	is = b->breaker.state == BREAKER_HALF_OPEN && b->breaker.probing;
	pthread_mutex_unlock(&b->lock);
	return is;
}

static void one_request(struct backend *b, uint64_t now, uint64_t *seed)
{
	struct backend_report r = {
		.entered_ns = now, .state = BACKEND_DOWN, .reason = "stress"
	};
	unsigned i = number_of(b);
	uint64_t luck = stress_random(seed) % 100, down;

	must(atomic_fetch_add(&inside[i], 1) < MAX);
	atomic_fetch_add(&requests, 1);
	if (is_half_open(b))
		atomic_fetch_add(&probes, 1);
	if (luck < 30)
		sched_yield();
	r.mono_ns = clock_mono_ns(&clock_system);
	r.took_ns = r.mono_ns - now;
	r.until_ns = r.mono_ns + luck * 100;
	r.broken = luck < 20;
	r.sign = luck < 10 ? LIMITER_TOO_MUCH : LIMITER_UNKNOWN;
	atomic_fetch_sub(&inside[i], 1);
	if (luck < 40) {
		if (backend_fail(b, &settings, &r) == BACKEND_E_OPENED)
			atomic_fetch_add(&openings, 1);
	} else if (luck < 95) {
		r.sign = LIMITER_GOOD;
		backend_work(b, &settings, &r, &down);
	}
	backend_leave(b, now);
}

static void send_all(void *arg)
{
	struct backoff rng = { .state = (uint64_t)(uintptr_t)arg };
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	while (stress_goes_on(end_ns)) {
		struct pick p = {
			.strategy =
				balance_strategy_pick(stress_random(&seed) % 4),
			.mono_ns = clock_mono_ns(&clock_system),
			.random = random_of,
			.arg = &rng,
		};
		struct backend *b = backend_list_pick(&list, &p);

		if (b == NULL) {
			sched_yield();
			continue;
		}
		if (backend_enter(b, p.mono_ns, false))
			one_request(b, p.mono_ns, &seed);
		backend_put(b);
	}
}

/* Another list: some of them, in another order. */
static void publish(uint64_t *seed)
{
	struct backend_list *next;
	unsigned first = (unsigned)(stress_random(seed) % BACKENDS);
	unsigned n = 1 + (unsigned)(stress_random(seed) % BACKENDS);

	must(backend_list_new(&next, n) == 0);
	for (unsigned i = 0; i < n; i++) {
		struct backend *b = all[(first + i) % BACKENDS];

		backend_get(b);
		backend_list_add(next, &b);
	}
	backend_list_publish(&list, next);
}

static void change_all(void *arg)
{
	uint64_t seed = 4711;

	(void)arg;
	while (stress_goes_on(end_ns)) {
		uint64_t what = stress_random(&seed);
		struct backend *b = all[(what >> 8) % BACKENDS];
		uint64_t now = clock_mono_ns(&clock_system);
		struct backend_view v;

		switch (what % 8) {
		case 0:
			publish(&seed);
			break;
		case 1:
			atomic_store(&b->draining, what >> 16 & 1);
			break;
		case 2:
			atomic_store(&b->disabled, what >> 16 & 1);
			break;
		case 3:
			atomic_store(&b->weight, 1 + (what >> 16) % 9);
			break;
		case 4:
			backend_trip(b, &settings, now, "stress");
			break;
		case 5:
			backend_recover(b, now);
			break;
		case 6:
			backend_eject(b, &settings.outlier, now);
			backend_behaves(b, now);
			break;
		default:
			backend_read(b, now, &v);
			must(v.in_flight <= MAX && v.limit <= MAX);
		}
		sched_yield();
	}
}

/* Rounds in which everybody wants to be the one that finds out. */
enum { ROUNDS = 2000 };
static struct backend *contested;
static pthread_barrier_t start, finish;
static _Atomic unsigned entered;

static void contest(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t now;
		bool in;

		pthread_barrier_wait(&start);
		now = clock_mono_ns(&clock_system);
		in = backend_enter(contested, now, false);
		atomic_fetch_add(&entered, in);
		pthread_barrier_wait(&finish);
		if (in) /* it says nothing: the next round is like this one */
			backend_leave(contested, now);
	}
}

static void half_open_lets_one_through(void)
{
	struct thread threads[SENDERS];

	contested = all[0];
	must(backend_trip(contested, &settings, 0, "contest"));
	must(pthread_barrier_init(&start, NULL, SENDERS + 1) == 0);
	must(pthread_barrier_init(&finish, NULL, SENDERS + 1) == 0);
	for (unsigned i = 0; i < SENDERS; i++)
		must(thread_start(&threads[i], "contest", contest, NULL) == 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		while (atomic_load(&contested->in_flight) != 0)
			sched_yield();
		atomic_store(&entered, 0);
		pthread_barrier_wait(&start);
		pthread_barrier_wait(&finish);
		must(atomic_load(&entered) == 1);
	}
	for (unsigned i = 0; i < SENDERS; i++)
		thread_join(&threads[i]);
	must(contested->breaker.state == BREAKER_HALF_OPEN);
	pthread_barrier_destroy(&start);
	pthread_barrier_destroy(&finish);
}

int main(void)
{
	struct thread senders[SENDERS], changer;
	uint64_t seed = 1;

	rcu_register_thread();
	for (unsigned i = 0; i < BACKENDS; i++) {
		const struct backend_settings s = { .url = "http://b",
			.enabled = true };
		char *url = strdup("http://b");

		must(backend_new(&all[i], &url, &s, MAX) == 0);
	}
	half_open_lets_one_through();
	publish(&seed);
	end_ns = stress_end_ns();
	must(thread_start(&changer, "changer", change_all, NULL) == 0);
	for (uintptr_t i = 0; i < SENDERS; i++)
		must(thread_start(&senders[i], "sender", send_all,
			     (void *)(i + 1)) == 0);
	for (unsigned i = 0; i < SENDERS; i++)
		thread_join(&senders[i]);
	thread_join(&changer);
	backend_list_publish(&list, NULL);
	rcu_barrier();
	for (unsigned i = 0; i < BACKENDS; i++) {
		must(atomic_load(&all[i]->in_flight) == 0);
		must(atomic_load(&inside[i]) == 0);
		backend_put(all[i]);
	}
	must(requests > 0 && probes > 0 && openings > 0);
	printf("%llu requests, %llu of them probes, %llu openings\n",
		(unsigned long long)requests, (unsigned long long)probes,
		(unsigned long long)openings);
	rcu_unregister_thread();
	return 0;
}
