#include "intake/registry.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

#include "sync/rcu.h"

enum { BUCKETS_MIN = 64, BUCKETS_MAX = 32768 };

static unsigned long buckets_for(unsigned max)
{
	unsigned long buckets = BUCKETS_MIN;

	while (buckets < max && buckets < BUCKETS_MAX)
		buckets *= 2;
	return buckets;
}

int registry_init(struct registry *r, unsigned max)
{
	unsigned long buckets = buckets_for(max);

	*r = (struct registry){ .max = max };
	r->table = cds_lfht_new(buckets, BUCKETS_MIN, BUCKETS_MAX, 0, NULL);
	return r->table == NULL ? -ENOMEM : 0;
}

void registry_set_max(struct registry *r, unsigned max)
{
	if (buckets_for(max) > buckets_for(atomic_load(&r->max)))
		cds_lfht_resize(r->table, buckets_for(max));
	atomic_store(&r->max, max);
}

void registry_deinit(struct registry *r)
{
	int left;

	if (r->table == NULL)
		return;
	left = cds_lfht_destroy(r->table, NULL);
	assert(left == 0);
	(void)left;
	r->table = NULL;
}

/* Ids count up; the table wants their bits mixed (Fibonacci hashing). */
static unsigned long hash(uint64_t id)
{
	id *= UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned long)(id ^ id >> 32);
}

static int match(struct cds_lfht_node *node, const void *key)
{
	const struct conn *c = caa_container_of(node, struct conn, node);

	rcu_entry_found(node);
	return c->id == *(const uint64_t *)key;
}

int registry_add(struct registry *r, struct conn *c)
{
	if (atomic_fetch_add(&r->count, 1) >= atomic_load(&r->max)) {
		atomic_fetch_sub(&r->count, 1);
		return REGISTRY_E_FULL;
	}
	c->id = ++r->next_id;
	cds_lfht_node_init(&c->node);
	rcu_entry_publish(&c->node);
	rcu_reading_start();
	cds_lfht_add(r->table, hash(c->id), &c->node);
	rcu_reading_end();
	return 0;
}

void registry_remove(struct registry *r, struct conn *c)
{
	int gone;

	rcu_reading_start();
	gone = cds_lfht_del(r->table, &c->node);
	rcu_reading_end();
	assert(gone == 0);
	(void)gone;
	atomic_fetch_sub(&r->count, 1);
}

void registry_walk(struct registry *r,
	bool (*visit)(const struct conn *c, void *arg), void *arg)
{
	struct cds_lfht_iter i;
	struct cds_lfht_node *node;

	rcu_reading_start();
	/* not _for_each_entry: it takes container_of() of the NULL at the end
	 */
	cds_lfht_for_each (r->table, &i, node) {
		const struct conn *c =
			caa_container_of(node, struct conn, node);

		rcu_entry_found(node);
		assert(c->magic == CONN_MAGIC);
		if (!visit(c, arg))
			break;
	}
	rcu_reading_end();
}

/* Return: the one of that id, or NULL.  In a read section. */
static struct conn *find(struct registry *r, uint64_t id)
{
	struct cds_lfht_iter i;
	struct cds_lfht_node *node;

	rcu_assert_reading();
	cds_lfht_lookup(r->table, hash(id), match, &id, &i);
	node = cds_lfht_iter_get_node(&i);
	return node != NULL ? caa_container_of(node, struct conn, node) : NULL;
}

bool registry_find(struct registry *r, uint64_t id, struct conn_info *info)
{
	const struct conn *c;

	rcu_reading_start();
	c = find(r, id);
	if (c != NULL)
		conn_describe(c, info);
	rcu_reading_end();
	return c != NULL;
}

bool registry_close(struct registry *r, uint64_t id)
{
	const struct conn *c;

	rcu_reading_start();
	c = find(r, id);
	if (c != NULL)
		shutdown(c->fd, SHUT_RDWR);
	rcu_reading_end();
	return c != NULL;
}

struct closing {
	const struct cidr *network;
	unsigned n;
};

static bool close_one(const struct conn *c, void *arg)
{
	struct closing *closing = arg;

	if (!c->is_unix && cidr_has(closing->network, &c->peer)) {
		shutdown(c->fd, SHUT_RDWR);
		closing->n++;
	}
	return true;
}

unsigned registry_close_network(struct registry *r, const struct cidr *network)
{
	struct closing closing = { .network = network };

	registry_walk(r, close_one, &closing);
	return closing.n;
}
