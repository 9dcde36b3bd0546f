#include "deliver/balance.h"

enum { DECK_BITS = 10, DECK = 1 << DECK_BITS };

/* SplitMix64. */
static uint64_t mixed(uint64_t n)
{
	uint64_t z = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/*
 * The card of this turn.  Multiplying by an odd number, adding, and xor with
 * the higher bits each map the cards one to one.
 */
static uint64_t card(uint64_t turn)
{
	uint64_t key = mixed(turn >> DECK_BITS), x = turn;

	for (int i = 0; i < 3; i++, key >>= 20) {
		x = (x * (key | 1) + (key >> DECK_BITS)) % DECK;
		x ^= x >> (DECK_BITS / 2);
	}
	return x;
}

/* see deck_note in balance.h */
size_t random_pick(const struct candidate *of, size_t n, struct draw *d)
{
	uint64_t within = d->random(d->arg) >> (32 + DECK_BITS);
	uint64_t lot = card(d->turn) << (32 - DECK_BITS) | within;

	return balance_by_lot(of, n, lot, n);
}
