/*
 * Producers and consumers on one ring that is often full and often empty:
 * every pointer comes out once, and what it points to is seen as written.
 */
#include "sync/ring.h"

#include "stress/stress.h"
#include "sync/thread.h"

enum { PRODUCERS = 3, CONSUMERS = 3, CAPACITY = 30 };

struct item {
	uint64_t number;
	uint64_t check; /* ~number, written after it */
};

struct party {
	struct thread thread;
	uint64_t seed;
	uint64_t n, sum; /* owner: its thread; read after the join */
};

static struct ring ring;
static uint64_t end_ns;
static _Atomic uint64_t next_number;

static void produce(void *arg)
{
	struct party *p = arg;

	while (stress_goes_on(end_ns)) {
		struct item *item = malloc(sizeof(*item));

		must(item != NULL);
		item->number = atomic_fetch_add(&next_number, 1);
		item->check = ~item->number;
		p->n++;
		p->sum += item->number;
		while (!ring_push(&ring, item))
			sched_yield();
	}
}

static void consume(void *arg)
{
	struct party *p = arg;
	void *got;

	for (;;) {
		/* all ways to wait */
		uint64_t now = clock_mono_ns(&clock_system);
		uint64_t kind = stress_random(&p->seed) % 3;
		int r = ring_pop(&ring,
			kind == 0   ? 0
			: kind == 1 ? now + NS_PER_MS
				    : UINT64_MAX,
			&got);

		if (r == RING_E_CLOSED)
			return;
		if (r == RING_E_EMPTY)
			continue;
		struct item *item = got;

		must(item->check == ~item->number);
		p->n++;
		p->sum += item->number;
		free(item);
	}
}

int main(void)
{
	struct party producers[PRODUCERS] = { 0 }, consumers[CONSUMERS] = { 0 };
	uint64_t in = 0, in_sum = 0, out = 0, out_sum = 0;

	end_ns = stress_end_ns();
	must(ring_init(&ring, CAPACITY) == 0);
	for (unsigned i = 0; i < CONSUMERS; i++) {
		consumers[i].seed = i + 1;
		must(thread_start(&consumers[i].thread, "consumer", consume,
			     &consumers[i]) == 0);
	}
	for (unsigned i = 0; i < PRODUCERS; i++)
		must(thread_start(&producers[i].thread, "producer", produce,
			     &producers[i]) == 0);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		thread_join(&producers[i].thread);
		in += producers[i].n;
		in_sum += producers[i].sum;
	}
	ring_close(&ring);
	for (unsigned i = 0; i < CONSUMERS; i++) {
		thread_join(&consumers[i].thread);
		out += consumers[i].n;
		out_sum += consumers[i].sum;
	}
	ring_deinit(&ring);
	printf("pushed=%llu popped=%llu\n", (unsigned long long)in,
		(unsigned long long)out);
	return in != 0 && in == out && in_sum == out_sum ? 0 : 1;
}
