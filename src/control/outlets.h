/*
 * Outlets: the outputs of the daemon with their feeds, from reload to reload.
 *
 * Thread: main, all of it, except where it says otherwise.
 */
#ifndef TAPFERRY_CONTROL_OUTLETS_H
#define TAPFERRY_CONTROL_OUTLETS_H

#include "control/outlet.h"

struct outlets {
	struct outlet **of;  /* in the configuration's order */
	struct feed **feeds; /* theirs */
	size_t n;
	struct outlet **leaving;
	size_t n_leaving;
};

#define OUTLETS_NULL ((struct outlets){ 0 })

/*
 * outlets_new() - feeds of the first edition, without outputs as yet
 * Return: 0 or -ENOMEM; outlets_deinit() is due in both cases.
 */
int outlets_new(struct outlets *o, struct edition *e);

/*
 * outlets_start() - their outputs
 * @error:  on failure: one sentence with the cure
 * Return: 0 or -errno; outlets_end() is due in both cases.
 */
int outlets_start(struct outlets *o, char *error, size_t cap);

/* Has every outlet the output it is to have, or one that does not start?
 * Until then there is no other reload. */
bool outlets_settled(const struct outlets *o);

/*
 * outlets_prepare() - what is to be in force after a reload
 * @now:    settled
 * @next:   made: outlets that stay, and new ones
 * @error:  on failure: one sentence with the cure; nothing has changed
 * Return: 0 or -errno.
 */
int outlets_prepare(const struct outlets *now, struct outlets *next,
	struct edition *e, char *error, size_t cap);

/* The reload came to nothing: the new ones of `next` are freed. */
void outlets_abandon(const struct outlets *now, struct outlets *next);

/*
 * outlets_commit() - the workers fill next->feeds now
 * @drain_ns:  monotonic: until when an output that is no longer named may
 *             deliver what it has
 */
void outlets_commit(struct outlets *now, struct outlets *next,
	struct edition *e, uint64_t drain_ns);

/* Would outlets_tend() change something now? */
bool outlets_have_news(const struct outlets *o, uint64_t mono_ns);

/*
 * outlets_tend() - free those that have left, start those that are due
 * @intake:  for the ledger of one that leaves
 */
void outlets_tend(
	struct outlets *o, const struct stat_set *intake, uint64_t mono_ns);

/* Is there something to be tended, now or soon? */
bool outlets_are_busy(const struct outlets *o);

/* For all outputs, those that leave included; see deliver/output.h. */
void outlets_rotate(const struct outlets *o);
/* Those that are being made anew wait for no acknowledgement any more. */
void outlets_hurry(const struct outlets *o);
void outlets_drain(const struct outlets *o, uint64_t mono_deadline_ns);
void outlets_give_up(const struct outlets *o);
void outlets_cut(const struct outlets *o);
bool outlets_ended(const struct outlets *o);

/* A ledger line each, after outlets_end(). */
void outlets_report(const struct outlets *o, const struct stat_set *intake);

/* Ends what still runs, drops and counts what is left. */
void outlets_end(struct outlets *o);
void outlets_deinit(struct outlets *o);

#endif
