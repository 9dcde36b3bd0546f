/*
 * Settlement: what becomes of events that were not simply delivered.
 *
 * Thread: the sender.
 */
#ifndef TAPFERRY_DELIVER_SETTLEMENT_H
#define TAPFERRY_DELIVER_SETTLEMENT_H

#include "deliver/parcel.h"

/*
 * settlement_refuse() - the next n events are refused for good
 * They become dead letters where there is a file for them, else they are
 * dropped for this reason.
 */
void settlement_refuse(struct sender *s, struct batch *b, uint32_t n,
	const struct outcome *o, enum output_stat reason);

/*
 * settlement_split() - the parcel was too large
 * Halves, by size: what is sent next of this batch is at most half of what was
 * too much.  A single event cannot be halved and is refused.
 * Return: the most octets to send next.
 */
size_t settlement_split(
	struct sender *s, struct parcel *p, const struct outcome *o);

#endif
