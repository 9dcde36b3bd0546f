/*
 * Send: plays dnstap producers to a listener, from one thread.
 *
 * All connections take their stretches from one tape, one after the other, so
 * a capture is sent once whatever the number of connections.
 */
#ifndef TAPFERRY_LOAD_SEND_H
#define TAPFERRY_LOAD_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include "load/tape.h"
#include "net/address.h"

struct send_settings {
	struct address to;
	bool unidirectional;
	unsigned connections;
	uint64_t rate;        /* frames a second over all; 0: flat out */
	uint64_t ramp_ns;     /* from nothing to the rate */
	uint64_t count;       /* frames in all */
	uint64_t duration_ns; /* UINT64_MAX: until the count is reached */
	bool progress;        /* a live line on stderr */
};

struct send_result {
	uint64_t frames; /* whole frames that the sockets took */
	uint64_t bytes;
	uint64_t ns;     /* from the first stretch to the last octet */
	unsigned failed; /* connections that did not end as they should */
};

/*
 * send_run() - connect, play the tape over and over, finish
 * @tape:  not empty; plays from its start again when it ends
 *
 * SIGINT and SIGTERM (blocked by the caller) end it early and in good order, a
 * second one at once.  Failed connections are told on stderr.
 * Return: 0 or -errno of what no connection can do without.
 */
int send_run(struct send_result *result, const struct send_settings *settings,
	const struct tape *tape);

#endif
