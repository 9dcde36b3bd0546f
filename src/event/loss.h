/*
 * Loss: a sealed batch that has no place, in memory or on disk, is dropped and
 * counted, and the log says so with the cure.
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

#endif
