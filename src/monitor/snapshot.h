/*
 * Snapshot: one look at everything, from which all pages are written.
 *
 * Each number is exact, two of them may be an instant apart.
 */
#ifndef TAPFERRY_MONITOR_SNAPSHOT_H
#define TAPFERRY_MONITOR_SNAPSHOT_H

#include <stdbool.h>

#include "base/histogram.h"
#include "base/stat.h"
#include "deliver/ledger.h"
#include "monitor/history.h"
#include "monitor/process.h"
#include "monitor/view.h"

enum { LISTENER_NAME_MAX = 65 }; /* as the settings allow, and a NUL */

struct listener_snapshot {
	unsigned gate;
	char name[LISTENER_NAME_MAX];
	char address[ADDRESS_TEXT_MAX];
	bool tls;
	unsigned active, max; /* connections; max 0: as many as there may be */
	uint64_t stat[LISTENER_STAT_COUNT];
};

struct backend_snapshot {
	char *url; /* owned; view.url is this */
	struct backend_view view;
};

struct spool_snapshot {
	bool has, refuses; /* refuses: it is full, or the disk fails */
	uint64_t events, files, bytes, max_bytes;
	double oldest_seconds; /* 0: nothing waits */
};

struct output_snapshot {
	const struct output_settings *settings;
	bool paused;
	bool blocks; /* reading stops for it */
	bool runs;   /* false: it does not start, or */
	bool awaits; /* waits until what it was before a reload has left, */
	uint64_t awaited; /* with so many events in memory */
	struct ledger ledger;
	struct backend_snapshot *backends;
	size_t n_backends;
	bool has_reader; /* it is for local use: */
	struct reader_view reader;
	struct spool_snapshot spool;
	uint64_t stat[OUTPUT_STAT_COUNT];
	size_t queued, queue_max;    /* batches */
	size_t pool_size, pool_used; /* batches */
	double batch_rate;           /* taken from the pool, a second */
	struct histogram_reading batch_sizes, delay;
};

struct snapshot {
	uint64_t mono_ns, real_ns, start_real_ns;
	double uptime_seconds;
	bool draining;
	const char *stuck; /* thread that does not get on, or NULL */
	const struct intake_settings *settings;
	uint64_t intake[INTAKE_STAT_COUNT];
	unsigned connections;
	double receive_rate;              /* events a second */
	struct histogram_reading accepts; /* ns */
	struct frame_memory_use frame_memory;
	struct process process;
	struct listener_snapshot *listeners;
	size_t n_listeners;
	struct output_snapshot *outputs;
	size_t n_outputs;
};

#define SNAPSHOT_NULL ((struct snapshot){ 0 })

/*
 * snapshot_take() - snapshot_deinit() is due in both cases
 * Thread: the monitor's.  Return: 0 or -ENOMEM.
 */
int snapshot_take(struct snapshot *s, const struct monitor_view *v,
	const struct history *h);
void snapshot_deinit(struct snapshot *s);

/*
 * snapshot_listeners() - the listeners alone; the caller frees *listeners
 * Return: 0 or -ENOMEM, then with nothing to free.
 */
int snapshot_listeners(struct listener_snapshot **listeners, size_t *n,
	const struct intake *intake);

/* Events dropped before any output saw them. */
uint64_t snapshot_intake_drops(const struct snapshot *s);

#endif
