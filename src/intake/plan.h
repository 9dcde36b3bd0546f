/*
 * Plan: what the intake works by, from one reload to the next.
 *
 * A plan never changes once it is published.  Main makes the next one, opens
 * what it needs, publishes it and waits until the acceptor and every worker
 * have taken it up, each between two pieces of work; only then the former one
 * goes, with the settings it was made of.  Others read it under RCU.
 *
 * Listeners have a *gate* each: a number that connections carry.  A listener
 * that stays keeps its gate; the gate of one that went stays, shut, until its
 * last connection has ended.
 */
#ifndef TAPFERRY_INTAKE_PLAN_H
#define TAPFERRY_INTAKE_PLAN_H

#include <stdbool.h>

#include "base/stat.h"
#include "intake/intake.h"
#include "net/tls_keyring.h"

enum { PLAN_GATES_MAX = 256 }; /* listeners that are open or have connections */

struct plan_gate {
	bool open;          /* a listener of the settings has it */
	bool was_opened;    /* its socket is new with this plan */
	bool socket_is_new; /* and the acceptor has not taken it yet */
	int former;         /* gate whose socket it takes over, or -1 */
	struct listen_socket socket; /* if it is new */
	/* what listeners that had the gate before have counted on it */
	uint64_t base[LISTENER_STAT_COUNT];
	char *name; /* owned: of a gate that is shut */
};

struct plan {
	/* listeners: n_gates of them, by gate; the strings are the caller's */
	struct intake_settings settings;
	struct listener_settings *listeners; /* owned; the same array */
	struct plan_gate gates[PLAN_GATES_MAX];
	unsigned n_gates;
	struct feed **feeds; /* lent */
	size_t n_feeds;
	/* [worker]: what it takes up instead of its own; NULL: taken */
	struct filler **fillers; /* owned until taken */
};

/*
 * plan_new() - the plan for these settings, after the former one
 * @former:  NULL: the first plan
 * @in_use:  [gate]: does it have connections? (NULL with the first)
 *
 * Sockets are not opened here.  Thread: main.
 * Return: 0, -ENOMEM, or -ENOSPC when there is no gate left.
 */
int plan_new(struct plan **pp, const struct intake_settings *settings,
	struct feed **feeds, size_t n_feeds, const struct plan *former,
	const bool *in_use);

/*
 * plan_open() - open the sockets that are new in it
 * @inherited:  by gate: a socket passed on to us, taken, or -1; NULL: none
 * @error:      on failure: one sentence with the cure
 *
 * Thread: main.  Return: 0 or -errno; plan_free() closes them.
 */
int plan_open(struct plan *p, int *inherited, char *error, size_t cap);

/* Logs where the new ones listen.  Thread: main, before it is published. */
void plan_say(const struct plan *p);

/* Frees what nobody has taken; closes what nobody has taken. */
struct plan *plan_free(struct plan *p); /* NULL */

#endif
