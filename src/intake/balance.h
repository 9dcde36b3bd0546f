/*
 * Balance: who of the workers gets a connection.
 *
 * Each worker publishes how long it has been busy and how many connections it
 * has; whoever decides looks at all of them now and then, and so sees what
 * share of the time in between each was busy.
 */
#ifndef TAPFERRY_INTAKE_BALANCE_H
#define TAPFERRY_INTAKE_BALANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One worker as the others see it; a cache line of its own. */
struct load {
	_Alignas(64) _Atomic uint64_t busy_ns; /* atomic: its worker adds */
	_Atomic unsigned connections; /* atomic: given to it, not yet closed */
};

/* What one onlooker remembers.  Thread: its owner. */
struct balance {
	const struct load *loads; /* lent, n of them */
	unsigned n;
	uint64_t looked_ns;
	uint64_t *busy_ns;  /* at the last look */
	unsigned *permille; /* busy share between the last two looks */
	unsigned saturated; /* looks in a row with `self` saturated */
	unsigned settling;  /* looks to wait for after a move */
};

#define BALANCE_NULL ((struct balance){ 0 })

enum {
	BALANCE_LOOK_NS = 50 * 1000 * 1000, /* not more often than that */
	BALANCE_SATURATED = 950, /* permille; at this, three times in a row, */
	BALANCE_SATURATED_LOOKS = 3,
	BALANCE_IDLE = 500, /* a worker passes on to one at most this busy, */
	BALANCE_SETTLE_LOOKS = 5, /* then lets it settle for so many looks */
};

/* Return: 0 or -ENOMEM. */
int balance_init(struct balance *b, const struct load *loads, unsigned n);
void balance_deinit(struct balance *b);

/* Looks again if the last look is BALANCE_LOOK_NS old.  Return: did it? */
bool balance_look(struct balance *b, uint64_t mono_ns);

/* The worker for a new connection: fewest connections, then least busy. */
unsigned balance_pick(const struct balance *b);

/*
 * balance_relief() - after a look: should worker `self` pass one on?
 * Both ends have their hysteresis, see BALANCE_* above.
 * Return: the idle worker to pass it to, or -1.
 */
int balance_relief(struct balance *b, unsigned self);

/* One was passed on. */
void balance_moved(struct balance *b);

#endif
