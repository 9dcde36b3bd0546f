/*
 * Remote output: senders that share one list of backends.
 */
#ifndef TAPFERRY_DELIVER_REMOTE_OUTPUT_H
#define TAPFERRY_DELIVER_REMOTE_OUTPUT_H

#include <pthread.h>

#include "collector/collector.h"
#include "deliver/health_thread.h"
#include "deliver/sender.h"

struct remote_output {
	struct output head;                /* first: struct output * is this */
	const struct collector *collector; /* const after start */
	pthread_mutex_t editing;           /* whoever publishes another list */
	struct backend_list *backends;     /* rcu: editing */
	struct acker *acker;               /* const after start; NULL: none */
	struct sender *senders;            /* const after start: n of them */
	unsigned n;
	struct health_thread *health; /* const after start */
	struct warmer *warmer;        /* const after start; NULL: none */
};

/*
 * remote_output_backend() - a backend as the settings want it
 * Return: 0, OUTPUT_E_URL, or -ENOMEM.
 */
int remote_output_backend(struct remote_output *o,
	const struct backend_settings *s, struct backend **bp);

/* A fingerprint of how such a backend is reached; see access_print(). */
uint64_t remote_output_print(
	const struct remote_output *o, const struct backend_settings *s);

/*
 * remote_output_hold() - references to all backends, in order
 * @of:  room for BALANCE_MAX
 *
 * Thread: any that RCU knows, outside any read section.
 * Return: how many.
 */
size_t remote_output_hold(struct remote_output *o, struct backend **of);

#endif
