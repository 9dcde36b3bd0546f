/*
 * Events: the JSON objects of a request body, found and counted.
 *
 * A body is objects one behind the other, with white space or nothing between
 * them, as HEC takes it.  Objects are found by their braces, quotes respected;
 * they are not validated (events_check() does).
 */
#ifndef TAPFERRY_LOAD_EVENTS_H
#define TAPFERRY_LOAD_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Where in a body we are; bodies come in pieces. */
struct events_scan {
	uint32_t depth; /* of braces and brackets; 0: between objects */
	bool in_string;
	bool escaped;    /* behind a backslash in a string */
	bool bad;        /* something that is no object stood between two */
	uint64_t bad_at; /* behind so many objects */
	uint64_t events; /* objects that were closed */
};

#define EVENTS_SCAN_INIT ((struct events_scan){ 0 })

/*
 * events_count() - the next piece of a body
 *
 * A line that can only be one object, if the body is JSON at all, is counted
 * without looking at what is in it; other lines are read octet by octet.  The
 * count does not depend on where the pieces are cut.  A body that is not JSON
 * may pass ("{},{}"): only events_check() validates.
 */
void events_count(struct events_scan *s, struct slice piece);

/* The same by the slow way alone: what the fast one is tested against. */
void events_count_slowly(struct events_scan *s, struct slice piece);

/* Is the body that ended here nothing but whole objects? */
static inline bool events_is_whole(const struct events_scan *s)
{
	return s->depth == 0 && !s->bad;
}

/* Objects before the first thing that was wrong. */
static inline uint64_t events_good(const struct events_scan *s)
{
	return s->bad ? s->bad_at : s->events;
}

/*
 * events_next() - cut the next object from a body
 * @rest:  in: what is left of it; out: behind the object
 *
 * Return: false at the end of the body, or at something that is no object;
 * then *rest is empty, or begins there.
 */
bool events_next(struct slice *rest, struct slice *event);

enum {
	EVENTS_E_SYNTAX = 1, /* not one strict JSON object */
	EVENTS_E_KEY,        /* a key that a HEC event does not have */
	EVENTS_E_TIME,       /* "time" is no number */
	EVENTS_E_MISSING,    /* no "event" */
	EVENTS_E_BLANK,      /* "event" is null or an empty string */
};

/* Validates one HEC event strictly.  Return: 0, EVENTS_E_* or -ENOMEM. */
int events_check(struct slice event);

/* One phrase for EVENTS_E_*. */
const char *events_error_text(int error);

#endif
