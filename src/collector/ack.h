/*
 * Ack: how a collector tells, after it took a request, that its events are in
 * for good.
 *
 * Requests name a channel; a reply's verdict carries an id of that channel
 * (verdict.h, ack_id), and ids are asked about later, many at once.  An id is
 * told to be in at most once.
 */
#ifndef TAPFERRY_COLLECTOR_ACK_H
#define TAPFERRY_COLLECTOR_ACK_H

#include "base/buf.h"
#include "collector/verdict.h"

enum ack_action {
	ACK_ANSWERED = 0, /* some of the ids, or none, are in */
	ACK_FAILED,       /* says nothing about any id; ask again */
	ACK_LOST,         /* the channel is not known there */
	ACK_OFF,          /* nothing is acknowledged there */
};

struct ack_verdict {
	enum ack_action action;
	uint32_t n_acked;        /* ACK_ANSWERED: how many are in */
	uint64_t retry_after_ns; /* 0: it did not say */
	int code;                /* the product's own code, -1: none */
	char reason[96]; /* one short sentence for logs, no peer's bytes raw */
};

enum {
	ACK_IDS_MAX = 1000
}; /* asked about at once: replies stay below 64 KiB
    */

struct collector_ack {
	const char *channel_header; /* its name */
	/*
	 * url() - where to ask about a channel's ids
	 * @post_url:  of the collector's url()
	 * Return: 0 or -ENOMEM.
	 */
	int (*url)(struct buf *url, const char *post_url, const char *channel);
	/* The request's body for n ids.  Return: 0 or -ENOMEM. */
	int (*ask)(struct buf *body, const uint64_t *ids, size_t n);
	/* What the reply means; acked[i]: id i is in.  All n are written. */
	void (*judge)(struct ack_verdict *v, const uint64_t *ids, bool *acked,
		size_t n, const struct reply *rp);
};

#endif
