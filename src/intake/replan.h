/*
 * Replan: other settings and feeds for an intake that runs.
 *
 * Everything that can fail is done first; if something does, nothing has
 * changed.
 */
#ifndef TAPFERRY_INTAKE_REPLAN_H
#define TAPFERRY_INTAKE_REPLAN_H

#include "intake/acceptor.h"
#include "intake/plan.h"

/*
 * replan() - publish a plan, and wait until everybody has taken it up
 * @settings:  lent until the next one; workers and read_buffer stay as they
 *             were with the first
 * @feeds:     lent as long; feeds of before that are not among them are left
 *             by the workers, what these had filled is sealed
 * @error:     on failure: one sentence with the cure
 *
 * The first plan of a crew is published without waiting: nobody works yet.
 * Thread: main.  Return: 0 or -errno.
 */
int replan(struct crew *crew, struct acceptor *a,
	const struct intake_settings *settings, struct feed **feeds,
	size_t n_feeds, char *error, size_t cap);

#endif
