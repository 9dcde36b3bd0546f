#include "control/start.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static enum monitor_phase phase(void *arg)
{
	const struct daemon *d = arg;

	return atomic_load(&d->draining) ? MONITOR_DRAINING : MONITOR_RUNNING;
}

static int open_monitor(struct daemon *d, char *error, size_t cap)
{
	const struct monitor_view view = {
		.intake = d->intake,
		.stats = &d->stats,
		.start_mono_ns = clock_mono_ns(&clock_system),
		.start_real_ns = clock_real_ns(&clock_system),
		.phase = phase,
		.stuck = watch_stuck_thread,
		.arg = d,
	};

	return monitoring_open(
		&d->monitoring, d->edition, &view, &d->outlets, error, cap);
}

int start_open(struct daemon *d, char *error, size_t cap)
{
	struct intake_settings intake = d->edition->config.intake;
	int r;

	r = stat_set_init(&d->stats, 1 + intake.workers);
	if (r == 0)
		r = outlets_new(&d->outlets, d->edition);
	if (r != 0) {
		snprintf(error, cap, "start: %s", strerror(-r));
		return r;
	}
	intake.clock = &clock_system;
	intake.inherited = d->inherited.fds;
	r = intake_new(&d->intake, &intake, d->outlets.feeds, d->outlets.n,
		&d->stats, error, cap);
	return r != 0 ? r : open_monitor(d, error, cap);
}

int start_run(struct daemon *d, char *error, size_t cap)
{
	int r = outlets_start(&d->outlets, error, cap);

	if (r == 0)
		r = intake_start(d->intake, error, cap);
	if (r == 0) {
		watch_look(d);
		r = monitoring_start(&d->monitoring, &d->outlets, error, cap);
	}
	return r;
}
