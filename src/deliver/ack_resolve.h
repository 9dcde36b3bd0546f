/*
 * Ack resolve: how parts end, and where their claims go then.
 *
 * For the files of the ack table alone, which hold its lock.
 */
#ifndef TAPFERRY_DELIVER_ACK_RESOLVE_H
#define TAPFERRY_DELIVER_ACK_RESOLVE_H

#include "deliver/ack_table.h"

/* The batch of a claim is gone. */
void ack_claim_free(struct ack_table *t, struct ack_claim *c);

/* Moves a claim on that nobody works on and that waits for nothing. */
void ack_claim_ripe(struct ack_table *t, struct ack_claim *c);

void ack_part_acked(
	struct ack_table *t, struct ack_part *p, struct ack_channel *ch);

/* Return: how many events are to be sent again. */
uint32_t ack_part_lost(
	struct ack_table *t, struct ack_part *p, struct ack_channel *ch);
uint32_t ack_channel_lost(struct ack_table *t, struct ack_channel *ch);

#endif
