/*
 * Admission: who may come in through which listener.
 *
 * The limits besides the registry's own, which is for all connections.  Each
 * is a count that is raised before the place is used and lowered by whoever
 * closes the connection.  The acceptor alone raises, so a limit of N lets in N
 * and never N + 1, and a place that was given back can be taken at once.
 */
#ifndef TAPFERRY_INTAKE_ADMISSION_H
#define TAPFERRY_INTAKE_ADMISSION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "intake/conn.h"
#include "intake/intake.h"
#include "intake/peers.h"
#include "intake/plan.h"

enum {
	ADMISSION_E_ADDRESS = 1,   /* denied, or not among the allowed */
	ADMISSION_E_PEER_FULL,     /* limits.max_connections_per_peer */
	ADMISSION_E_LISTENER_FULL, /* the listener's max_connections */
	ADMISSION_E_FULL,          /* limits.max_connections */
	ADMISSION_E_COUNT,
};

struct admission {
	const struct intake_settings *settings; /* owner: acceptor */
	_Atomic unsigned *counts;               /* atomic: one a gate */
	struct peers peers;
};

/* Return: 0 or -ENOMEM; admission_deinit() is due in both cases. */
int admission_init(struct admission *a);

/*
 * admission_prepare() - what these settings need beyond the former ones
 * Thread: main.  Return: 0 or -ENOMEM.
 */
int admission_prepare(struct admission *a, const struct intake_settings *s);

/* From now on by these settings.  Thread: the acceptor. */
static inline void admission_change(
	struct admission *a, const struct intake_settings *s)
{
	a->settings = s;
}

/* Has the gate connections?  Any thread. */
static inline bool admission_in_use(const struct admission *a, unsigned gate)
{
	return atomic_load(&a->counts[gate]) != 0;
}

/* All have left. */
void admission_deinit(struct admission *a);

/*
 * admission_enter() - take the places a connection needs, all or none
 * Thread: the acceptor.  Return: 0, ADMISSION_E_* or -ENOMEM.
 */
int admission_enter(struct admission *a, struct conn *c);

/* Gives them back.  Thread: the connection's owner. */
void admission_leave(struct admission *a, struct conn *c);

/* Has the listener a place?  (Its peers may not.) */
bool admission_has_place(const struct admission *a, unsigned listener);

#endif
