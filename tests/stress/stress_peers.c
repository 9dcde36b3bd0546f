/*
 * One acceptor takes places for a few addresses, several owners give them
 * back, so that entries die and are made again all the time: no address ever
 * has more places than allowed, and in the end none is taken.
 */
#include "intake/peers.h"

#include "stress/stress.h"
#include "sync/ring.h"
#include "sync/thread.h"

enum { OWNERS = 3, ADDRESSES = 4, MAX = 3, HELD = ADDRESSES * MAX };

struct held {
	struct peer *peer;
	unsigned address;
};

static struct peers peers;
static struct ring ring;
static uint64_t end_ns;
static _Atomic unsigned taken[ADDRESSES];
static uint64_t entered, refused; /* owner: the acceptor */

static void enter(void *arg)
{
	uint64_t seed = 77;

	(void)arg;
	while (stress_goes_on(end_ns)) {
		struct in6_addr address = { 0 };
		struct held *h = malloc(sizeof(*h));
		int r;

		must(h != NULL);
		h->address = (unsigned)(stress_random(&seed) % ADDRESSES);
		address.s6_addr[15] = (uint8_t)h->address;
		r = peers_enter(&peers, &address, MAX, &h->peer);
		if (r != 0) {
			must(r == PEERS_E_FULL);
			refused++;
			free(h);
			sched_yield();
			continue;
		}
		/* given back in our count before it is in theirs */
		must(atomic_fetch_add(&taken[h->address], 1) < MAX);
		entered++;
		must(ring_push(&ring, h));
	}
}

static void leave(void *arg)
{
	void *got;

	(void)arg;
	while (ring_pop(&ring, UINT64_MAX, &got) == 0) {
		struct held *h = got;

		atomic_fetch_sub(&taken[h->address], 1);
		peers_leave(&peers, h->peer);
		free(h);
	}
}

int main(void)
{
	struct thread owners[OWNERS], acceptor;

	end_ns = stress_end_ns();
	must(peers_init(&peers, HELD) == 0);
	must(ring_init(&ring, HELD) == 0);
	for (unsigned i = 0; i < OWNERS; i++)
		must(thread_start(&owners[i], "owner", leave, NULL) == 0);
	must(thread_start(&acceptor, "acceptor", enter, NULL) == 0);
	thread_join(&acceptor);
	ring_close(&ring);
	for (unsigned i = 0; i < OWNERS; i++)
		thread_join(&owners[i]);
	rcu_barrier();
	peers_deinit(&peers); /* asserts that it is empty */
	printf("entered=%llu refused=%llu\n", (unsigned long long)entered,
		(unsigned long long)refused);
	return entered > HELD ? 0 : 1;
}
