/*
 * Registry: all open connections, by id, and their limit.
 *
 * A liburcu hash table: the acceptor adds, workers remove, anybody walks or
 * closes under RCU without stopping them.  Its size follows the limit, by main
 * and not by a thread of its own.
 */
#ifndef TAPFERRY_INTAKE_REGISTRY_H
#define TAPFERRY_INTAKE_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "intake/conn.h"
#include "net/cidr.h"

enum {
	REGISTRY_E_FULL = 1, /* as many connections as are allowed */
};

struct registry {
	struct cds_lfht *table; /* const after init; rcu */
	_Atomic unsigned max;   /* atomic: set by main */
	_Atomic unsigned count; /* atomic */
	uint64_t next_id;       /* owner: acceptor */
};

/* Return: 0 or -ENOMEM. */
int registry_init(struct registry *r, unsigned max);

/*
 * registry_set_max() - another limit
 * Those that are in stay, though they may be more.
 * Thread: main, outside any RCU read section (the table may grow).
 */
void registry_set_max(struct registry *r, unsigned max);

/* It is empty.  Thread: outside any RCU read section. */
void registry_deinit(struct registry *r);

/*
 * registry_add() - give a connection its id and a place
 *
 * The place is taken before it is used: two callers never share the last one.
 * Thread: the acceptor.  Return: 0 or REGISTRY_E_FULL.
 */
int registry_add(struct registry *r, struct conn *c);

/* Takes it out; the caller retires it.  Thread: the connection's owner. */
void registry_remove(struct registry *r, struct conn *c);

/*
 * registry_walk() - visit every connection
 * @visit:  gets each one under RCU: looks with conn_describe(), does not
 *          block; returns false to stop
 *
 * Connections that come or go meanwhile may or may not be seen.  Any thread.
 */
void registry_walk(struct registry *r,
	bool (*visit)(const struct conn *c, void *arg), void *arg);

/*
 * registry_find() - look at one connection
 * @info:  filled in when there is one of that id
 *
 * Any thread.  Return: is there?
 */
bool registry_find(struct registry *r, uint64_t id, struct conn_info *info);

/*
 * registry_close() - ask for the end of one connection
 *
 * Shuts its socket down; its worker reads the end and closes it.  Any thread.
 * Return: false when there is none of that id.
 */
bool registry_close(struct registry *r, uint64_t id);

/* The same for all TCP peers of a network.  Return: how many there were. */
unsigned registry_close_network(struct registry *r, const struct cidr *network);

static inline unsigned registry_count(const struct registry *r)
{
	return atomic_load(&r->count);
}

#endif
