#include "control/reload.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/amendments.h"
#include "control/difference.h"
#include "control/limits.h"
#include "control/memory.h"

enum { ERROR_MAX = 512 };

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What is made once.  The new configuration then says what stays in force. */
static void keep_what_stays(
	struct config *next, const struct config *now, struct buf *said)
{
	struct main_values *shown = &next->memory->values.main;

	if (next->intake.workers != now->intake.workers)
		buf_printf(said,
			"workers: needs a restart; there are still %u\n",
			now->intake.workers);
	next->intake.workers = now->intake.workers;
	sandbox_keep(&next->sandbox, &now->sandbox, said);
	if (!same_text(next->user, now->user) ||
		!same_text(next->group, now->group))
		buf_add_str(said, "user, group: need a restart; they stay as "
				  "they were\n");
	if (!same_text(next->pid_file, now->pid_file))
		buf_add_str(said,
			"pid_file: needs a restart; it stays where it was\n");
	/* strings of the first edition, which stays */
	next->user = now->user;
	next->group = now->group;
	next->pid_file = now->pid_file;
	/* and so does what shows the settings in force */
	shown->workers = next->intake.workers;
	shown->sandbox = next->sandbox;
	shown->user = next->user;
	shown->group = next->group;
	shown->pid_file = next->pid_file;
}

/* "FILE:LINE: path: text" */
static void say_problem(const struct edition *e, const char *path,
	const char *text, struct buf *said)
{
	const struct tree *t = &e->config.memory->tree;
	const config_setting_t *s = config_lookup(&t->t, path);

	if (s != NULL) {
		tree_origin(t, s, said);
		buf_add_str(said, ": ");
	}
	buf_printf(said, "%s: %s\n", path, text);
}

/* The daemon's own two sockets. */
static int open_sockets(
	const struct reload *l, struct edition *next, struct buf *said)
{
	char error[ERROR_MAX] = "out of memory";
	int r = monitoring_prepare(l->monitoring, next, error, sizeof(error));

	if (r != 0) {
		say_problem(next, "monitor.address", error, said);
		return r;
	}
	r = controlling_prepare(
		l->controlling, &next->config.control, error, sizeof(error));
	if (r != 0) {
		say_problem(next, "control.socket", error, said);
		monitoring_abandon(l->monitoring);
	}
	return r;
}

static int take_up(
	const struct reload *l, struct edition *next, struct buf *said)
{
	const struct config *c = &next->config;
	struct outlets outlets;
	char error[ERROR_MAX];
	int r;

	r = outlets_prepare(l->outlets, &outlets, next, error, sizeof(error));
	if (r == 0) {
		r = intake_change(l->intake, &c->intake, outlets.feeds,
			outlets.n, error, sizeof(error));
		if (r != 0)
			outlets_abandon(l->outlets, &outlets);
	}
	if (r != 0) {
		buf_printf(said, "%s\n", error);
		return r;
	}
	amendments_tell(l->outlets, c, "taken back: ", said);
	outlets_commit(l->outlets, &outlets, next,
		clock_mono_ns(&clock_system) + c->drain_ns);
	return 0;
}

int reload(const struct reload *l, struct buf *said)
{
	struct buf kept = BUF_NULL; /* of no interest unless it succeeds */
	struct config config;
	struct edition *next;
	int r;

	if (!outlets_settled(l->outlets)) {
		buf_add_str(said,
			"the last reload is still under way: an output "
			"finishes its requests, or waits for them to be "
			"acknowledged");
		return RELOAD_E_UNSETTLED;
	}
	r = config_load(&config, l->source, said);
	if (r != 0)
		return r;
	limits_fit(&config);
	keep_what_stays(&config, &(*l->edition)->config, &kept);
	r = edition_new(&next, &config);
	if (r != 0) {
		config_deinit(&config);
		goto out;
	}
	r = open_sockets(l, next, said);
	if (r == 0) {
		r = take_up(l, next, said);
		if (r != 0) {
			monitoring_abandon(l->monitoring);
			controlling_abandon(l->controlling);
		}
	}
	if (r != 0) {
		edition_put(next);
		goto out;
	}
	buf_add_str(said, buf_str(&kept));
	buf_add_str(said, config_notes(&next->config));
	log_open(next->config.log_target, next->config.log_level);
	edition_put(*l->edition);
	*l->edition = next;
out:
	buf_deinit(&kept);
	return r;
}
