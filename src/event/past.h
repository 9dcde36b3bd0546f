/*
 * Past: what an output has counted before a reload gave it another feed.
 *
 * A reload that changes how events are written or gathered puts a new feed in
 * the place of the former one, which is emptied meanwhile and then freed.  To
 * whoever looks it is still the same output, so its counters go on: those of
 * the feed, of the former ones, as long as there are any, and of those that are
 * gone.
 *
 * Who reads does it while main changes nothing: see doc/threads.md.
 */
#ifndef TAPFERRY_EVENT_PAST_H
#define TAPFERRY_EVENT_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/stat.h"

struct feed;

/* What feeds that are gone have counted.  Owner: main. */
struct past {
	uint64_t stat[OUTPUT_STAT_COUNT];
	uint64_t intake[INTAKE_STAT_COUNT];
	uint64_t in_spool; /* left on disk, for the next one to recover */
	struct histogram_reading batch_sizes, delay; /* scale NULL: none */
};

/* `former` leaves: its counters go on in that of the same name, if there is
 * one. Thread: main. */
void past_follow(struct feed *const *feeds, size_t n, struct feed *former);

/* `gone` is about to be freed: the one that has followed it keeps what it
 * counted. Thread: main. */
void past_keep(struct feed *const *feeds, size_t n, const struct feed *gone,
	const struct stat_set *intake);

/* Has `f` come in the place of `former`, or of one that did? */
bool past_has(const struct feed *f, const struct feed *former);

/* What former feeds left on disk and `f` has not found there yet. */
uint64_t past_in_spool(const struct feed *f);

/* Since the start, of all feeds of the output; see stat_sum(), feed_intake(),
 * histogram_read().  What one left on disk and the next has found there is not
 * recovered: it came in in this run. */
uint64_t past_stat(const struct feed *f, unsigned id);
uint64_t past_intake(
	const struct feed *f, const struct stat_set *intake, unsigned id);
void past_batch_sizes(const struct feed *f, struct histogram_reading *r);
void past_delay(const struct feed *f, struct histogram_reading *r);

#endif
