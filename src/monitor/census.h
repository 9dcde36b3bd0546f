/*
 * Census: which connections there are and what each one brings a second.
 *
 * Connections count, and keep no rate: a rate is what a connection brought
 * since a census before.  Two of them are remembered, so that there is one of
 * a moment not too short ago, however many ask.  A connection that is younger,
 * or of a time when nobody asked, has the mean since it connected.
 *
 * Memory: 48 octets a connection, freed when nobody has asked for a while, and
 * 16 for each one that is listed.  Owner: the monitor's thread.
 */
#ifndef TAPFERRY_MONITOR_CENSUS_H
#define TAPFERRY_MONITOR_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/registry.h"

/* What a list is sorted by: the largest first, ids the smallest first. */
enum census_key {
	CENSUS_BY_RATE = 0,
	CENSUS_BY_BYTE_RATE,
	CENSUS_BY_MESSAGES,
	CENSUS_BY_OCTETS,
	CENSUS_BY_ERRORS,
	CENSUS_BY_AGE,
	CENSUS_BY_QUIET,
	CENSUS_BY_ID,
};

/* The names a request gives: "rate", "byte_rate", ...  Return: is it one? */
bool census_key_parse(const char *name, enum census_key *key);
#define CENSUS_KEY_NAMES \
	"rate, byte_rate, messages, octets, errors, age, quiet, id"

struct census_count {
	uint64_t id, messages, octets;
};

/* What had been counted at one moment. */
struct census_past {
	struct census_count *counts; /* by id, ascending; NULL: none */
	size_t n;
	uint64_t taken_ns; /* monotonic */
};

struct census {
	struct census_past older, newer;
	uint64_t asked_ns; /* monotonic */
};

#define CENSUS_NULL ((struct census){ 0 })

struct census_entry {
	uint64_t id;
	float rate, byte_rate; /* a second */
};

struct census_list {
	struct census_entry *entries; /* in order; the caller frees them */
	size_t n;
	size_t total; /* connections there are */
};

void census_deinit(struct census *c);

/*
 * census_take() - the first `limit` connections in that order
 *
 * Time is that of one walk over the registry, and limit * log(limit).
 * Return: 0 or -ENOMEM, then with nothing to free.
 */
int census_take(struct census *c, struct registry *r, enum census_key key,
	size_t limit, uint64_t mono_ns, struct census_list *list);

/* Forgets what nobody has asked for lately. */
void census_tick(struct census *c, uint64_t mono_ns);

#endif
