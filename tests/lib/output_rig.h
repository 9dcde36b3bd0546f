/*
 * Output rig: an output with a feed that a test fills by hand.
 *
 * Events are lines {"n":NUMBER}, numbered from 0 on in the order of pushing.
 */
#ifndef TESTS_LIB_OUTPUT_RIG_H
#define TESTS_LIB_OUTPUT_RIG_H

#include "deliver/output.h"

struct output_rig {
	struct output_settings settings;
	struct backend_settings backends[4];
	struct feed feed;
	struct output *output;
	unsigned pushed; /* events */
	double took;     /* seconds that rig_end() waited */
};

/* Settings of a fast, small output; change them before rig_start(). */
void rig_init(struct output_rig *rig, enum output_type type);

/* Adds an HEC backend; the text is lent. */
void rig_backend(struct output_rig *rig, const char *url);

void rig_start(struct output_rig *rig);

/* One sealed batch of n events, each `padding` octets longer than it needs. */
void rig_push(struct output_rig *rig, unsigned n, unsigned padding);

/* Waits until all that was pushed is settled; fails the test after 20 s. */
void rig_settle(struct output_rig *rig);

/* Closes the feed, drains for at most drain_ms, frees the output, and checks
 * that every event is in one counter.  Counters can be read afterwards. */
void rig_end(struct output_rig *rig, unsigned drain_ms);

uint64_t rig_stat(const struct output_rig *rig, enum output_stat id);
void rig_deinit(struct output_rig *rig);

#endif
