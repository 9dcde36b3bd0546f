/*
 * Ack channel: a name (GUID) under which one backend counts the requests it
 * will acknowledge; and the node, all channels of one backend.
 *
 *	open     posts name it
 *	closing  no post names it any more, some are still under way
 *	asked    its parts are asked about
 *	clean    nothing is awaited; may be opened again
 *
 * Everything here belongs to the ack table's lock.
 */
#ifndef TAPFERRY_DELIVER_ACK_CHANNEL_H
#define TAPFERRY_DELIVER_ACK_CHANNEL_H

#include "deliver/ack_claim.h"

enum {
	ACK_GUID_MAX = 37,
	ACK_HEADER_MAX = 96, /* a header line that names a channel */
};

enum ack_channel_state {
	ACK_CHANNEL_OPEN = 0,
	ACK_CHANNEL_CLOSING,
	ACK_CHANNEL_ASKED,
	ACK_CHANNEL_CLEAN,
};

TAILQ_HEAD(ack_parts, ack_part);

struct ack_channel {
	struct ack_node *node;
	char guid[ACK_GUID_MAX];
	enum ack_channel_state state;
	bool spoilt;         /* freed instead of opened again */
	bool mixed;          /* its ids are in doubt since it was opened */
	unsigned posting;    /* posts under way */
	uint64_t unanswered; /* posts without a reply since it was opened */
	uint64_t top;        /* all ids since then are below */
	uint64_t first_ns;   /* monotonic: of its oldest id since then; 0: none
			      */
	uint64_t ask_ns;     /* monotonic: when to ask */
	unsigned patience;   /* answers without a true: ask more seldom */
	struct ack_parts parts; /* awaited; next to be asked first */
	TAILQ_ENTRY(ack_channel) link;
};

TAILQ_HEAD(ack_channels, ack_channel);

struct ack_node {
	struct backend *backend;  /* a reference */
	bool names;               /* posts name a channel */
	bool refused;             /* so was the last channel named */
	bool told;                /* that it acknowledges nothing */
	struct ack_channel *open; /* NULL: none */
	struct ack_channels channels;
	unsigned asked;            /* of these */
	unsigned failures;         /* questions failed in a row */
	unsigned mixed;            /* channels with ids in doubt, in a row */
	uint64_t ask_ns;           /* monotonic: not before */
	uint64_t silent_since_ns;  /* monotonic: no reply since then; 0: none */
	uint64_t used_ns;          /* monotonic: of its last post */
	LIST_ENTRY(ack_node) link; /* the table's */
};

/*
 * ack_node_new() - of a backend; takes a reference of its own
 * Return: NULL: no memory.
 */
struct ack_node *ack_node_new(struct backend *b, bool names);

/* No channel has parts or posts. */
void ack_node_free(struct ack_node *n);

/* Nothing is awaited or under way. */
bool ack_node_is_quiet(const struct ack_node *n);

/*
 * ack_node_let_go() - out of its table and freed, when its backend takes no
 * more requests and nothing is awaited there
 *
 * Whoever removes or drains a backend says so in it first and then calls this,
 * whoever is through with a post calls it after that: one of them is last.
 */
void ack_node_let_go(struct ack_node *n);

/* The channel for a post, opened if need be.  Return: NULL: no memory. */
struct ack_channel *ack_node_open(struct ack_node *n);

/*
 * ack_channel_close() - no more posts
 * To be asked about at mono_ns, once those under way are back.
 */
void ack_channel_close(struct ack_channel *c, uint64_t mono_ns);

/* A post has come back. */
void ack_channel_back(struct ack_channel *c, uint64_t mono_ns);

/*
 * ack_channel_await() - a part with a new id
 * Return: false when the id cannot be of the same count as the others.
 */
bool ack_channel_await(struct ack_channel *c, struct ack_part *p,
	uint64_t least_id, uint64_t mono_ns);

/* Takes a part out that is about to be resolved. */
void ack_channel_drop(struct ack_channel *c, struct ack_part *p);

/* May be clean now, or freed. */
void ack_channel_settle(struct ack_channel *c);

/*
 * ack_channel_doubtful() - could this id have been given twice?
 *
 * A collector that was restarted counts from 0 again, and says so with the
 * first reply.  A post that came back without one may have got any of the
 * first ids.
 */
static inline bool ack_channel_doubtful(
	const struct ack_channel *c, uint64_t id)
{
	return id < c->unanswered;
}

#endif
