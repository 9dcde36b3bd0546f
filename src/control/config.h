/*
 * Config: the validated settings of one run.
 *
 * Made from defaults, file, environment and command line, in rising order of
 * precedence (control/settings.h has the one table they all come from), and
 * checked as a whole.  Everything the other rooms get is a plain struct of
 * theirs; all strings are owned here.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_H
#define TAPFERRY_CONTROL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"
#include "control/control_socket.h"
#include "control/sandbox.h"
#include "deliver/output.h"
#include "intake/intake.h"
#include "monitor/monitor.h"

struct config {
	struct intake_settings intake; /* listeners included */
	struct output_settings *outputs;
	size_t n_outputs;
	const char *user, *group; /* to become; NULL: none, its own */
	const char *pid_file;     /* NULL: there is none */
	enum log_target log_target;
	enum log_level log_level;
	uint64_t stats_interval_ns;      /* 0: no statistics lines */
	uint64_t grace_ns;               /* intake_stop() */
	uint64_t drain_ns;               /* outputs' drain deadline */
	struct monitor_settings monitor; /* no address: there is none */
	struct control_settings control; /* no path: there is none */
	struct sandbox_settings sandbox;
	struct config_memory *memory; /* owns every string and array above */
};

#define CONFIG_NULL ((struct config){ 0 })

/* A listener's address ("unix:/path"), or an output ("hec:https://host:8088").
 */
struct config_addition {
	const char *text;
	const char *origin; /* for messages: "command line --listen" */
};

struct config_override {
	const char *path; /* "outputs.splunk.batch.events" (override.h) */
	const char *value;
	const char *origin; /* never with a secret in it */
	bool ambient;       /* nothing to set it for is no error */
};

/* What there is to be merged: the file is the lowest, then these in order. */
struct config_source {
	const char *file; /* NULL: no file */
	const char *text; /* instead of the file's contents; NULL: read it */
	const struct config_addition *listeners;
	size_t n_listeners;
	const struct config_addition *outputs;
	size_t n_outputs;
	const struct config_override *overrides; /* later ones win */
	size_t n_overrides;
};

/*
 * config_load() - merge, check and complete the settings
 * @source:  its strings are lent until config_deinit()
 * @error:   on failure: every problem found, a line each:
 *           "FILE:LINE: key: what is wrong (allowed: …; did you mean …?)"
 *
 * Return: 0, -EINVAL for a wrong configuration (one that cannot be read
 * included), or -ENOMEM.  c needs no config_deinit() on failure.
 */
int config_load(struct config *c, const struct config_source *source,
	struct buf *error);
void config_deinit(struct config *c);

/* What is allowed but deserves a word, a line each; "" for nothing. */
const char *config_notes(const struct config *c);

/*
 * The effective settings, libconfig syntax, secrets masked, each with a
 * comment that says where it comes from; in front of them the notes, as
 * comments.
 */
void config_print(const struct config *c, struct buf *out);

#endif
