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
#include "load/delivery.h"
#include "load/keys.h"
#include "load/service.h"

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

/* owner: the library's thread that serves its connection; while it is parked,
 * the collector's list */
struct request {
	struct MHD_Connection *connection;
	enum service_endpoint endpoint;
	const char *channel; /* the library's; NULL: none was named */
	struct delivery delivery;
	struct fault fault;
	unsigned status; /* refused before its body: what to answer */
	int code;
	bool rested;     /* FAULT_READ: this piece's rest is over */
	bool delayed;    /* the delay is over */
	bool hung;       /* it is parked for ever */
	uint64_t due_ns; /* monotonic: when a parked one goes on */
	TAILQ_ENTRY(request) parked;
};

/* --- collect_begin.c */

/* The headers are here: what it is, what befalls it, and whether it is refused
 * before its body. */
void collect_begin(struct collector *c, struct request *rq, const char *url,
	const char *method);

/* --- collect_settle.c */

/* The whole of a delivery or a question is here: keep what is to be kept, and
 * answer. */
enum MHD_Result collect_settle(struct collector *c, struct request *rq);

/* The body is a new set of faults. */
enum MHD_Result collect_change_faults(struct collector *c, struct request *rq);

/* An answer that something went wrong, or well; counted. */
enum MHD_Result collect_answer(struct collector *c, struct request *rq,
	unsigned status, int code, uint64_t event_number);

/* HEC's code in what a fault answers. */
int collect_fault_code(const struct fault *f);

/* An acks callback: the events of a delivery are in. */
void collect_on_in(void *arg, const struct delivery *d, uint64_t events);

/* --- collect_request.c */

/* Lets the connection rest until due_ns, monotonic.  Return: false: go on at
 * once. */
bool collect_park(struct collector *c, struct request *rq, uint64_t due_ns);

/* Callbacks of the library; arg is the collector.  Thread: the library's. */
enum MHD_Result collect_on_request(void *arg, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_len, void **state);
void collect_on_completed(void *arg, struct MHD_Connection *connection,
	void **state, enum MHD_RequestTerminationCode why);

/* Lets those go on whose time has come.  Any thread. */
void collect_unpark(struct collector *c, uint64_t mono_ns);

#endif
