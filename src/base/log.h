/*
 * Log: one line a decision, for people and for grep.
 *
 *	log_warn(DELIVER_BACKEND_DOWN, "backend unreachable",
 *		"url=%s http=%d", url, http);
 *
 * writes
 *
 *	2026-11-20T12:00:00.123Z warning DELIVER_BACKEND_DOWN backend
 *	unreachable: url=https://... http=503
 *
 * The id is stable across versions: operators grep it.  Where a peer can cause
 * the line, use the _limited form with a static struct log_limit.
 *
 * Targets: stderr (with <N> priority prefixes and no time when the journal
 * reads it), the journal itself (base/log_journal.h) or syslog.  Every function
 *may be called from any thread; lines are written whole.  Secrets have no
 *format path: never pass one.
 */
#ifndef TAPFERRY_BASE_LOG_H
#define TAPFERRY_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR = 0,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_target {
	LOG_TARGET_STDERR = 0,
	LOG_TARGET_JOURNAL,
	LOG_TARGET_SYSLOG,
};

/* The names a setting takes: "error", "warning" (or "warn"), "info", "debug".
 */
const char *log_level_name(enum log_level level);
bool log_level_parse(const char *name, enum log_level *level);

/*
 * log_open() - choose target and level; may be called again (reload)
 * Before the first call lines of level info and up go to stderr, and so do all
 * where neither the journal nor syslog is where it was asked for; a line says
 * so.  Syslog is looked for here only, the journal with every line.
 */
void log_open(enum log_target target, enum log_level level);
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/*
 * A gate for lines a peer can cause: `burst` lines a second pass, the rest is
 * counted and told with the next line that passes (suppressed=N).
 */
struct log_limit {
	_Atomic uint64_t second; /* atomic: the second being counted */
	_Atomic uint32_t passed; /* atomic: lines let through in it */
	_Atomic uint64_t held; /* atomic: lines held back since the last one */
};
enum { LOG_LIMIT_BURST = 5 };

/* Use the macros below.  text ends the sentence, format gives key=value pairs.
 */
void log_write(enum log_level level, struct log_limit *limit, const char *id,
	const char *text, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#define log_at(level, limit, id, text, ...)                              \
	do {                                                             \
		if (log_enabled(level))                                  \
			log_write(level, limit, #id, text, __VA_ARGS__); \
	} while (0)

/* at any log.level: for whoever changes that, and looked before */
#define log_always(level, id, text, ...) \
	log_write(level, NULL, #id, text, __VA_ARGS__)

/* text, then a printf format with key=value pairs ("%s", "" for none); quotes
 * and all else in values is taken care of (base/log_pairs.h) */
#define log_error(id, text, ...) \
	log_at(LOG_LEVEL_ERROR, NULL, id, text, __VA_ARGS__)
#define log_warn(id, text, ...) \
	log_at(LOG_LEVEL_WARN, NULL, id, text, __VA_ARGS__)
#define log_info(id, text, ...) \
	log_at(LOG_LEVEL_INFO, NULL, id, text, __VA_ARGS__)
#define log_debug(id, text, ...) \
	log_at(LOG_LEVEL_DEBUG, NULL, id, text, __VA_ARGS__)

#define log_limited(level, id, text, ...)                          \
	do {                                                       \
		static struct log_limit log_limit_;                \
		log_at(level, &log_limit_, id, text, __VA_ARGS__); \
	} while (0)
#define log_warn_limited(id, text, ...) \
	log_limited(LOG_LEVEL_WARN, id, text, __VA_ARGS__)
#define log_info_limited(id, text, ...) \
	log_limited(LOG_LEVEL_INFO, id, text, __VA_ARGS__)

#endif
