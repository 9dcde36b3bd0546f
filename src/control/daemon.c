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
#include "control/config_listeners.h"
#include "control/notify.h"
#include "control/reload.h"
#include "control/start.h"
#include "control/watch.h"

enum {
	ERROR_MAX = 512,
	POLL_MS = 20,
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

/*
 * Serves the control socket meanwhile.
 * Return: a signal's number, or 0 when none came within the time.
 */
static int wait_signal(struct daemon *d, int timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = d->signals, .events = POLLIN },
		{ .fd = d->intake_ended, .events = POLLIN },
		{ .fd = controlling_fd(&d->controlling), .events = POLLIN },
	};
	struct signalfd_siginfo info;
	int asked;

	poll(p, 3, timeout_ms);
	controlling_serve(&d->controlling);
	if (read(d->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		return (int)info.ssi_signo;
	asked = d->asked;
	d->asked = 0;
	return asked;
}

/* Return: how many. */
static unsigned log_lines(enum log_level level, const char *text)
{
	unsigned n = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (level == LOG_LEVEL_ERROR)
			log_error(RELOAD_PROBLEM, "configuration",
				"problem=\"%.*s\"", (int)len, text);
		else
			log_warn(CONFIG_NOTE, "configuration", "note=\"%.*s\"",
				(int)len, text);
		text += len + (text[len] != '\0');
		n++;
	}
	return n;
}

