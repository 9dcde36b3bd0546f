/*
 * Thousands of connections come and go through one adder and several owners, as
 * in the intake, while others walk the registry, find, and close by id, by
 * address and by network: nobody sees a freed connection, a foreign descriptor
 * or half an origin, only those who were meant are closed, and the limit holds
 * at every moment.
 */
#include "intake/registry.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stress/stress.h"
#include "sync/ring.h"
#include "sync/thread.h"

enum {
	OWNERS = 2,
	WALKERS = 2,
	CLOSERS = 2,
	MAX = 2000,
	KEPT = MAX / OWNERS - 25
};

static struct registry registry;
static struct ring ring;
static uint64_t end_ns;
static _Atomic uint64_t newest_id, walked, closed, found, swept, most;

static void add(void *arg)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	uint64_t *refused = arg;

	while (stress_goes_on(end_ns)) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct conn *c;

		if (fd < 0) { /* as many wait for their grace period */
			must(errno == EMFILE);
			sched_yield();
			continue;
		}
		in.sin_addr.s_addr = htonl(0xc0000200U + (unsigned)fd % 4);
		must(conn_new(&c, fd, (struct sockaddr *)&in, 7, 1024, NULL,
			     1) == 0);
		if (registry_add(&registry, c) != 0) {
			++*refused;
			conn_free(c);
			sched_yield();
			continue;
		}
		atomic_store(&newest_id, c->id);
		while (!ring_push(&ring, c))
			sched_yield();
	}
}

static void own(void *arg)
{
	uint64_t *seed = arg;
	struct conn *mine[MAX];
	unsigned n = 0;

	for (;;) {
		void *got;
		int r = ring_pop(&ring, n > KEPT ? 0 : UINT64_MAX, &got);

		if (r == 0)
			mine[n++] = got;
		else if (r == RING_E_CLOSED && n == 0)
			return;
		/* most of the places are taken all the time */
		if (n > KEPT || (n > 0 && r == RING_E_CLOSED)) {
			unsigned i = (unsigned)(stress_random(seed) % n);
			struct conn *c = mine[i];

			mine[i] = mine[--n];
			/* what its owner does when something comes */
			c->tick++;
			conn_count(c, 100, 2, 1);
			conn_note_origin(c, slice_from("identity", 8),
				slice_from("version", 7));
			registry_remove(&registry, c);
			conn_retire(c);
		}
	}
}

static bool visit(const struct conn *c, void *arg)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct conn_info info;
	uint64_t *n = arg;

	must(c->magic == CONN_MAGIC && c->listener == 7);
	conn_describe(c, &info);
	must(info.id == c->id && !info.is_unix);
	must(info.identity_len == 0 || info.version_len == 7);
	/* the descriptor is a unix socket for as long as we look */
	must(getsockname(c->fd, (struct sockaddr *)&sa, &len) == 0);
	must(sa.ss_family == AF_UNIX);
	++*n;
	return true;
}

static void walk(void *arg)
{
	(void)arg;
	while (stress_goes_on(end_ns)) {
		uint64_t n = 0;

		must(registry_count(&registry) <= MAX + 1);
		registry_walk(&registry, visit, &n);
		atomic_fetch_add(&walked, n);
		if (n > atomic_load(&most))
			atomic_store(&most, n);
	}
}

static void close_some(void *arg)
{
	uint64_t *seed = arg;
	struct buf why = BUF_NULL;
	struct cidr networks[3]; /* of 192.0.2.0 to .3, and nobody */

	must(cidr_parse(&networks[0], "192.0.2.0/31", &why) == 0);
	must(cidr_parse(&networks[1], "192.0.2.2", &why) == 0);
	must(cidr_parse(&networks[2], "192.0.2.128/25", &why) == 0);
	while (stress_goes_on(end_ns)) {
		uint64_t newest = atomic_load(&newest_id);
		uint64_t id = newest - stress_random(seed) % MAX;

		struct conn_info info;

		if (registry_find(&registry, id, &info)) {
			must(info.id == id);
			must(info.identity_len == 0 || info.version_len == 7);
			atomic_fetch_add(&found, 1);
		}
		if (registry_close(&registry, id))
			atomic_fetch_add(&closed, 1);
		if (stress_random(seed) % 64 == 0) {
			uint64_t which = stress_random(seed) % 3;
			unsigned n = registry_close_network(
				&registry, &networks[which]);

			must(which != 2 || n == 0);
			atomic_fetch_add(&swept, n);
		}
	}
}

int main(void)
{
	struct thread owners[OWNERS], walkers[WALKERS], closers[CLOSERS], adder;
	uint64_t seeds[OWNERS + CLOSERS], refused = 0;

	stress_need_descriptors(2 * MAX);
	end_ns = stress_end_ns();
	must(registry_init(&registry, MAX) == 0);
	must(ring_init(&ring, MAX) == 0);
	for (unsigned i = 0; i < OWNERS + CLOSERS; i++)
		seeds[i] = i + 1;
	for (unsigned i = 0; i < OWNERS; i++)
		must(thread_start(&owners[i], "owner", own, &seeds[i]) == 0);
	for (unsigned i = 0; i < WALKERS; i++)
		must(thread_start(&walkers[i], "walker", walk, NULL) == 0);
	for (unsigned i = 0; i < CLOSERS; i++)
		must(thread_start(&closers[i], "closer", close_some,
			     &seeds[OWNERS + i]) == 0);
	must(thread_start(&adder, "adder", add, &refused) == 0);
	thread_join(&adder);
	ring_close(&ring);
	for (unsigned i = 0; i < OWNERS; i++)
		thread_join(&owners[i]);
	for (unsigned i = 0; i < WALKERS; i++)
		thread_join(&walkers[i]);
	for (unsigned i = 0; i < CLOSERS; i++)
		thread_join(&closers[i]);
	rcu_barrier();
	must(registry_count(&registry) == 0);
	registry_deinit(&registry);
	ring_deinit(&ring);
	printf("added=%llu refused=%llu walked=%llu closed=%llu found=%llu "
	       "swept=%llu most=%llu\n",
		(unsigned long long)atomic_load(&newest_id),
		(unsigned long long)refused,
		(unsigned long long)atomic_load(&walked),
		(unsigned long long)atomic_load(&closed),
		(unsigned long long)atomic_load(&found),
		(unsigned long long)atomic_load(&swept),
		(unsigned long long)atomic_load(&most));
	return atomic_load(&newest_id) > MAX && atomic_load(&walked) != 0 &&
			       atomic_load(&closed) != 0 &&
			       atomic_load(&found) != 0 &&
			       atomic_load(&swept) != 0 &&
			       atomic_load(&most) > 1000
		       ? 0
		       : 1;
}
