/*
 * contention: what threads that share a feed cost each other.
 *
 *	contention [--threads N]
 *
 * N (1 and 2) threads, each with a filler on the same feed, in two ways:
 *
 *   fill      each encodes the same events into its batches and is its own
 *             sender: what a worker does, and what it shares with the others
 *   hand_over batches without events go from the pool through the ring and
 *             back, and nothing else: the shared part alone
 *
 * Prints "name value unit" lines: nanoseconds of the thread's CPU, the median
 *of the rounds in which all threads ran all the time (CPU and wall clock
 *agree), so that they were at it together; on a busy machine many rounds are
 *not, and it gives up when there are too few.
 */
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "event/filler.h"
#include "load/tape.h"

enum {
	THREADS_MAX = 64,
	ROUNDS_MAX = 300,
	ROUNDS = 21, /* good ones that are wanted */
	BATCH_EVENTS = 2000,
	EVENTS = 64,            /* decoded ahead, written again and again */
	FILL = 10 * 1000,       /* events of a round and thread */
	HAND_OVERS = 10 * 1000, /* batches of a round and thread */
};

struct worker {
	pthread_t thread;
	unsigned index, threads;
	struct filler filler;
	double begun_ns; /* this round, on the wall */
	double took_ns;  /* its CPU; 0: it was disturbed */
};

static struct feed feed;
static struct event events[EVENTS];
static struct dns_record records[EVENTS][DNS_RECORDS_MAX];
static pthread_barrier_t barrier;
static _Atomic unsigned awake;
static bool filling, done; /* set while all wait at the barrier */

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "contention: %s\n", what);
	exit(1);
}

static double now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void send_one(void)
{
	struct batch *b = ring_try_pop(&feed.sealed);

	if (b == NULL)
		return;
	batch_settle(b, batch_left(b));
	batch_pool_put(&feed.pool, &b);
}

static void fill(struct filler *f)
{
	for (unsigned i = 0; i < FILL; i++) {
		filler_add(f, &events[i % EVENTS], 0);
		if (f->open == NULL)
			send_one();
	}
}

static void hand_over(void)
{
	for (unsigned i = 0; i < HAND_OVERS; i++) {
		struct batch *b = batch_pool_get(&feed.pool);

		if (b == NULL)
			fail("the pool is empty");
		b->id = feed_batch_id(&feed, 1);
		ring_push(&feed.sealed, b);
		send_one();
	}
}

/*
 * A core of its own, as long as there are enough, and no other program's in
 * between, where we may ask for that: it is for parts of a second.
 */
static void pin(unsigned index)
{
	const struct sched_param first = { .sched_priority = 1 };
	cpu_set_t all, one;

	sched_setscheduler(0, SCHED_FIFO, &first);
	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return;
	index %= (unsigned)CPU_COUNT(&all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && index-- == 0)
			CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void *run(void *arg)
{
	struct worker *w = arg;

	pin(w->index);
	while (pthread_barrier_wait(&barrier), !done) {
		double begun, wall, cpu;

		/* so that all are on a core when they begin */
		atomic_fetch_add(&awake, 1);
		while (atomic_load(&awake) % w->threads != 0)
			;
		begun = now_ns(CLOCK_MONOTONIC);
		cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
		if (filling)
			fill(&w->filler);
		else
			hand_over();
		cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
		wall = now_ns(CLOCK_MONOTONIC) - begun;
		w->begun_ns = begun;
		w->took_ns = wall < 1.02 * cpu ? cpu : 0;
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The median of good rounds, for one piece; 0: there were too few. */
static double rounds(const struct worker *workers, unsigned threads, bool fills)
{
	double good[ROUNDS];
	unsigned n = 0;

	filling = fills;
	for (unsigned i = 0; i < ROUNDS_MAX && n < ROUNDS; i++) {
		double first = 0, last = 0;
		bool all = true;

		good[n] = 0;
		pthread_barrier_wait(&barrier); /* all begin */
		pthread_barrier_wait(&barrier); /* all have ended */
		for (unsigned t = 0; t < threads; t++) {
			good[n] += workers[t].took_ns / threads;
			all &= workers[t].took_ns > 0;
			first = fmin(
				t > 0 ? first : INFINITY, workers[t].begun_ns);
			last = fmax(t > 0 ? last : 0, workers[t].begun_ns);
		}
		all &= last - first < 0.1 * good[n];
		n += all;
	}
	if (n < ROUNDS)
		return 0;
	qsort(good, n, sizeof(good[0]), by_size);
	return good[n / 2] / (fills ? FILL : HAND_OVERS);
}

static void figure(
	const char *name, unsigned threads, double value, const char *unit)
{
	if (value > 0)
		printf("contention_%s_%uthreads %.1f %s\n", name, threads,
			value, unit);
	else
		fprintf(stderr,
			"contention: %s: %u threads never ran together "
			"undisturbed\n",
			name, threads);
	fflush(stdout);
}

static void measure(unsigned threads)
{
	const struct feed_settings settings = {
		.name = "bench",
		.encoder = { .envelope = ENVELOPE_HEC },
		.batch_events = BATCH_EVENTS,
		.batch_bytes = 4 * 1000 * 1000,
		.linger_ns = NS_PER_S,
		.buffer_events = 50 * BATCH_EVENTS,
	};
	struct worker workers[THREADS_MAX];

	if (feed_init(&feed, &settings, threads, threads) != 0)
		fail("out of memory");
	pthread_barrier_init(&barrier, NULL, threads + 1);
	done = false;
	for (unsigned i = 0; i < threads; i++) {
		workers[i] = (struct worker){ .index = i, .threads = threads };
		if (filler_init(&workers[i].filler, &feed, i) != 0 ||
			pthread_create(&workers[i].thread, NULL, run,
				&workers[i]) != 0)
			fail("no thread");
	}
	figure("fill", threads, rounds(workers, threads, true), "ns/event");
	figure("hand_over", threads, rounds(workers, threads, false),
		"ns/batch");
	done = true;
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		filler_flush(&workers[i].filler);
		filler_deinit(&workers[i].filler);
	}
	pthread_barrier_destroy(&barrier);
	while (ring_len(&feed.sealed) != 0)
		send_one();
	if (batch_pool_used(&feed.pool) != 0 ||
		batch_pool_held(&feed.pool) != 0)
		fail("a batch is missing");
	feed_deinit(&feed);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "threads", required_argument, NULL, 't' },
		{ 0 },
	};
	struct tape tape = TAPE_NULL;
	unsigned threads = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 't')
			return 2;
		threads = (unsigned)strtoul(optarg, NULL, 10);
	}
	if (threads > THREADS_MAX)
		return 2;
	if (tape_add_generated(&tape, EVENTS, 1, UINT64_C(1700000000000000000),
		    "resolver-1") != 0)
		fail("out of memory");
	for (size_t i = 0; i < EVENTS; i++) {
		size_t start = tape_start(&tape, i) + TAPE_PREFIX_LEN;

		if (event_decode(&events[i], records[i],
			    slice_from(tape.data + start, tape.ends[i] - start),
			    0) != 0)
			fail("a generated message is none");
	}
	if (threads != 0) {
		measure(threads);
	} else {
		measure(1);
		measure(2);
	}
	tape_deinit(&tape);
	return 0;
}
