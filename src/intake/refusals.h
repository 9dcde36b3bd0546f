/*
 * Refusals: connections that may not come in, until they are closed.
 *
 * Some peers come back at once when they are closed, and for ever, so that is
 * done at a pace.  It is not the listener's: who may come in is behind them in
 * its queue.  So they are accepted as fast as they come and kept meanwhile, a
 * few of them; of more than that the oldest are closed ahead of the pace.
 *
 * Thread: the acceptor.
 */
#ifndef TAPFERRY_INTAKE_REFUSALS_H
#define TAPFERRY_INTAKE_REFUSALS_H

#include <stdint.h>

#include "intake/conn.h"
#include "intake/pace.h"

enum { REFUSALS_KEPT_MAX = 64 };

struct refusals {
	struct pace pace;
	struct conn *kept[REFUSALS_KEPT_MAX]; /* a ring, the oldest first */
	unsigned first, n;
};

#define REFUSALS_NULL ((struct refusals){ 0 })

/* How many are closed a second, from now on; 0: any number. */
void refusals_set_pace(struct refusals *r, unsigned per_second);

/* Closes it now, whatever the pace; the next one is later by that. */
void refusals_close(struct refusals *r, struct conn **cp, uint64_t mono_ns);

/* Closes it when its turn has come. */
void refusals_keep(struct refusals *r, struct conn **cp, uint64_t mono_ns);

/* Closes the oldest until no more than so many are kept. */
void refusals_fit(struct refusals *r, unsigned places);

/* Closes those whose turn has come. */
void refusals_tick(struct refusals *r, uint64_t mono_ns);

/* How long until that is due; UINT64_MAX: none is kept. */
uint64_t refusals_wait_ns(const struct refusals *r, uint64_t mono_ns);

#endif
