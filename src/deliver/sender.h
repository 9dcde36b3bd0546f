/*
 * Sender: a thread that takes batches and posts them until every event in
 * them is settled.
 *
 * A failure makes the backend unusable for a while and the batch goes to
 * another one at once; only when none is usable does the sender pause, until
 * the first of them is again.
 */
#ifndef TAPFERRY_DELIVER_SENDER_H
#define TAPFERRY_DELIVER_SENDER_H

#include "collector/collector.h"
#include "deliver/ack_table.h"
#include "deliver/backend_list.h"
#include "deliver/backoff.h"
#include "deliver/http.h"
#include "deliver/output_kind.h"
#include "event/compress.h"
#include "sync/thread.h"

struct acker;

struct sender {
	unsigned magic;
	struct output *output;             /* const after init */
	const struct collector *collector; /* const after init */
	struct backend_list **backends;    /* rcu: the output's list */
	struct acker *acker; /* const after init; NULL: no such collector */
	struct stat_shard *stats; /* owner: the thread, all below too */
	struct ack_claim *claim;  /* of the batch in hand; NULL: not awaited */
	struct http *http;
	struct compressor *compressor; /* NULL: no compression */
	struct buf frame;              /* of the body under way */
	struct backoff backoff;
	const struct backend *avoid; /* never looked into */
	uint64_t hurry_ns; /* monotonic: draining tries at once from then on */
	struct thread thread;
};

#define SENDER_NULL ((struct sender){ 0 })

/*
 * sender_init() - everything but the thread
 * @o, backends, acker:  lent until sender_deinit()
 * @index:        of this sender in its output
 *
 * Return: 0 or -errno of http_new().
 */
int sender_init(struct sender *s, struct output *o,
	struct backend_list **backends, struct acker *acker, unsigned index);

/* Return: 0 or -errno; o->running counts the thread in. */
int sender_start(struct sender *s);

/* Joins the thread, if it was started. */
void sender_deinit(struct sender *s);

#endif
