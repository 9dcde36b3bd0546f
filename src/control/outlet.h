/*
 * Outlet: a feed, and the output that empties it now.
 *
 * A reload finds it unchanged, or gives its feed another output once the former
 * one has finished what it is at, or, where events are to be written otherwise,
 * puts a new outlet beside it: then the former one delivers what it has and
 * leaves.
 *
 * Thread: main, all of it.
 */
#ifndef TAPFERRY_CONTROL_OUTLET_H
#define TAPFERRY_CONTROL_OUTLET_H

#include "control/edition.h"
#include "deliver/output.h"

enum { OUTLET_HELD_MAX = 8 };

struct outlet {
	struct feed feed;
	struct output_settings settings; /* strings: the editions' */
	struct output *output;           /* NULL: none runs now */
	struct edition *of_feed, *of_keeper, *of_output;
	/* of backends that were changed since: n_held of them */
	struct edition *held[OUTLET_HELD_MAX];
	unsigned n_held;
	size_t index; /* of the output in of_output */
	/* what to run next, when `output` has ended; NULL: nothing */
	struct edition *next;
	size_t next_index;
	struct outlet *before; /* must have left before this one starts */
	uint64_t retry_ns;     /* monotonic: not tried again before */
};

/* For output `index` of the edition, without an output as yet.
 * Return: 0 or -ENOMEM. */
int outlet_new(struct outlet **tp, struct edition *e, size_t index);

/* After outlet_end(). */
struct outlet *outlet_free(struct outlet *t); /* NULL */

/* Return: as output_start(). */
int outlet_start(struct outlet *t, char *error, size_t cap);

/* Ends what runs, at once; what is left in the feed is kept or counted. */
void outlet_end(struct outlet *t);

/*
 * outlet_follow() - output `index` of the edition, the same feed, is in force
 * @differs:  from what the outlet has: DIFFERS_OUTPUT, _BACKENDS, _LIMITS
 *
 * It is made anew as soon as it has finished what it is at; where only backends
 * differ, or were changed at run time, it runs on with those configured.  The
 * spool's limits its keeper takes up as it runs.
 */
void outlet_follow(
	struct outlet *t, struct edition *e, size_t index, unsigned differs);

/* Is the output to be another, and through with what it was at? */
bool outlet_has_halted(const struct outlet *t);

/* Does nothing of it run, or not any more? */
bool outlet_has_ended(const struct outlet *t);

/* Has it what it is to have, or tried in vain?  Else it waits for another. */
bool outlet_is_settled(const struct outlet *t);

/* Has it no output, and nothing to wait for? */
bool outlet_is_due(const struct outlet *t, uint64_t mono_ns);

/* Starts its output, or tells why not and sets the time of the next try. */
void outlet_start_due(struct outlet *t, uint64_t mono_ns);

#endif
