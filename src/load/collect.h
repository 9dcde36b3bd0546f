/*
 * Collect: a stand-in for Splunk's HTTP Event Collector, on libmicrohttpd.
 *
 * Answers as HEC does (paths, authorization, encodings, codes), counts events,
 * and can check them, keep them in a file, be slow, and go wrong on purpose.
 */
#ifndef TAPFERRY_LOAD_COLLECT_H
#define TAPFERRY_LOAD_COLLECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "load/ack_rules.h"
#include "load/delays.h"
#include "load/faults.h"
#include "load/ids.h"

struct collect_settings {
	int listen_fd; /* listening, non-blocking; collect_run() takes it */
	unsigned threads;
	const char *token;     /* NULL: any will do, but there must be one */
	bool check;            /* validate every event */
	bool idempotent;       /* take a request with a known key only once */
	bool any_path;         /* take events on paths that are not HEC's */
	FILE *file;            /* keep events here, one a line; NULL: do not */
	struct delays *delays; /* guarded: the collector's lock; or NULL */
	uint64_t delay_ns;     /* before every answer to a delivery */
	struct faults faults;
	struct ack_rules acks;
	struct faults ack_faults; /* of the ack endpoint */
	struct ids *ids;          /* count numbered events here; NULL: do not */
	bool progress;            /* a live line on stderr */
};

struct collect_result {
	uint64_t events;   /* taken */
	uint64_t requests; /* answered with success */
	uint64_t bytes;    /* of bodies that were judged, decoded */
	uint64_t bad;      /* bodies with something that is no event in them */
	uint64_t connections; /* accepted */
	uint64_t acked;       /* ids that were true */
	int write_error;      /* -errno of the file, or 0 */
};

/*
 * collect_run() - serve until SIGINT or SIGTERM (blocked by the caller)
 * Return: 0 or -errno when it cannot start.
 */
int collect_run(
	struct collect_result *result, const struct collect_settings *settings);

#endif
