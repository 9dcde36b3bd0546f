/*
 * Deadline: when a worker's connections must have done what is waited for.
 *
 *	TLS handshake   limits.tls_handshake_timeout after the connection came
 *	START           limits.handshake_timeout after it came, or after its
 *	                TLS session began
 *	anything        idle_timeout of its listener after it last brought some
 *
 * What a peer sends meanwhile puts off the last one only.  Each of the worker's
 * lists has those first whose time is over first, so nobody else is looked at,
 * however many there are.
 *
 * Thread: the worker.
 */
#ifndef TAPFERRY_INTAKE_DEADLINE_H
#define TAPFERRY_INTAKE_DEADLINE_H

#include "intake/worker.h"

/* Closes those that have not begun their stream in time. */
void deadline_close_late(struct worker *w);

/* Closes the streams that were quiet for too long; once a tick is enough. */
void deadline_close_idle(struct worker *w);

/* When one of the two has something to do.  Return: UINT64_MAX: never. */
uint64_t deadline_next_ns(const struct worker *w);

#endif
