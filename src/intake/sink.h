/*
 * Sink: where a worker's frames go: decoded to events, into every feed.
 *
 * Holds the worker's scratch and counts in plain fields; sink_count() moves
 * the counts to the shared counters once a turn.
 * Thread: its worker.
 */
#ifndef TAPFERRY_INTAKE_SINK_H
#define TAPFERRY_INTAKE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stat.h"
#include "event/filler.h"

struct sink {
	struct filler *fillers;
	size_t n_fillers;
	struct stat_shard *stats; /* lent: this worker's */
	struct dns_record *records;
	uint64_t mono_ns, real_ns; /* of the read that is being cut */
	/* since the last sink_count(): */
	uint64_t received, bytes, not_dnstap, too_large, malformed;
	bool may_block; /* a feed has OVERFLOW_BLOCK */
	struct event event;
};

#define SINK_NULL ((struct sink){ 0 })

/* A sink without feeds.  Return: 0 or -ENOMEM. */
int sink_init(struct sink *s, struct stat_shard *stats);

/*
 * sink_change() - fill these feeds from now on
 * @fillersp:  taken: n of them, made for this worker.  A feed that stays keeps
 *             the filler it has; one that goes is flushed first.
 *
 * Thread: the worker, between two frames.
 */
void sink_change(struct sink *s, struct filler **fillersp, size_t n);
void sink_deinit(struct sink *s);

/* Takes the payload of one data frame.  Return: it is dnstap, in s->event. */
bool sink_add(struct sink *s, struct slice payload);

/* A frame above the limit began: counted, its octets never come here. */
static inline void sink_skip(struct sink *s)
{
	s->received++;
	s->too_large++;
}

/*
 * Does a sealed batch wait for room?  Cheap, for use after each frame; with
 * it the worker waits itself, not inside filler_add().
 */
static inline bool sink_is_full(const struct sink *s)
{
	if (!s->may_block)
		return false;
	for (size_t i = 0; i < s->n_fillers; i++)
		if (s->fillers[i].waiting != NULL)
			return true;
	return false;
}

/* The same, after trying to get rid of it. */
bool sink_is_blocked(struct sink *s);

/* Adds what was counted to the shared counters. */
void sink_count(struct sink *s);

/* Seals by time.  Return: when to call again (UINT64_MAX: no need). */
uint64_t sink_tick(struct sink *s, uint64_t mono_ns);

/* Seals and queues everything, for the end. */
void sink_flush(struct sink *s);

#endif
