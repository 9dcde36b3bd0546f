/*
 * Send: plays dnstap producers to a listener, from one thread.
 *
 * All connections take their stretches from one tape, one after the other, so
 * a capture is sent once whatever the number of connections.
 */
#ifndef TAPFERRY_LOAD_SEND_H
#define TAPFERRY_LOAD_SEND_H

#include "load/fleet.h"

struct send_settings {
	struct fleet_settings fleet;
	struct pacer pacer;   /* of frames, over all; its start is not used */
	bool idle;            /* open, and send nothing */
	bool stamp;           /* frames carry the time they are sent at */
	uint64_t count;       /* frames in all */
	uint64_t duration_ns; /* UINT64_MAX: until the count is reached */
	bool progress;        /* a live line on stderr */
};

struct send_result {
	uint64_t frames; /* whole frames that the sockets took */
	uint64_t bytes;
	uint64_t ns;     /* from the first stretch to the last octet */
	uint64_t all_ns; /* from the first stretch to the last connection's end
			  */
	/* connections */
	uint64_t opened;
	uint64_t accepted;         /* ACCEPT came */
	uint64_t stopped;          /* STOP was sent */
	uint64_t finished;         /* ended as they should */
	uint64_t cut;              /* stalled, until the receiver closed */
	uint64_t reconnects;       /* failed, and another opened */
	unsigned failed;           /* places that were given up */
	struct spread accept_ns;   /* from connecting to ACCEPT */
	struct spread place_rates; /* frames a second of each place */
};

/*
 * send_run() - connect, play the tape over and over, finish
 * @tape:  not empty; plays from its start again when it ends; written to with
 *         `stamp`
 *
 * Prints a line to stdout when all connections are open.  SIGINT and SIGTERM
 * (blocked by the caller) end it early and in good order, a second one at once.
 * Failed connections are told on stderr.
 * Return: 0 or -errno of what no connection can do without.
 */
int send_run(struct send_result *result, const struct send_settings *settings,
	struct tape *tape);

#endif
