/*
 * Placement: who of the workers gets a connection.
 *
 * Each worker publishes how long it has been busy and how many connections it
 * has; whoever decides looks at all of them now and then, and so sees what
 * share of the time in between each was busy.
 */
#ifndef TAPFERRY_INTAKE_PLACEMENT_H
#define TAPFERRY_INTAKE_PLACEMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One worker as the others see it; a cache line of its own. */
struct load {
	_Alignas(64) _Atomic uint64_t busy_ns; /* atomic: its worker adds */
	_Atomic unsigned connections; /* atomic: given to it, not yet closed */
};

/* What one onlooker remembers.  Thread: its owner. */
struct placement {
	const struct load *loads; /* lent, n of them */
	unsigned n;
	uint64_t looked_ns;
	uint64_t *busy_ns;  /* at the last look */
	unsigned *permille; /* busy share between the last two looks */
	unsigned saturated; /* looks in a row with `self` saturated */
	unsigned settling;  /* looks to wait for after a move */
};

#define PLACEMENT_NULL ((struct placement){ 0 })

enum {
	PLACEMENT_LOOK_NS = 50 * 1000 * 1000, /* not more often than that */
	PLACEMENT_SATURATED =
		950, /* permille; at this, three times in a row, */
	PLACEMENT_SATURATED_LOOKS = 3,
	PLACEMENT_IDLE = 500, /* a worker passes on to one at most this busy, */
	PLACEMENT_SETTLE_LOOKS = 5, /* then lets it settle for so many looks */
};

/* Return: 0 or -ENOMEM. */
int placement_init(struct placement *b, const struct load *loads, unsigned n);
void placement_deinit(struct placement *b);

/* Looks again if the last look is PLACEMENT_LOOK_NS old.  Return: did it? */
bool placement_look(struct placement *b, uint64_t mono_ns);

/* The worker for a new connection: fewest connections, then least busy. */
unsigned placement_pick(const struct placement *b);

/*
 * placement_relief() - after a look: should worker `self` pass one on?
 * Both ends have their hysteresis, see PLACEMENT_* above.
 * Return: the idle worker to pass it to, or -1.
 */
int placement_relief(struct placement *b, unsigned self);

/* One was passed on. */
void placement_moved(struct placement *b);

#endif
