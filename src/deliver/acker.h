/*
 * Acker: what an output has in the hands of collectors that acknowledge.
 *
 * Senders go through the table (deliver/ack_table.h); one thread asks the
 * collectors, settles what is acknowledged and gives up what is not.  Without
 * `acknowledge` there is no thread and nothing waits, but a collector that
 * insists on channels is named one.
 */
#ifndef TAPFERRY_DELIVER_ACKER_H
#define TAPFERRY_DELIVER_ACKER_H

#include "collector/collector.h"
#include "deliver/ack_table.h"
#include "deliver/http.h"
#include "deliver/output_kind.h"
#include "sync/thread.h"

struct acker {
	struct output *output;             /* const after init */
	const struct collector *collector; /* const after init; it has an ack */
	struct ack_table table;
	struct stat_shard *stats; /* owner: the thread, all below too */
	struct http *http;        /* NULL: no thread */
	struct ack_question question;
	uint64_t answered_ns; /* monotonic: the last answer that was one */
	struct thread thread;
};

/*
 * acker_new() - for an output whose collector has an ack; its own shard of
 * counters is `index`
 * Return: 0 or -errno of http_new().
 */
int acker_new(struct acker **ap, struct output *o, unsigned index);

/* The thread, if acknowledgement is wanted; o->running counts it in.
 * Return: 0 or -errno. */
int acker_start(struct acker *a);

/* Joins the thread.  The senders have ended. */
struct acker *acker_free(struct acker *a); /* NULL */

/* May events wait for acknowledgement? */
static inline bool acker_is_on(const struct acker *a)
{
	return a != NULL && a->table.settings.wanted;
}

#endif
