/*
 * Ack claim: a batch and the parts of it that collectors have taken without
 * having acknowledged them yet.
 *
 * A part is the events of one request.  The claim's lists and states belong to
 * the ack table's lock, the batch to a sender while at_sender is set.
 */
#ifndef TAPFERRY_DELIVER_ACK_CLAIM_H
#define TAPFERRY_DELIVER_ACK_CLAIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "deliver/backend.h"
#include "event/batch.h"

enum { ACK_PARTS_MAX = 16 }; /* of a claim; then its batch waits for them */

enum ack_part_state { ACK_PART_AWAITED = 0, ACK_PART_ACKED, ACK_PART_LOST };

struct ack_part {
	struct ack_claim *claim;
	struct backend *backend; /* lent by its channel; NULL: of no request */
	struct batch_span events;
	uint64_t id;
	uint64_t due_ns; /* monotonic: lost if not acknowledged by then */
	enum ack_part_state state;
	TAILQ_ENTRY(ack_part) link; /* its channel's, while awaited */
};

struct ack_claim {
	struct batch *batch; /* NULL: none */
	bool at_sender;
	bool acked;       /* some events were, since it was filled */
	bool given_up;    /* what is left of it is not to be sent now */
	unsigned n;       /* parts */
	unsigned awaited; /* of these */
	const struct backend *failed; /* did not acknowledge; never looked into
				       */
	struct ack_part *parts;       /* ACK_PARTS_MAX and the rest; NULL: none
					 yet */
	TAILQ_ENTRY(ack_claim) link;
};

/* Return: 0 or -ENOMEM. */
int ack_claim_prepare(struct ack_claim *c);
void ack_claim_deinit(struct ack_claim *c);

/* A sender takes the batch in hand. */
void ack_claim_begin(struct ack_claim *c);

/* Return: a part that b is to acknowledge.  The claim is not full. */
struct ack_part *ack_claim_add(struct ack_claim *c, struct backend *b,
	struct batch_span events, uint64_t id);

/*
 * ack_claim_leave() - the sender is through
 * What it has neither settled nor passed becomes a part that is lost.
 */
void ack_claim_leave(struct ack_claim *c, bool given_up);

/* One part less to wait for; its channel has forgotten it already. */
void ack_part_resolve(struct ack_part *p, enum ack_part_state state);

/* Nobody works on it, and nothing is awaited? */
static inline bool ack_claim_is_ripe(const struct ack_claim *c)
{
	return !c->at_sender && c->awaited == 0;
}

/*
 * ack_claim_keep_lost() - leaves in the batch what is to be sent again
 * The claim is ripe, and has no parts afterwards.
 */
void ack_claim_keep_lost(struct ack_claim *c);

#endif
