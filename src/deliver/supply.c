#include "deliver/supply.h"

#include "base/clock.h"
#include "deliver/acker.h"

#define WAIT_NS  (250 * NS_PER_MS) /* a sender that waits looks up so often */
#define DRAIN_NS (20 * NS_PER_MS)  /* at the end, what may come back yet */

static int next_again(struct sender *s, struct batch **bp)
{
	s->claim = ack_table_again(&s->acker->table);
	if (s->claim == NULL)
		return OUTPUT_E_IDLE;
	s->avoid = s->claim->failed;
	*bp = s->claim->batch;
	return 0;
}

static int next_new(struct sender *s, struct batch **bp)
{
	struct ack_table *t = &s->acker->table;
	struct ack_claim *c = ack_table_reserve(t);
	struct batch *b;
	int r;

	if (c == NULL) {
		ack_table_wait(t, clock_mono_ns(&clock_system) + WAIT_NS);
		return OUTPUT_E_IDLE;
	}
	r = output_next(s->output, &b);
	if (r != 0) {
		ack_table_cancel(t, c);
		return r;
	}
	*bp = b;
	ack_table_fill(t, c, &b);
	s->claim = c;
	return 0;
}

int supply_next(struct sender *s, struct batch **bp, bool *again)
{
	struct stop *stop = &s->output->stop;
	int r;

	*again = false;
	if (!acker_is_on(s->acker))
		return output_next(s->output, bp);
	if (stop_is_over(stop) || output_is_halting(s->output))
		return OUTPUT_E_OVER;
	if (output_pauses(s->output))
		return OUTPUT_E_IDLE;
	r = next_again(s, bp);
	*again = r == 0;
	if (r != 0)
		r = next_new(s, bp);
	if (r != OUTPUT_E_OVER || stop_is_over(stop) ||
		ack_table_is_idle(&s->acker->table))
		return r;
	/* nothing new will come, but what waits may be lost yet */
	stop_pause(stop, stop_is_draining(stop),
		clock_mono_ns(&clock_system) + DRAIN_NS);
	return OUTPUT_E_IDLE;
}

void supply_done(struct sender *s, struct batch **bp)
{
	if (s->claim == NULL) {
		output_done(s->output, s->stats, bp);
		return;
	}
	/* a full claim goes on later; else the sender was told to leave */
	ack_table_leave(&s->acker->table, s->claim,
		batch_left(*bp) > 0 && !ack_claim_is_full(s->claim));
	*bp = NULL;
	s->claim = NULL;
}
