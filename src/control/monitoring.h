/*
 * Monitoring: the monitor as the daemon runs it, from reload to reload.
 *
 * Thread: main.
 */
#ifndef TAPFERRY_CONTROL_MONITORING_H
#define TAPFERRY_CONTROL_MONITORING_H

#include "control/outlets.h"
#include "monitor/monitor.h"

struct monitoring {
	struct monitor *monitor; /* NULL: none runs */
	struct monitor *next;    /* open, to take its place; NULL: none */
	struct edition *edition; /* its settings are of */
	struct edition *wanted;  /* the last one that was to be followed */
	struct monitor_view view;
	/* by outlet, for the view */
	struct output **outputs;
	struct feed **awaited;
	struct output_settings *settings;
};

#define MONITORING_NULL ((struct monitoring){ 0 })

/*
 * monitoring_open() - open it, if the edition wants one; no thread yet
 * @view:   without outputs and listeners, which are o's and intake's
 * @error:  on failure: one sentence with the cure
 * Return: 0 or -errno; monitoring_stop() is due in both cases.
 */
int monitoring_open(struct monitoring *m, struct edition *e,
	const struct monitor_view *view, const struct outlets *o, char *error,
	size_t cap);

/* Starts what is open, the outlets having started.  Return: as above. */
int monitoring_start(
	struct monitoring *m, const struct outlets *o, char *error, size_t cap);

/*
 * Outlets, listeners or edition are about to change, and have changed.
 * The endpoint is another if the edition wants another; when that cannot be
 * started, it stays the one it was, which the log says, and a line of `said`
 * (NULL: the log only).
 */
void monitoring_pause(struct monitoring *m);
void monitoring_resume(struct monitoring *m, struct edition *e,
	const struct outlets *o, struct buf *said);

/*
 * monitoring_prepare() - open another address that the edition wants
 * @error:  on failure: one sentence with the cure
 *
 * Not one that only the former endpoint is in the way of: the same port.
 * Between pause and resume.
 * Return: 0: monitoring_resume() or monitoring_abandon() is due; or -errno.
 */
int monitoring_prepare(
	struct monitoring *m, struct edition *e, char *error, size_t cap);
void monitoring_abandon(struct monitoring *m);

/* Takes another certificate up that stands in the same files now. */
void monitoring_renew(struct monitoring *m);

void monitoring_stop(struct monitoring *m);

#endif
