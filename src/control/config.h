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
#include "deliver/output.h"
#include "intake/intake.h"

struct config {
	struct intake_settings intake; /* listeners included */
	struct output_settings *outputs;
	size_t n_outputs;
	enum log_target log_target;
	enum log_level log_level;
	uint64_t stats_interval_ns;   /* 0: no statistics lines */
	uint64_t grace_ns;            /* intake_stop() */
	uint64_t drain_ns;            /* outputs' drain deadline */
	struct config_memory *memory; /* owns every string and array above */
};

#define CONFIG_NULL ((struct config){ 0 })

/* What the command line and the environment say. */
struct config_source {
	const char *file; /* NULL: no file */
	/* "path.to.key=value", later ones win; from the environment first, then
	   from the command line in its order */
	const char *const *overrides;
	size_t n_overrides;
};

/*
 * config_load() - read and check everything
 * @error:  on failure: every problem found, a line each:
 *          "FILE:LINE: key: what is wrong (allowed: …; did you mean …?)"
 *
 * Return: 0, -EINVAL for a wrong configuration, or -errno (a file that cannot
 * be read is -EINVAL too, with its reason in error).
 */
int config_load(struct config *c, const struct config_source *source,
	struct buf *error);
void config_deinit(struct config *c);

/* The effective settings, libconfig syntax, secrets masked. */
void config_print(const struct config *c, struct buf *out);

#endif
