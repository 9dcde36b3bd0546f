#include "control/daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <urcu.h>

#include "base/clock.h"
#include "control/beat.h"
#include "control/notify.h"
#include "control/report.h"
#include "intake/inherited.h"
#include "monitor/monitor.h"
#include "sync/thread.h"

enum {
	ERROR_MAX = 512,
	POLL_MS = 20,
	TLS_LOOK_S = 3, /* how often certificates are looked at */
	/* how often the pulses are, for the monitor, without a watchdog */
	LIFE_LOOK_S = 5,
};

struct daemon {
	const struct config *config;
	struct stat_set stats; /* intake: shard 0 acceptor, then the workers */
	struct feed **feeds;
	struct output **outputs;
	size_t n_feeds;   /* made, of config->n_outputs */
	size_t n_outputs; /* started */
	struct inherited inherited;
	struct intake_settings intake_settings; /* the config's, and those */
	struct intake *intake;
	struct report report;
	struct beat stats_beat;
	struct beat life_beat;
	struct beat tls_beat; /* looks at the certificates */
	/* atomic: name of a thread that did not get on at the last look */
	const char *_Atomic stuck;
	_Atomic uint64_t looked_ns; /* atomic: monotonic, the last look */
	_Atomic bool draining;      /* atomic */
	struct monitor_view view;
	struct monitor *monitor; /* NULL: none */
	int signals;             /* signalfd */
	int intake_ended;        /* eventfd: the thread below is through */
	struct thread stopper;
	uint64_t grace_deadline_ns; /* const while the stopper runs */
	bool cut;                   /* a second signal came */
};

/* All threads inherit the mask; main alone reads the signals, from here. */
static int open_signals(struct daemon *d)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->signals < 0 ? -errno : 0;
}

