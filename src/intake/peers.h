/*
 * Peers: how many connections each peer has.
 *
 * A peer is an address, or a network of which somebody has all addresses: of
 * that the first one.  A liburcu hash table of those that are connected now.
 * The acceptor alone adds; whoever closes a connection gives its place back. An
 * entry whose count has come to 0 is dead: nobody takes a place in it again, a
 * new one is made beside it.
 */
#ifndef TAPFERRY_INTAKE_PEERS_H
#define TAPFERRY_INTAKE_PEERS_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>
#include <urcu.h>
#include <urcu/rculfhash.h>

enum {
	PEERS_E_FULL = 1, /* the peer has as many as are allowed */
};

struct peer {
	struct cds_lfht_node node; /* rcu: peers */
	struct in6_addr address;   /* const after new */
	_Atomic unsigned count;    /* atomic; 0: dead */
	struct rcu_head rcu;       /* owner: call_rcu */
};

struct peers {
	struct cds_lfht *table; /* const after init; rcu */
	uint64_t seed; /* const after init: nobody can aim at a bucket */
};

/* @max: connections in all.  Return: 0 or -ENOMEM. */
int peers_init(struct peers *p, unsigned max);

/* It is empty.  Thread: outside any RCU read section. */
void peers_deinit(struct peers *p);

/*
 * peers_enter() - take a place for a connection
 * @max:  places a peer has
 * @out:  where the place was taken, for peers_leave(); set on 0 only
 *
 * Thread: the acceptor.  Return: 0, PEERS_E_FULL or -ENOMEM.
 */
int peers_enter(struct peers *p, const struct in6_addr *address, unsigned max,
	struct peer **out);

/* Gives the place back.  Any thread. */
void peers_leave(struct peers *p, struct peer *peer);

#endif
