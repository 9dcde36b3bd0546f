/*
 * Acks: indexer acknowledgement as HEC does it, for the stand-in collector.
 *
 * A channel's ids count from 0.  A delivery is answered at once; its events
 * are in when its time has come, and from then on its id is true, for the one
 * time that somebody asks.  What is not in when the process is killed is
 * gone.
 */
#ifndef TAPFERRY_LOAD_ACKS_H
#define TAPFERRY_LOAD_ACKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "load/ack_rules.h"
#include "load/delivery.h"

enum {
	ACKS_E_MISSING = 1, /* no channel was named */
	ACKS_E_INVALID,     /* it is no GUID */
	ACKS_E_FULL,        /* too many ids that nobody asked for */
	ACKS_E_QUESTION,    /* the body asks for nothing */
};

struct ack_channel_ids;

struct acks {
	struct ack_rules rules; /* const after init */
	/* Events are in.  Any thread, the lock held. */
	void (*in)(void *arg, const struct delivery *d, uint64_t events);
	void *arg; /* const after init: of in() */
	pthread_mutex_t lock;
	struct ack_channel_ids *channels; /* guarded: lock; a list */
	uint64_t number;                  /* guarded: lock; deliveries taken */
	uint64_t told; /* guarded: lock; ids that were true */
};

void acks_init(struct acks *a, const struct ack_rules *rules,
	void (*in)(void *arg, const struct delivery *d, uint64_t events),
	void *arg);

/* Whatever waits is in now: an orderly end loses nothing. */
void acks_deinit(struct acks *a);

/* Is it one to deliver through?  Return: 0, ACKS_E_MISSING or _INVALID. */
int acks_check(const char *channel);

/*
 * acks_take() - a delivery that is answered with success
 * @channel:  passed acks_check()
 * @d:        taken on 0
 *
 * Any thread.  Return: 0 and *id, ACKS_E_FULL or -ENOMEM.
 */
int acks_take(struct acks *a, const char *channel, struct delivery *d,
	uint64_t events, uint64_t mono_ns, uint64_t *id);

/* Lets in what is due.  Any thread. */
void acks_look(struct acks *a, uint64_t mono_ns);

/*
 * acks_answer() - {"acks":[0,1]} becomes {"acks":{"0":true,"1":false}}
 * Any thread.  Return: 0, ACKS_E_QUESTION or -ENOMEM.
 */
int acks_answer(struct acks *a, const char *channel, struct slice question,
	uint64_t mono_ns, struct buf *answer);

#endif
