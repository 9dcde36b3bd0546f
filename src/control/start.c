#include "control/start.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/account.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/reach.h"

int start_find_identity(struct daemon *d, char *error, size_t cap)
{
	struct config *c = &d->edition->config;
	struct folders missing = FOLDERS_NULL;
	int r = identity_find(&d->identity, c, error, cap);

	if (r != 0 || !d->identity.changes)
		return r;
	identity_own_sockets(&d->identity, c);
	r = folders_find(&missing, c);
	if (r == 0)
		r = folders_make(&missing, &d->identity, error, cap);
	else
		snprintf(error, cap, "start: %s", strerror(-r));
	folders_deinit(&missing);
	return r;
}

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

static void log_notes(const struct buf *notes)
{
	const char *line = buf_str(notes);

	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		log_warn(PRIVILEGES_NOTE, "was read as root", "note=\"%.*s\"",
			(int)len, line);
		line += len + 1;
	}
}

int start_give_up(struct daemon *d, char *error, size_t cap)
{
	const struct config *c = &d->edition->config;
	const struct folders none = FOLDERS_NULL;
	struct buf problems = BUF_NULL, notes = BUF_NULL;
	char user[ACCOUNT_NAME_MAX], group[ACCOUNT_NAME_MAX];
	int r = 0;

	if (d->identity.changes)
		r = identity_assume(&d->identity, error, cap);
	else if (geteuid() == 0 && c->user == NULL)
		log_warn(RUNS_AS_ROOT, "runs as root",
			"cure=\"set user to one that it becomes once it has "
			"opened what takes root, or to root if that is "
			"meant\"");
	if (r != 0)
		return r;
	reach_check(c, d->source->file, &none, &problems, &notes);
	log_notes(&notes);
	if (problems.len != 0) {
		snprintf(error, cap, "%.*s",
			(int)strcspn(buf_str(&problems), "\n"),
			buf_str(&problems));
		r = -EACCES;
	}
	if (r == 0 && d->identity.changes)
		log_info(PRIVILEGES, "has given up root", "user=%s group=%s",
			account_user_name(d->identity.uid, user),
			account_group_name(d->identity.gid, group));
	buf_deinit(&problems);
	buf_deinit(&notes);
	return r;
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
