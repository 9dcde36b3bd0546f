/*
 * Collect request: what the stand-in collector does with one request.  Inside
 * load/ only.
 */
#ifndef TAPFERRY_LOAD_COLLECT_REQUEST_H
#define TAPFERRY_LOAD_COLLECT_REQUEST_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "load/acks.h"
#include "load/collect.h"
#include "load/collect_faults.h"
#include "load/keys.h"

struct request;

struct collector {
	const struct collect_settings *settings; /* const after start */
	_Atomic uint64_t events;                 /* atomic */
	_Atomic uint64_t requests;               /* atomic */
	_Atomic uint64_t bytes;                  /* atomic */
	_Atomic uint64_t bad;                    /* atomic */
	_Atomic uint64_t connections;            /* atomic: accepted */
	_Atomic uint64_t refused; /* atomic: answered otherwise, or not */
	struct collect_faults faults;
	struct collect_faults ack_faults;
	struct acks acks;
	struct keys keys; /* with settings->idempotent */
	pthread_mutex_t lock;
	TAILQ_HEAD(, request) parked; /* guarded: lock */
	bool stopping;                /* guarded: lock; nobody parks any more */
	int write_error;              /* guarded: lock */
};

/* Callbacks of the library; arg is the collector.  Thread: the library's. */
enum MHD_Result collect_on_request(void *arg, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_len, void **state);
void collect_on_completed(void *arg, struct MHD_Connection *connection,
	void **state, enum MHD_RequestTerminationCode why);

/* An acks callback: the events of a delivery are in. */
void collect_on_in(void *arg, const struct delivery *d, uint64_t events);

/* Lets those go on whose time has come.  Any thread. */
void collect_unpark(struct collector *c, uint64_t mono_ns);

#endif
