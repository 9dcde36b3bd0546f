/*
 * Loss: a sealed batch that has no place, in memory or on disk, is dropped and
 * counted, and the log says so with the cure; so is an event that fits in no
 * batch, unless it does without its resource records.
 */
#ifndef TAPFERRY_EVENT_LOSS_H
#define TAPFERRY_EVENT_LOSS_H

#include "event/feed.h"

/*
 * feed_lose() - drop a batch that found no room
 * @stats:  the calling worker's, where its events are counted
 * @bp:     goes back to the pool
 *
 * The log has a line for each reason (EVENTS_DROPPED), and another one only
 * after a while.  Thread: the worker.
 */
void feed_lose(struct feed *f, struct stat_shard *stats, struct batch **bp);

/* feed_lose_event() - the same for an event that fits in no batch */
void feed_lose_event(
	struct feed *f, struct stat_shard *stats, const struct event *e);

/*
 * feed_shorten() - write an event that fits in no batch without its records
 * @b:  an empty batch
 *
 * The log says so (EVENT_SHORTENED).  Thread: the worker.
 * Return: its length, or 0 when it does not fit even so.
 */
size_t feed_shorten(const struct feed *f, struct encoder *encoder,
	const struct event *e, struct batch *b);

#endif
