/*
 * Ack table: batches that wait for their collectors' acknowledgements.
 *
 * A claim is a batch and its parts: one part for each request that was
 * answered with an id, the events the request carried.  The batch is the
 * sender's that fills the claim; once that sender is through, it is the
 * table's until every part is settled: delivered, and then the batch has gone
 * (ack_table_reap), or in part lost, and then a sender takes the claim again
 * with just the lost events in the batch (ack_table_again).
 *
 * Ids belong to a channel of one backend.  A channel is posted to, or asked
 * about, never both: after an interval posts go to another channel, and when
 * the last post on the old one has come back it is asked about until nothing
 * is open there; then it may be used again.  So an id that is true is the
 * one we know: were both at once, a collector that has forgotten its channels
 * (a restart) could give an old id to a post under way and call it true before
 * the table has heard of it, and the old events would be lost.  Ids that do
 * not grow from post to post show the same thing, or a load balancer without
 * sticky sessions; then nobody knows which events a true would mean, and all
 * of the channel are lost, so sent again.
 *
 * Time comes in; everything is under one lock, which is never held while
 * something blocks.
 */
#ifndef TAPFERRY_DELIVER_ACK_TABLE_H
#define TAPFERRY_DELIVER_ACK_TABLE_H

#include <pthread.h>

#include "collector/ack.h"
#include "deliver/ack_channel.h"

struct ack_settings {
	bool wanted;           /* 200 alone is not delivered */
	uint64_t interval_ns;  /* between two questions about a channel */
	uint64_t timeout_ns;   /* not acknowledged so long: lost */
	uint64_t unreached_ns; /* backend silent so long: lost */
	unsigned max_pending;  /* batches that may wait, of full size or not */
	/* n events of b are acknowledged.  Thread: the acker, lock held. */
	void (*acked)(void *arg, struct backend *backend, const struct batch *b,
		uint32_t n);
	void *arg; /* of acked() */
};

TAILQ_HEAD(ack_claims, ack_claim);

struct ack_table {
	struct ack_settings settings; /* const after init */
	unsigned n_claims;            /* const after init */
	struct ack_claim *claims;     /* const after init: n_claims of them */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a claim is free, or there is one to resend */
	/* guarded: lock, all below */
	struct ack_claims free;
	struct ack_claims done;  /* to be reaped */
	struct ack_claims again; /* lost events, to be sent again */
	LIST_HEAD(, ack_node) nodes;
	unsigned busy; /* claims with a batch */
	bool hurried;  /* the end is near: ask often */
};

/*
 * ack_table_init()
 * @n_senders:  claims they may hold beside max_pending
 *
 * Return: 0 or -ENOMEM.
 */
int ack_table_init(struct ack_table *t, const struct ack_settings *settings,
	unsigned n_senders);

/* After all threads have ended and ack_table_give_up(). */
void ack_table_deinit(struct ack_table *t);

/* --- a sender and its claim */

/*
 * ack_table_reserve() - a claim for a batch that is yet to be taken
 * Return: NULL when as many wait as may.  Thread: sender.
 */
struct ack_claim *ack_table_reserve(struct ack_table *t);

/* Gives a claim back that got no batch. */
void ack_table_cancel(struct ack_table *t, struct ack_claim *c);

/* Puts a batch into a reserved claim; takes it.  c->batch is the sender's
 * until ack_table_leave(). */
void ack_table_fill(
	struct ack_table *t, struct ack_claim *c, struct batch **bp);

/*
 * ack_table_leave() - the sender is through with the batch
 * @given_up:  what is not acknowledged is reaped, and not sent again
 *
 * What it has neither settled nor passed will be sent again.
 */
void ack_table_leave(struct ack_table *t, struct ack_claim *c, bool given_up);

/* No request more can be awaited in this claim.  Thread: its sender. */
static inline bool ack_claim_is_full(const struct ack_claim *c)
{
	return c->n >= ACK_PARTS_MAX;
}

/*
 * ack_table_again() - a claim whose batch is to be sent again
 * As filled.  Return: NULL when there is none.  Thread: sender.
 */
