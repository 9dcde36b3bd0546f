/*
 * Balance: which of the usable backends gets the next request.
 *
 * Each strategy is one pure function in a file of its own.  It is given the
 * candidates and one number that is drawn for this choice; shares go by weight.
 *
 *	round_robin        in turn, those of larger weight more often and not
 *	                   in a row ("smooth", as nginx does it)
 *	least_connections  fewest requests under way for its weight
 *	random             by lot
 *	power_of_two       the less busy of two drawn by lot
 *
 * credit_note: each choice adds its weight to the credit of every candidate,
 *and the one chosen pays the weights of all.  So a credit is how much a backend
 *is behind its share.  It decides in turn, and between backends that are
 *equally busy.  It is bounded: who was slow for an hour is not flooded
 *afterwards. Senders change credits at the same time without a lock; each
 *change counts, a choice that saw half of another's is made up for by the next
 *ones.
 *
 * deck_note: lots of `random` are drawn as from a deck of cards: 1,024 choices
 * take one lot from each 1,024th of the range, in an order that is another one
 * with each deck.  So shares are exact after some hundred requests, where
 * independent lots would be a few percent off after ten thousand.
 */
#ifndef TAPFERRY_DELIVER_BALANCE_H
#define TAPFERRY_DELIVER_BALANCE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The order of the names in settings.def. */
enum balance_strategy {
	BALANCE_ROUND_ROBIN = 0,
	BALANCE_LEAST_CONNECTIONS,
	BALANCE_RANDOM,
	BALANCE_POWER_OF_TWO,
};

enum { BALANCE_MAX = 256 }; /* backends of one output */

struct candidate {
	uint32_t weight;         /* 1 or more */
	uint32_t load;           /* requests under way */
	_Atomic int64_t *credit; /* atomic: of round robin, kept by backend */
};

struct draw {
	uint64_t turn;                 /* choices before this one */
	uint64_t (*random)(void *arg); /* 64 random bits */
	void *arg;
};

typedef size_t balance_pick(
	const struct candidate *of, size_t n, struct draw *d);

/* Each returns an index below n; n is 1 or more. */
balance_pick round_robin_pick;
balance_pick least_connections_pick;
balance_pick random_pick;
balance_pick power_of_two_pick;

balance_pick *balance_strategy_pick(enum balance_strategy s);

/*
 * balance_by_lot() - one of them, by weight
 * @lot:  0..2^32 - 1
 * @but:  not this one; n: any of them
 */
size_t balance_by_lot(
	const struct candidate *of, size_t n, uint64_t lot, size_t but);

/* What credits become when this one is chosen; see credit_note. */
void balance_pay(const struct candidate *of, size_t n, size_t chosen);

/* Credit of one with the round that is being decided. */
static inline int64_t balance_credit(const struct candidate *c)
{
	return atomic_load_explicit(c->credit, memory_order_relaxed) +
	       c->weight;
}

/* Less busy for its weight? */
static inline int candidate_compare(
	const struct candidate *a, const struct candidate *b)
{
	uint64_t x = (uint64_t)a->load * b->weight;
	uint64_t y = (uint64_t)b->load * a->weight;

	return x < y ? -1 : x > y;
}

#endif
