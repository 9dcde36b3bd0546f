/*
 * View: what the monitoring endpoint may look at.
 *
 * Made by control/, which keeps everything in it alive until monitor_stop().
 * The monitor changes nothing: it sums counters, and walks the registry and
 * the backend lists under RCU.
 */
#ifndef TAPFERRY_MONITOR_VIEW_H
#define TAPFERRY_MONITOR_VIEW_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stat.h"
#include "deliver/output.h"
#include "event/feed.h"
#include "intake/intake.h"

enum monitor_phase { MONITOR_RUNNING = 0, MONITOR_DRAINING };

struct monitor_view {
	const struct intake_settings *settings;
	struct intake *intake;
	const struct stat_set *stats;  /* INTAKE_* */
	struct feed *const *feeds;     /* one an output */
	struct output *const *outputs; /* NULL among them: none runs, */
	struct feed *const *awaited;   /* until this one has left; NULL: none */
	const struct output_settings *output_settings;
	size_t n_outputs;
	uint64_t start_mono_ns, start_real_ns;
	/* what control/ knows of the daemon as a whole; any thread: */
	enum monitor_phase (*phase)(void *arg);
	/* a thread that does not get on, NULL: all do */
	const char *(*stuck)(void *arg);
	void *arg;
};

#endif