struct ack_claim *ack_table_again(struct ack_table *t);

/* Until a claim is free or to be sent again, or that time. */
void ack_table_wait(struct ack_table *t, uint64_t mono_until_ns);

/* True when no batch is in any claim. */
bool ack_table_is_idle(struct ack_table *t);

/* --- a post */

struct ack_post {
	struct ack_channel *channel; /* NULL: none is named */
	enum request_channel kind;
	char guid[ACK_GUID_MAX]; /* to be named; "" for none */
	uint64_t least_id;       /* its id must be this or above */
};

/* What there is to tell an operator of a post. */
enum ack_remark {
	ACK_REMARK_NONE = 0,
	ACK_REMARK_ON,    /* the backend wants a channel, and gets one now */
	ACK_REMARK_OFF,   /* it acknowledges nothing: 200 is delivered */
	ACK_REMARK_MIXED, /* ids that cannot be one collector's */
	ACK_REMARK_LOOSE, /* again and again: they are not one collector's */
};

/* What came back. */
struct ack_reply {
	struct backend *backend;
	const struct verdict *verdict;
	bool answered;           /* by HTTP, with success or not */
	bool unanswered;         /* sent, but nobody knows what became of it */
	struct ack_claim *claim; /* NULL: 200 is delivered */
	struct batch_span events;
};

struct ack_posted {
	bool awaited; /* the events wait: neither delivered nor to be sent */
	enum ack_remark remark;
	uint32_t lost; /* events to be sent again for what it said */
};

/*
 * ack_table_post() - a post to b is about to begin; fills *post
 * Thread: sender.  ack_table_posted() must follow.
 */
void ack_table_post(struct ack_table *t, struct backend *b, uint64_t mono_ns,
	struct ack_post *post);

/* The post has come back.  Thread: the same. */
void ack_table_posted(struct ack_table *t, const struct ack_post *post,
	const struct ack_reply *reply, uint64_t mono_ns,
	struct ack_posted *posted);

/* --- the acker: one thread */

struct ack_question {
	struct ack_channel *channel;
	struct backend *backend; /* lent until ack_table_answer() */
	char guid[ACK_GUID_MAX];
	size_t n;
	uint64_t ids[ACK_IDS_MAX];
	bool acked[ACK_IDS_MAX]; /* the answer */
};

/*
 * ack_table_ask() - is there something to ask now?
 * @wake_ns:  if not: when to look again (UINT64_MAX: nothing is known)
 */
bool ack_table_ask(struct ack_table *t, uint64_t mono_ns,
	struct ack_question *q, uint64_t *wake_ns);

/* Events that are to be sent again. */
struct ack_loss {
	uint32_t events; /* 0: none */
	const char *why;
	char url[256]; /* of the backend, cut */
};

/*
 * ack_table_answer() - the answer to q
 * @silent:  there was no HTTP reply
 */
void ack_table_answer(struct ack_table *t, const struct ack_question *q,
	const struct ack_verdict *v, bool silent, uint64_t mono_ns,
	struct ack_loss *loss);

/*
 * ack_table_expire() - gives up what waited too long, of one backend
 * Return: true when something did: call again.
 */
bool ack_table_expire(
	struct ack_table *t, uint64_t mono_ns, struct ack_loss *loss);

/*
 * ack_table_reap() - a batch whose events are all settled, or given up
 * @acked:  some of them by acknowledgement
 *
 * Return: the caller's now, for output_done(); NULL: none.
 */
struct batch *ack_table_reap(struct ack_table *t, bool *acked);

/* Backends were removed or drained: those where nothing is awaited are let go.
 * Any thread. */
void ack_table_let_go(struct ack_table *t);

/* The end is near: channels are asked about at once and often. */
void ack_table_hurry(struct ack_table *t);

/*
 * ack_table_give_up() - a batch that is still there, unsettled events in it
 * After all threads have ended.
 * Return: the caller's now; NULL: there is no more.
 */
struct batch *ack_table_give_up(struct ack_table *t);

#endif
