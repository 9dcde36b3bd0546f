/*
 * Who gets how much: the balance strategies with breaker, back-off and limit,
 * in simulated time, and what a choice costs.
 *
 *	delivery [REQUESTS]
 *
 * Eight senders, replies after 5 to 15 ms (evenly).  "off" is the
 * largest difference of a backend's share from an equal one, "cv" the standard
 * deviation of all shares over their mean.  "slow" is one of four that takes
 * ten times as long; "flapping" one of four that fails at once during every
 * other second.  Prints "name value unit", a figure a line.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deliver/backend_list.h"
#include "deliver/backoff.h"

enum { SENDERS = 8, MAX = 16, REQUESTS = 10000, CHOICES_EACH = 100 };
#define SERVICE_NS (10 * NS_PER_MS)

static const struct remote_settings settings = {
	.retry_initial_ns = 100 * NS_PER_MS,
	.retry_max_ns = 30 * NS_PER_S,
	.breaker = { .failures = 5,
		.window = 20,
		.ratio = 50,
		.time_ns = 30 * NS_PER_S,
		.max_time_ns = 300 * NS_PER_S },
	.limiter = { .enabled = true,
		.latency_factor = 4,
		.latency_floor_ns = 500 * NS_PER_MS },
};

static const char *const names[] = { "round-robin", "least-connections",
	"random", "power-of-two" };
enum { STRATEGIES = sizeof(names) / sizeof(names[0]) };

/* What backend 0 is like; the others are well. */
enum kind { KIND_EQUAL, KIND_SLOW, KIND_FLAPPING };

static struct backend_list *list;
static struct backend *all[MAX];
static struct backoff rng;

struct flight {
	struct backend *backend; /* NULL: the sender waits */
	uint64_t entered_ns, ends_ns;
	bool fails;
};

static uint64_t random_of(void *arg)
{
	return backoff_random(arg);
}

static void make_list(size_t n)
{
	struct backend_list *l;

	if (backend_list_new(&l, n) != 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		const struct backend_settings s = { .url = "http://b",
			.enabled = true };
		char *url = strdup("http://b");

		if (url == NULL || backend_new(&all[i], &url, &s, SENDERS) != 0)
			abort();
		backend_list_add(l, &(struct backend *){ all[i] });
	}
	backend_list_publish(&list, l);
}

static void end_list(void)
{
	backend_list_publish(&list, NULL);
	rcu_barrier();
}

static uint64_t service_ns(void)
{
	return SERVICE_NS / 2 + backoff_jitter_ns(&rng, SERVICE_NS);
}

static struct backend *choose(unsigned strategy, uint64_t now)
{
	struct pick p = { .strategy = balance_strategy_pick(strategy),
		.mono_ns = now,
		.random = random_of,
		.arg = &rng };
	struct backend *b = backend_list_pick(&list, &p);

	if (b != NULL && !backend_enter(b, now, false))
		b = backend_put(b);
	return b;
}

static void begin(
	struct flight *r, unsigned strategy, enum kind kind, uint64_t now)
{
	*r = (struct flight){ .backend = choose(strategy, now),
		.entered_ns = now,
		.ends_ns = now + NS_PER_MS };
	if (r->backend == NULL)
		return;
	backend_count(r->backend, BACKEND_REQUESTS, 1);
	r->fails = kind == KIND_FLAPPING && r->backend == all[0] &&
		   now / NS_PER_S % 2 == 1;
	if (!r->fails)
		r->ends_ns =
			now + service_ns() *
				      (kind == KIND_SLOW && r->backend == all[0]
						      ? 10
						      : 1);
}

