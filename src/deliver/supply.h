/*
 * Supply: where a sender's next batch comes from, and where it goes.
 *
 * With acknowledgement a batch that is to be sent again comes first, and no
 * new one is taken while as many wait as may.
 *
 * Thread: the sender.
 */
#ifndef TAPFERRY_DELIVER_SUPPLY_H
#define TAPFERRY_DELIVER_SUPPLY_H

#include "deliver/sender.h"

/*
 * supply_next() - waits for a batch, as output_next()
 * Sets s->claim and s->avoid.
 * @again:  it is sent for the second time at least
 */
int supply_next(struct sender *s, struct batch **bp, bool *again);

/* The sender is through with it. */
void supply_done(struct sender *s, struct batch **bp);

#endif