/* Return: a signal's number, or 0 when none came within the time. */
static int wait_signal(struct daemon *d, int timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = d->signals, .events = POLLIN },
		{ .fd = d->intake_ended, .events = POLLIN },
	};
	struct signalfd_siginfo info;

	poll(p, 2, timeout_ms);
	if (read(d->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

static int start(struct daemon *d, char *error, size_t cap)
{
	const struct config *c = d->config;
	int r;

	r = stat_set_init(&d->stats, 1 + c->intake.workers);
	if (r != 0)
		goto out_memory;
	d->feeds = calloc(c->n_outputs, sizeof(struct feed *));
	d->outputs = calloc(c->n_outputs, sizeof(struct output *));
	if (d->feeds == NULL || d->outputs == NULL) {
		r = -ENOMEM;
		goto out_memory;
	}
	for (size_t i = 0; i < c->n_outputs; i++) {
		const struct output_settings *s = &c->outputs[i];
		struct feed *f = calloc(1, sizeof(*f));

		r = f == NULL ? -ENOMEM
			      : feed_init(f, &s->feed, c->intake.workers,
					output_senders(s));
		if (r != 0) {
			free(f);
			goto out_memory;
		}
		d->feeds[d->n_feeds++] = f;
		r = output_start(&d->outputs[i], s, f, error, cap);
		if (r != 0)
			return r;
		d->n_outputs++;
	}
	d->intake_settings = c->intake;
	d->intake_settings.clock = &clock_system;
	d->intake_settings.inherited = d->inherited.fds;
	return intake_start(&d->intake, &d->intake_settings, d->feeds,
		d->n_feeds, &d->stats, error, cap);

out_memory:
	snprintf(error, cap, "start: %s", strerror(-r));
	return r;
}

static void rotate(struct daemon *d)
{
	for (size_t i = 0; i < d->n_outputs; i++)
		output_rotate(d->outputs[i]);
}

/*
 * The service manager ends us after a silence, so we are silent while a thread
 * is stuck.  Half of that time between two looks leaves one to spare.
 */
static void show_life(struct daemon *d)
{
	const char *stuck = intake_stuck(d->intake);

	if (stuck == NULL)
		notify("WATCHDOG=1");
	else if (atomic_load(&d->stuck) == NULL)
		log_error(WATCHDOG, "a thread does not get on", "thread=%s",
			stuck);
	atomic_store(&d->stuck, stuck);
	atomic_store(&d->looked_ns, clock_mono_ns(&clock_system));
}

static void show_stats(struct daemon *d, uint64_t now)
{
	unsigned connections = intake_connections(d->intake);
	struct frame_memory_use memory = intake_frame_memory(d->intake);

	report_stats(&d->report, &d->stats, d->feeds, d->n_feeds, connections,
		&memory, now);
	notify("STATUS=%u connections, %llu events received", connections,
		(unsigned long long)stat_sum(&d->stats, INTAKE_RECEIVED));
}

static bool has_tls(const struct config *c)
{
	for (size_t i = 0; i < c->intake.n_listeners; i++)
		if (c->intake.listeners[i].listen.address.tls)
			return true;
	return false;
}

/* How often it is looked whether threads get on; 0: nobody wants to know. */
static uint64_t life_interval_ns(const struct config *c)
{
	uint64_t watchdog = notify_watchdog_ns();

	if (watchdog != 0)
		return watchdog / 2;
	return c->monitor.listen.address.len != 0 ? LIFE_LOOK_S * NS_PER_S : 0;
}

/* For the monitor.  Main is looked at by how long its last look is ago. */
static const char *stuck_thread(void *arg)
{
	struct daemon *d = arg;
	uint64_t looked = atomic_load(&d->looked_ns);
	uint64_t now = clock_mono_ns(&clock_system);

	if (now > looked + 3 * life_interval_ns(d->config))
		return "main";
	return atomic_load(&d->stuck);
}

static enum monitor_phase phase(void *arg)
{
	const struct daemon *d = arg;

	return atomic_load(&d->draining) ? MONITOR_DRAINING : MONITOR_RUNNING;
}

static int start_monitor(struct daemon *d, char *error, size_t cap)
{
	const struct config *c = d->config;
	int r;

	if (c->monitor.listen.address.len == 0)
		return 0;
	atomic_store(&d->looked_ns, clock_mono_ns(&clock_system));
	d->view = (struct monitor_view){
		.settings = &d->intake_settings,
		.intake = d->intake,
		.stats = &d->stats,
		.feeds = d->feeds,
		.outputs = d->outputs,
		.output_settings = c->outputs,
		.n_outputs = d->n_outputs,
		.start_mono_ns = clock_mono_ns(&clock_system),
		.start_real_ns = clock_real_ns(&clock_system),
		.phase = phase,
		.stuck = stuck_thread,
		.arg = d,
	};
	r = monitor_start(&d->monitor, &c->monitor, &d->view, error, cap);
	if (r != 0)
		intake_stop(d->intake, 0);
	return r;
}

static void start_beats(struct daemon *d)
{
	uint64_t now = clock_mono_ns(&clock_system);

	d->report.last_ns = now;
	d->stats_beat = beat_from(d->config->stats_interval_ns, now);
	d->life_beat = beat_from(life_interval_ns(d->config), now);
	d->tls_beat =
		beat_from(has_tls(d->config) ? TLS_LOOK_S * NS_PER_S : 0, now);
}

static void keep_beats(struct daemon *d)
{
	uint64_t now = clock_mono_ns(&clock_system);

	if (beat_is_due(&d->stats_beat, now))
		show_stats(d, now);
	if (beat_is_due(&d->life_beat, now))
		show_life(d);
	if (beat_is_due(&d->tls_beat, now))
		intake_refresh_tls(d->intake, false);
}

static int next_beat_ms(const struct daemon *d)
{
	uint64_t now = clock_mono_ns(&clock_system);
	int first = beat_wait_ms(&d->stats_beat, now);
	int life = beat_wait_ms(&d->life_beat, now);
	int tls = beat_wait_ms(&d->tls_beat, now);

	if (life < first)
		first = life;
	return tls < first ? tls : first;
}

/* Until a signal asks for the end. */
static int run(struct daemon *d)
{
	for (;;) {
		int sig = wait_signal(d, next_beat_ms(d));

		keep_beats(d);
		switch (sig) {
		case SIGTERM:
		case SIGINT:
			return sig;
		case SIGUSR1:
			log_info(
				ROTATE, "rotating output files", "signal=USR1");
			rotate(d);
			break;
		case SIGHUP:
			log_info(RELOAD,
				"certificates are loaded again; a changed "
				"configuration needs a restart",
				"signal=HUP");
			intake_refresh_tls(d->intake, true);
			break;
		}
	}
}

static void stop_intake(void *arg)
{
	struct daemon *d = arg;
	uint64_t one = 1;

	intake_stop(d->intake, d->grace_deadline_ns);
	if (write(d->intake_ended, &one, sizeof(one)) < 0)
		log_error(SHUTDOWN, "eventfd", "errno=%d", errno);
}

static void cut(struct daemon *d)
{
	log_error(SHUTDOWN_CUT, "second signal: leaving at once", "%s", "");
	d->cut = true;
	intake_cut(d->intake);
	for (size_t i = 0; i < d->n_feeds; i++)
		feed_cut(d->feeds[i]);
	for (size_t i = 0; i < d->n_outputs; i++)
		output_cut(d->outputs[i]);
}

static void watch_for_second_signal(struct daemon *d)
{
	int sig = wait_signal(d, POLL_MS);

	keep_beats(d);
	if ((sig == SIGTERM || sig == SIGINT) && !d->cut)
		cut(d);
}

/*
 * The flow's order: the intake ends and seals its batches, the rings close,
 * the outputs deliver the rest until their deadline.  The intake is stopped
 * by a thread of its own, so that main can take a second signal meanwhile.
 */
static void end(struct daemon *d)
{
	bool ended = false;
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t had_finished = stat_sum(&d->stats, INTAKE_STREAMS_FINISHED);
	uint64_t was_cut = stat_sum(&d->stats, INTAKE_STREAMS_CUT);

	d->grace_deadline_ns = now + d->config->grace_ns;
	if (thread_start(&d->stopper, "stopper", stop_intake, d) != 0)
		stop_intake(d);
	while (!ended) {
		uint64_t count;

		watch_for_second_signal(d);
		ended = read(d->intake_ended, &count, sizeof(count)) > 0;
	}
	thread_join(&d->stopper);
	log_info(SHUTDOWN_STREAMS, "streams that were open at the end",
		"finished=%llu cut=%llu",
		(unsigned long long)(stat_sum(&d->stats,
					     INTAKE_STREAMS_FINISHED) -
				     had_finished),
		(unsigned long long)(stat_sum(&d->stats, INTAKE_STREAMS_CUT) -
				     was_cut));
	now = clock_mono_ns(&clock_system);
	for (size_t i = 0; i < d->n_outputs; i++) {
		feed_close(d->feeds[i]);
		output_drain(d->outputs[i], now + d->config->drain_ns);
	}
	for (size_t i = 0; i < d->n_outputs; i++)
		while (!output_ended(d->outputs[i]))
			watch_for_second_signal(d);
}

static void deinit(struct daemon *d)
{
	d->monitor = monitor_stop(d->monitor); /* it looks at all below */
	if (d->intake != NULL)
		d->intake = intake_free(d->intake);
	for (size_t i = 0; i < d->n_outputs; i++) {
		/* a start that failed half way never closed the rings */
		feed_close(d->feeds[i]);
		output_cut(d->outputs[i]);
		d->outputs[i] = output_free(d->outputs[i]);
	}
}

int daemon_run(const struct config *c)
{
	struct daemon d = { .config = c, .signals = -1, .intake_ended = -1 };
	char error[ERROR_MAX] = "";
	int status = 1, r;

	log_open(c->log_target, c->log_level);
	rcu_register_thread(); /* the end retires backend lists from here */
	r = open_signals(&d);
	if (r == 0) {
		d.intake_ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r = d.intake_ended < 0 ? -errno : 0;
	}
	if (r != 0) {
		log_error(
			START_FAILED, "signals", "error=\"%s\"", strerror(-r));
		goto out;
	}
	r = inherited_collect(&d.inherited, c->intake.listeners,
		c->intake.n_listeners, error, sizeof(error));
	if (r == 0)
		r = start(&d, error, sizeof(error));
	if (r == 0)
		r = start_monitor(&d, error, sizeof(error));
	if (r != 0) {
		log_error(START_FAILED, error, "%s", "");
		goto out;
	}
	log_info(READY, "taking connections",
		"version=%s listeners=%zu outputs=%zu workers=%u "
		"max_connections=%u",
		PACKAGE_VERSION, c->intake.n_listeners, c->n_outputs,
		c->intake.workers, c->intake.max_connections);
	notify("READY=1\nSTATUS=taking connections");
	start_beats(&d);

	int sig = run(&d);

	atomic_store(&d.draining, true);
	notify("STOPPING=1\nSTATUS=draining");
	log_info(SHUTDOWN, "draining", "signal=%s grace_ms=%llu drain_ms=%llu",
		sig == SIGTERM ? "TERM" : "INT",
		(unsigned long long)(c->grace_ns / NS_PER_MS),
		(unsigned long long)(c->drain_ns / NS_PER_MS));
	end(&d);
	status = d.cut ? 1 : 0;
out:
	deinit(&d);
	if (r == 0)
		report_ledger(&d.stats, d.feeds, d.n_feeds);
	for (size_t i = 0; i < d.n_feeds; i++) {
		feed_deinit(d.feeds[i]);
		free(d.feeds[i]);
	}
	free(d.feeds);
	free(d.outputs);
	inherited_deinit(&d.inherited);
	stat_set_deinit(&d.stats);
	if (d.signals >= 0)
		close(d.signals);
	if (d.intake_ended >= 0)
		close(d.intake_ended);
	rcu_barrier();
	rcu_unregister_thread();
	return status;
}
