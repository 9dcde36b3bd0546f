#include "intake/peers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sync/rcu.h"

enum { BUCKETS_MIN = 64, BUCKETS_MAX = 32768 };

int peers_init(struct peers *p, unsigned max)
{
	unsigned long buckets = BUCKETS_MIN;

	while (buckets < max && buckets < BUCKETS_MAX)
		buckets *= 2;
	*p = (struct peers){ 0 };
	if (getrandom(&p->seed, sizeof(p->seed), GRND_NONBLOCK) < 0)
		p->seed = (uintptr_t)p; /* early at boot: better than nothing */
	p->table = cds_lfht_new(buckets, buckets, buckets, 0, NULL);
	return p->table == NULL ? -ENOMEM : 0;
}

void peers_deinit(struct peers *p)
{
	int left;

	if (p->table == NULL)
		return;
	left = cds_lfht_destroy(p->table, NULL);
	assert(left == 0);
	(void)left;
	p->table = NULL;
}

static uint64_t mix(uint64_t n)
{
	n *= UINT64_C(0x9e3779b97f4a7c15);
	return n ^ n >> 32;
}

static unsigned long hash(const struct peers *p, const struct in6_addr *a)
{
	uint64_t half[2];

	memcpy(half, a, sizeof(half));
	return (unsigned long)mix(mix(half[0] ^ p->seed) + half[1]);
}

static int match(struct cds_lfht_node *node, const void *key)
{
	const struct peer *peer = caa_container_of(node, struct peer, node);

	rcu_entry_found(node);
	return memcmp(&peer->address, key, sizeof(peer->address)) == 0 &&
	       atomic_load(&peer->count) != 0;
}

/* Return: false when it has died meanwhile. */
static bool take_place(struct peer *peer, unsigned max, bool *full)
{
	unsigned n = atomic_load(&peer->count);

	while (n != 0) {
		*full = n >= max;
		if (*full ||
			atomic_compare_exchange_weak(&peer->count, &n, n + 1))
			return true;
	}
	return false;
}

static int add(struct peers *p, const struct in6_addr *address,
	unsigned long hashed, struct peer **out)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (peer == NULL)
		return -ENOMEM;
	peer->address = *address;
	atomic_store(&peer->count, 1);
	cds_lfht_node_init(&peer->node);
	rcu_entry_publish(&peer->node);
	rcu_reading_start();
	cds_lfht_add(p->table, hashed, &peer->node);
	rcu_reading_end();
	*out = peer;
	return 0;
}

int peers_enter(struct peers *p, const struct in6_addr *address, unsigned max,
	struct peer **out)
{
	unsigned long hashed = hash(p, address);
	struct cds_lfht_iter i;
	struct cds_lfht_node *node;
	struct peer *peer = NULL;
	bool full = false, alive = false;

	rcu_reading_start();
	cds_lfht_lookup(p->table, hashed, match, address, &i);
	node = cds_lfht_iter_get_node(&i);
	if (node != NULL) {
		peer = caa_container_of(node, struct peer, node);
		alive = take_place(peer, max, &full);
	}
	rcu_reading_end();
	if (!alive)
		return add(p, address, hashed, out);
	if (full)
		return PEERS_E_FULL;
	*out = peer; /* our place keeps it */
	return 0;
}

static void free_after_grace(struct rcu_head *head)
{
	rcu_grace_passed();
	free(caa_container_of(head, struct peer, rcu));
}

void peers_leave(struct peers *p, struct peer *peer)
{
	int gone;

	if (atomic_fetch_sub(&peer->count, 1) != 1)
		return;
	rcu_reading_start();
	gone = cds_lfht_del(p->table, &peer->node);
	rcu_reading_end();
	assert(gone == 0);
	(void)gone;
	rcu_retire(&peer->rcu, free_after_grace);
}
