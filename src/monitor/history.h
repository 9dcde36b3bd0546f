/*
 * History: the last minutes, a point a second, so that a status page that is
 * opened has a past to show, and rates have something to compare with.
 *
 * Points hold sums since the start; a rate is the difference of two.
 * Owner: the monitor's thread.
 */
#ifndef TAPFERRY_MONITOR_HISTORY_H
#define TAPFERRY_MONITOR_HISTORY_H

#include "monitor/jbuf.h"
#include "monitor/view.h"

enum {
	HISTORY_POINTS = 301, /* five minutes of differences */
	HISTORY_RATE_S = 10,  /* what gauges of a rate are averaged over */
};

struct history_point {
	uint64_t delivered, dropped, sealed;
	double delay_p50, delay_p99; /* s, of this second; < 0: no event */
};

struct history {
	const struct monitor_view *view; /* const */
	size_t n_outputs;                /* that there is room for */
	struct feed **feeds;             /* [output]: whose points these are */
	uint64_t points;                 /* taken so far */
	uint64_t last_real_ns;
	uint64_t mono_ns[HISTORY_POINTS];
	uint64_t received[HISTORY_POINTS];
	unsigned connections[HISTORY_POINTS];
	struct history_point *of;             /* [output][point] */
	struct histogram_reading *last_delay; /* [output] */
};

/* Return: 0 or -ENOMEM; history_deinit() is due in both cases. */
int history_init(struct history *h, const struct monitor_view *v);
void history_deinit(struct history *h);

/* The view may have other outputs now: those that are the same, with another
 * feed perhaps, keep their past. */
void history_follow(struct history *h);

/* One point more; the oldest goes. */
void history_tick(struct history *h, uint64_t mono_ns, uint64_t real_ns);

/* Batches an output takes from its pool a second, of late. */
double history_batch_rate(const struct history *h, size_t output);

/* Events received a second, of late. */
double history_receive_rate(const struct history *h);

/* The body of GET /history: a series for each curve, oldest value first. */
void history_write(const struct history *h, struct buf *out);

#endif
