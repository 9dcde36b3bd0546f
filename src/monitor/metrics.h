/*
 * Metrics: the table (metrics.def), and a snapshot as Prometheus reads it,
 * text format 0.0.4.
 */
#ifndef TAPFERRY_MONITOR_METRICS_H
#define TAPFERRY_MONITOR_METRICS_H

#include "monitor/snapshot.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metric {
	const char *name;
	const char *type;   /* "counter", "gauge", "histogram" */
	const char *labels; /* "output, reason", "": none */
	const char *help;
};

extern const struct metric metrics[];
extern const size_t n_metrics;

void metrics_write(const struct snapshot *s, struct buf *out);

#endif