/* As standing.c does it. */
static void finish(struct flight *r)
{
	struct backend_report report = { .entered_ns = r->entered_ns,
		.took_ns = r->ends_ns - r->entered_ns,
		.mono_ns = r->ends_ns,
		.sign = r->fails ? LIMITER_TOO_MUCH : LIMITER_GOOD,
		.broken = true,
		.state = BACKEND_DOWN,
		.reason = "bench" };
	uint64_t down;

	if (r->backend == NULL)
		return;
	if (r->fails) {
		report.until_ns =
			r->ends_ns +
			backoff_jitter_ns(&rng,
				backoff_ceiling_ns(settings.retry_initial_ns,
					settings.retry_max_ns,
					backend_round(r->backend, r->ends_ns)));
		backend_fail(r->backend, &settings, &report);
	} else {
		backend_work(r->backend, &settings, &report, &down);
	}
	backend_leave(r->backend, r->entered_ns);
	backend_put(r->backend);
}

/* Return: the simulated time it took. */
static uint64_t simulate(
	unsigned strategy, enum kind kind, size_t n, unsigned requests)
{
	struct flight under_way[SENDERS];
	uint64_t start = 1000 * NS_PER_S, now = start;
	unsigned done = 0;

	rng.state = 1;
	make_list(n);
	for (size_t i = 0; i < SENDERS; i++)
		begin(&under_way[i], strategy, kind, start + i);
	while (done < requests) {
		struct flight *r = &under_way[0];

		for (size_t i = 1; i < SENDERS; i++)
			if (under_way[i].ends_ns < r->ends_ns)
				r = &under_way[i];
		now = r->ends_ns;
		done += r->backend != NULL && !r->fails;
		finish(r);
		begin(r, strategy, kind, now);
	}
	for (size_t i = 0; i < SENDERS; i++)
		finish(&under_way[i]);
	return now - start;
}

static double requests_of(size_t i)
{
	return (double)atomic_load(&all[i]->stats[BACKEND_REQUESTS]);
}

static void equal_shares(unsigned strategy, size_t n, unsigned requests)
{
	double sum = 0, square = 0, off = 0, mean;

	simulate(strategy, KIND_EQUAL, n, requests);
	for (size_t i = 0; i < n; i++)
		sum += requests_of(i);
	mean = sum / (double)n;
	for (size_t i = 0; i < n; i++) {
		double d = requests_of(i) - mean;

		square += d * d;
		off = fabs(d) > off ? fabs(d) : off;
	}
	printf("equal_%s_%zu_off %.2f %%\n", names[strategy], n,
		100 * off / mean);
	printf("equal_%s_%zu_cv %.2f %%\n", names[strategy], n,
		100 * sqrt(square / (double)n) / mean);
	end_list();
}

static void one_other(unsigned strategy, enum kind kind, unsigned requests)
{
	const char *name = kind == KIND_SLOW ? "slow" : "flapping";
	uint64_t took = simulate(strategy, kind, 4, requests);
	double sum = 0;

	for (size_t i = 0; i < 4; i++)
		sum += requests_of(i);
	printf("%s_%s_share %.1f %%\n", name, names[strategy],
		100 * requests_of(0) / sum);
	printf("%s_%s_rate %.0f requests/s\n", name, names[strategy],
		requests / ((double)took / NS_PER_S));
	end_list();
}

static void cost(unsigned strategy, size_t n, unsigned choices)
{
	uint64_t start;

	make_list(n);
	start = clock_mono_ns(&clock_system);
	for (unsigned i = 0; i < choices; i++) {
		struct backend *b = choose(strategy, start);

		backend_leave(b, start);
		backend_put(b);
	}
	printf("choice_%s_%zu %.0f ns\n", names[strategy], n,
		(double)(clock_mono_ns(&clock_system) - start) / choices);
	end_list();
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 2, 3, 4, 8, 16 };
	unsigned requests =
		argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : REQUESTS;

	rcu_register_thread();
	for (unsigned s = 0; s < STRATEGIES; s++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			equal_shares(s, sizes[i], requests);
		one_other(s, KIND_SLOW, requests);
		one_other(s, KIND_FLAPPING, requests);
		cost(s, 2, requests * CHOICES_EACH);
		cost(s, 16, requests * CHOICES_EACH);
	}
	rcu_unregister_thread();
	return 0;
}
