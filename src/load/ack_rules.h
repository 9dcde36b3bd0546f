/*
 * Ack rules: how the stand-in collector acknowledges, and what it does wrong
 * about that.
 *
 *	SPEC = RULE, or several with commas between
 *	RULE = on                    events are in at once
 *	     | after : DURATION      in, and acknowledged, so much later
 *	     | late : P : DURATION   and with probability P that much later yet
 *	     | lose : P              with probability P never in, though the
 *	                             delivery was answered with success
 *	     | never                 in at once, but never acknowledged
 *	     | full : N              no more than N unreported ids a channel
 */
#ifndef TAPFERRY_LOAD_ACK_RULES_H
#define TAPFERRY_LOAD_ACK_RULES_H

#include <stdbool.h>
#include <stdint.h>

struct ack_rules {
	bool on; /* acknowledge at all */
	bool never;
	uint64_t after_ns;
	double late; /* probability */
	uint64_t late_ns;
	double lose;   /* probability */
	uint64_t full; /* 0: any number */
	uint64_t seed;
};

/* What befalls one delivery. */
struct ack_fate {
	bool lost;      /* never in */
	bool told;      /* acknowledged once it is in */
	uint64_t in_ns; /* how long until it is in */
};

enum {
	ACK_RULES_E_WHAT = 1,    /* no such rule */
	ACK_RULES_E_DURATION,    /* no duration where one must be */
	ACK_RULES_E_PROBABILITY, /* no number from 0 to 1 where one must be */
	ACK_RULES_E_NUMBER,      /* full without a number */
};

/* Return: 0 or ACK_RULES_E_*. */
int ack_rules_parse(struct ack_rules *r, const char *spec, uint64_t seed);

/* One sentence for ACK_RULES_E_*. */
const char *ack_rules_error_text(int error);

/* What befalls delivery number `n`, counted from 1.  Pure; any thread. */
struct ack_fate ack_rules_pick(const struct ack_rules *r, uint64_t n);

#endif
