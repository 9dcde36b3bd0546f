/*
 * Controlling: the control socket as the daemon runs it, from reload to reload.
 *
 * Thread: main.
 */
#ifndef TAPFERRY_CONTROL_CONTROLLING_H
#define TAPFERRY_CONTROL_CONTROLLING_H

#include "control/beat.h"
#include "control/command.h"

struct controlling {
	struct control_socket *socket; /* NULL: it was not started */
	struct command_room room;
	struct beat tick; /* of history and census */
};

#define CONTROLLING_NULL ((struct controlling){ 0 })

/*
 * controlling_start() - listen, if the edition in force says so
 * @room:   all but history and census
 * @error:  on failure: one sentence with the cure
 * Return: 0 or -errno; controlling_stop() is due in both cases.
 */
int controlling_start(struct controlling *c, const struct command_room *room,
	char *error, size_t cap);

/*
 * controlling_prepare() - open what these settings want, besides what there is
 * @error:  on failure: one sentence with the cure
 * Return: 0: controlling_follow() or controlling_abandon() is due; or -errno.
 */
int controlling_prepare(struct controlling *c, const struct control_settings *s,
	char *error, size_t cap);
void controlling_abandon(struct controlling *c);

/* Outlets, listeners or edition have changed.  What could not be done is in
 * the log and in `said`, a line; NULL: in the log only. */
void controlling_follow(struct controlling *c, struct buf *said);

/* To wait for; -1: there is none. */
int controlling_fd(const struct controlling *c);
int controlling_wait_ms(const struct controlling *c, uint64_t mono_ns);

void controlling_serve(struct controlling *c);

void controlling_stop(struct controlling *c);

#endif
