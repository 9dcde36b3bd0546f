/*
 * Shake: the TLS handshake of a connection, before its stream.
 *
 * It is among the worker's calls like those that have not begun their stream;
 * each step does what the socket allows and returns.
 *
 * Thread: the connection's worker.
 */
#ifndef TAPFERRY_INTAKE_SHAKE_H
#define TAPFERRY_INTAKE_SHAKE_H

#include "intake/worker.h"

/* Does its listener ask for TLS? */
bool shake_is_due(const struct worker *w, const struct conn *c);

/* Makes the session.  Return: 0 or -ENOMEM. */
int shake_begin(struct worker *w, struct conn *c);

/*
 * shake_step() - go on as far as the socket allows
 *
 * Return: is the session standing, and the connection free to be read?  If
 * not, it waits for its socket, or it was closed.
 */
bool shake_step(struct worker *w, struct conn *c);

/* Closes one that was not through in time. */
void shake_close_late(struct worker *w, struct conn *c);

#endif