/* Return: as reload(). */
static int read_again(struct daemon *d, struct buf *said)
{
	const struct reload l = {
		.source = d->source,
		.edition = &d->edition,
		.outlets = &d->outlets,
		.intake = d->intake,
		.monitoring = &d->monitoring,
		.controlling = &d->controlling,
	};
	unsigned n;
	int r;

	notify("RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)(clock_mono_ns(&clock_system) / 1000));
	monitoring_pause(&d->monitoring);
	r = reload(&l, said);
	monitoring_resume(&d->monitoring, d->edition, &d->outlets, said);
	controlling_follow(&d->controlling, said);
	if (r == 0) {
		d->tending = true;
		watch_start(d);
		intake_refresh_tls(d->intake, true);
		monitoring_renew(&d->monitoring);
		log_lines(LOG_LEVEL_WARN, buf_str(said));
		log_info(RELOADED, "goes on by the new configuration",
			"listeners=%zu outputs=%zu max_connections=%u",
			d->edition->config.intake.n_listeners, d->outlets.n,
			d->edition->config.intake.max_connections);
	} else if (r < 0 && said->len != 0) {
		n = log_lines(LOG_LEVEL_ERROR, buf_str(said));
		log_error(RELOAD_FAILED,
			"goes on by the configuration it had, until that is "
			"mended",
			"problems=%u", n);
	} else if (r < 0) {
		log_error(RELOAD_FAILED, "goes on by the configuration it had",
			"error=\"%s\"", strerror(-r));
	}
	d->status_line.reload_failed = r < 0;
	notify("READY=1");
	watch_show_status(d);
	return r;
}

/* Nobody but the log is to know. */
static void read_again_by_signal(struct daemon *d)
{
	struct buf said = BUF_NULL;

	d->reload_due = read_again(d, &said) == RELOAD_E_UNSETTLED;
	buf_deinit(&said);
}

static int reload_for_control(void *arg, struct buf *said)
{
	struct daemon *d = arg;
	int r = read_again(d, said);

	if (r == RELOAD_E_UNSETTLED)
		log_warn(RELOAD_REFUSED, "reload again in a moment",
			"reason=\"%s\"", buf_str(said));
	return r;
}

static void shut_down_for_control(void *arg, bool now)
{
	struct daemon *d = arg;

	if (!atomic_load(&d->draining))
		d->asked = SIGTERM;
	if (now && !d->cut)
		d->leave = true;
}

static int start_controlling(struct daemon *d, char *error, size_t cap)
{
	const struct command_room room = {
		.view = &d->monitoring.view,
		.outlets = &d->outlets,
		.edition = &d->edition,
		.reload = reload_for_control,
		.shutdown = shut_down_for_control,
		.daemon = d,
	};

	return controlling_start(&d->controlling, &room, error, cap);
}

/* Until a signal asks for the end. */
static int run(struct daemon *d)
{
	for (;;) {
		int sig = wait_signal(d, watch_next_ms(d));

		watch_keep(d);
		if (d->reload_due && outlets_settled(&d->outlets))
			read_again_by_signal(d);
		switch (sig) {
		case SIGTERM:
		case SIGINT:
			return sig;
		case SIGUSR1:
			log_info(
				ROTATE, "rotating output files", "signal=USR1");
			outlets_rotate(&d->outlets);
			break;
		case SIGHUP:
			log_info(RELOAD, "reading the configuration again",
				"signal=HUP");
			read_again_by_signal(d);
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

/* As told at the control socket: nothing is delivered any more. */
static void leave(struct daemon *d)
{
	log_warn(SHUTDOWN_CUT, "leaving without delivering the rest",
		"asked=now");
	d->left = true;
	intake_cut(d->intake);
	outlets_give_up(&d->outlets);
}

/* Nothing is written, either. */
static void cut(struct daemon *d)
{
	log_error(SHUTDOWN_CUT, "asked again: leaving at once", "asked=twice");
	d->cut = true;
	intake_cut(d->intake);
	outlets_cut(&d->outlets);
}

static void watch_for_second_signal(struct daemon *d)
{
	int sig = wait_signal(d, POLL_MS);

	watch_keep(d);
	if (d->leave && !d->left && !d->cut)
		leave(d);
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
	uint64_t now = clock_mono_ns(&clock_system), drain_ns;
	uint64_t had_finished = stat_sum(&d->stats, INTAKE_STREAMS_FINISHED);
	uint64_t was_cut = stat_sum(&d->stats, INTAKE_STREAMS_CUT);

	d->grace_deadline_ns = now + d->edition->config.grace_ns;
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
	drain_ns = now + d->edition->config.drain_ns;
	/* a reload under way: feeds get the outputs they wait for */
	outlets_hurry(&d->outlets);
	while (!outlets_settled(&d->outlets) && !d->cut && !d->left &&
		clock_mono_ns(&clock_system) < drain_ns)
		watch_for_second_signal(d);
	/* one started from here on would not hear of the end */
	d->tending = false;
	outlets_drain(&d->outlets, drain_ns);
	while (!outlets_ended(&d->outlets))
		watch_for_second_signal(d);
}

static void deinit(struct daemon *d)
{
	controlling_stop(&d->controlling); /* these look at all below */
	monitoring_stop(&d->monitoring);
	if (d->intake != NULL)
		d->intake = intake_free(d->intake);
	outlets_end(&d->outlets);
}

int daemon_run(struct config *config, const struct config_source *source)
{
	struct daemon d = {
		.source = source,
		.pid_file = PID_FILE_NULL,
		.signals = -1,
		.intake_ended = -1,
	};
	const struct config *c;
	char error[ERROR_MAX] = "";
	int status = 1, r;

	r = edition_new(&d.edition, config);
	if (r != 0)
		return 1;
	d.first = edition_get(d.edition);
	c = &d.edition->config;
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
	/* before a folder is made, which would be the user's */
	r = pid_file_open(&d.pid_file, c->pid_file, error, sizeof(error));
	if (r == 0)
		r = start_find_identity(&d, error, sizeof(error));
	if (r == 0)
		r = inherited_collect(&d.inherited, c->intake.listeners,
			c->intake.n_listeners, error, sizeof(error));
	if (r == 0)
		config_note_inherited(c, d.inherited.fds);
	if (r == 0)
		r = start_open(&d, error, sizeof(error));
	if (r == 0)
		r = start_controlling(&d, error, sizeof(error));
	if (r == 0)
		r = start_give_up(&d, error, sizeof(error));
	if (r == 0)
		r = sandbox_enter(c, error, sizeof(error));
	if (r == 0)
		r = start_run(&d, error, sizeof(error));
	if (r == 0)
		r = pid_file_write(&d.pid_file, error, sizeof(error));
	if (r != 0) {
		log_error(START_FAILED, error, "%s", "");
		if (d.intake != NULL)
			intake_stop(d.intake, 0);
		goto out;
	}
	log_info(READY, "taking connections",
		"version=%s listeners=%zu outputs=%zu workers=%u "
		"max_connections=%u",
		PACKAGE_VERSION, c->intake.n_listeners, c->n_outputs,
		c->intake.workers, c->intake.max_connections);
	notify("READY=1\nSTATUS=taking connections");
	watch_start(&d);

	int sig = run(&d);

	c = &d.edition->config; /* of the last reload */

	atomic_store(&d.draining, true);
	d.controlling.room.draining = true;
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
		outlets_report(&d.outlets, &d.stats);
	outlets_deinit(&d.outlets);
	pid_file_close(&d.pid_file);
	edition_put(d.edition);
	edition_put(d.first);
	identity_deinit(&d.identity);
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
