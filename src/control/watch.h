/*
 * Watch: what the daemon's main thread does from time to time, and the state it
 * keeps.  For control/daemon.c.
 *
 * Thread: main, except where it says otherwise.
 */
#ifndef TAPFERRY_CONTROL_WATCH_H
#define TAPFERRY_CONTROL_WATCH_H

#include "control/beat.h"
#include "control/controlling.h"
#include "control/identity.h"
#include "control/monitoring.h"
#include "control/outlets.h"
#include "control/pid_file.h"
#include "control/report.h"
#include "control/status_line.h"
#include "intake/inherited.h"
#include "sync/thread.h"

struct daemon {
	const struct config_source *source; /* of all editions */
	struct edition *edition;            /* in force */
	struct edition *first; /* has user, group and pid_file, which stay */
	struct identity identity;
	struct pid_file pid_file;
	struct stat_set stats; /* intake: shard 0 acceptor, then the workers */
	struct outlets outlets;
	struct inherited inherited;
	struct intake *intake;
	struct report report;
	struct status_line status_line;
	struct beat stats_beat;
	struct beat status_beat; /* tells the service manager */
	struct beat life_beat;
	struct beat tls_beat; /* looks at the certificates */
	/* atomic: name of a thread that did not get on at the last look */
	const char *_Atomic stuck;
	_Atomic uint64_t looked_ns; /* atomic: monotonic, the last look */
	_Atomic uint64_t life_interval_ns; /* atomic: between two */
	_Atomic bool draining;             /* atomic */
	struct monitoring monitoring;
	struct controlling controlling;
	int signals;      /* signalfd */
	int intake_ended; /* eventfd: the thread below is through */
	struct thread stopper;
	uint64_t grace_deadline_ns; /* const while the stopper runs */
	bool cut;                   /* a second signal came */
	bool leave;                 /* nothing is to be delivered any more */
	bool left;                  /* and that has been done */
	bool reload_due;            /* asked for while one was under way */
	bool tending;               /* outlets have something to be tended */
	int asked; /* signal that the control socket stands for; 0: none */
};

/* Main is alive; how often it shows is as the edition wants it. */
void watch_look(struct daemon *d);

/* Begins, or goes on by another edition. */
void watch_start(struct daemon *d);

/* The service manager gets a status, besides those that it gets by itself. */
void watch_show_status(struct daemon *d);

/* Does what is due: statistics, signs of life, certificates, outlets. */
void watch_keep(struct daemon *d);

/* How long until something is due. */
int watch_next_ms(const struct daemon *d);

/*
 * A thread that does not get on, or NULL; main by how long its last look is
 * ago.  Any thread; arg is the daemon.
 */
const char *watch_stuck_thread(void *arg);

#endif
