/*
 * Fake collector: an HTTP server that gives scripted replies, and remembers
 * which events it took.
 *
 * Events are lines {"n":NUMBER}; what a reply takes is in the script.  The
 * last reply of the script is given again and again.  Loopback, a thread a
 * connection.
 */
#ifndef TESTS_LIB_FAKE_COLLECTOR_H
#define TESTS_LIB_FAKE_COLLECTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_fault {
	FAKE_NONE = 0,
	FAKE_RESET,  /* the request is read, then the connection is reset */
	FAKE_CUT,    /* a reply without its last octet, then the end */
	FAKE_STALL,  /* no reply, until the peer gives up */
	FAKE_LIMIT,  /* 413 when the body is above `limit`, 200 otherwise */
	FAKE_ACK,    /* 200 with the next ack id */
	FAKE_POISON, /* 400 without a number while event `limit` is in it */
};

enum { FAKE_ALL = -1, FAKE_EVENTS_MAX = 20000, FAKE_REQUESTS_MAX = 4096 };

struct fake_reply {
	int status;
	const char *body;
	int takes; /* so many events from the start; FAKE_ALL */
	enum fake_fault fault;
	const char *headers; /* each with its CRLF; NULL: none */
	unsigned limit;
};

#define FAKE_OK                                                             \
	{                                                                   \
		.status = 200, .body = "{\"text\":\"Success\",\"code\":0}", \
		.takes = FAKE_ALL                                           \
	}

/* One request as it came. */
struct fake_request {
	unsigned first; /* number of its first event */
	unsigned events;
	bool gzip;        /* Content-Encoding */
	bool zstd;        /* likewise */
	bool authorized;  /* Authorization: Splunk secret */
	bool expects;     /* Expect: 100-continue */
	bool agent;       /* User-Agent: tapferry/… */
	char channel[40]; /* X-Splunk-Request-Channel, "": none */
	char cookie[64];  /* Cookie, "": none */
	bool asks;        /* what is acknowledged; not in the script */
	bool put;         /* PUT, not POST */
	bool array;       /* the body is one JSON array of objects */
	bool bearer;      /* Authorization: Bearer secret */
	char type[40];    /* Content-Type */
	char key[64];     /* Idempotency-Key; "": none */
};

struct fake_collector {
	const struct fake_reply *script;
	size_t script_len;
	/* answers to questions about acks, as the script; none: all true */
	const struct fake_reply *answers;
	size_t answers_len;
	_Atomic(const struct fake_reply *) health; /* atomic: to GETs, all of
				them; NULL: a GET is a request like others */
	_Atomic unsigned open;     /* atomic: connections it has now */
	_Atomic unsigned n_checks; /* atomic: GETs answered so */
	char url[64];
	uint16_t port;
	int listener;
	int ending[2]; /* pipe: closed to end every thread */
	pthread_t acceptor;
	pthread_mutex_t lock;
	/* guarded: lock, all below; free to read after the stop */
	pthread_t threads[256];
	unsigned connections;
	unsigned n_requests; /* questions not counted */
	unsigned n_questions;
	struct fake_request question; /* the last one */
	unsigned next_ack;
	struct fake_request requests[FAKE_REQUESTS_MAX];
	unsigned taken[FAKE_EVENTS_MAX]; /* how often each event was taken */
};

/* @port: 0: any free one.  Fails the test when it cannot. */
void fake_collector_start(struct fake_collector *c, uint16_t port,
	const struct fake_reply *script, size_t len);
void fake_collector_stop(struct fake_collector *c);

/* Requests so far.  Any thread. */
unsigned fake_collector_requests(struct fake_collector *c);

#endif
