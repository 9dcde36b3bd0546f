/*
 * Turn: what a worker does with one connection when epoll reports it.
 *
 * Each of these may end the connection; the caller does not touch it again.
 * Thread: the connection's worker.
 */
#ifndef TAPFERRY_INTAKE_TURN_H
#define TAPFERRY_INTAKE_TURN_H

#include "intake/worker.h"

/* Takes over a connection that came through the door. */
void turn_adopt(struct worker *w, struct conn *c);

/*
 * One that has not begun its stream: goes on with TLS, reads its handshake,
 * and no further.
 */
void turn_greet(struct worker *w, struct conn *c);

/* A stream: reads what is there, up to its share of the turn. */
void turn_read(struct worker *w, struct conn *c);

/* At the end: reads what is there now, and no more. */
void turn_read_last(struct worker *w, struct conn *c);

/* One with an unfinished reply can be written to. */
void turn_reply(struct worker *w, struct conn *c);

/*
 * Waits for other events on the connection's socket; closes it when that is
 * not to be had.  Return: is it still there?
 */
bool turn_watch(struct worker *w, struct conn *c, uint32_t events);

/* It brought something: it goes behind those that have been quiet longer. */
void turn_note_activity(struct worker *w, struct conn *c);

/* Passes a stream on to another worker, half frame and all. */
void turn_pass_on(struct worker *w, struct conn *c, unsigned worker);

void turn_close(struct worker *w, struct conn *c);

/* Closes one that broke the rules, or has not begun in time, with a word in the
 * log. */
void turn_close_violation(struct worker *w, struct conn *c, const char *why);
void turn_close_late(struct worker *w, struct conn *c);

#endif
