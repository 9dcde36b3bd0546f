#include "base/log.h"

#include "base/clock.h"
#include "base/log_journal.h"
#include "base/log_pairs.h"
#include "base/log_socket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARN] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

static _Atomic int log_level = LOG_LEVEL_INFO;
static _Atomic int log_asked = LOG_TARGET_STDERR; /* by log_open() */
static _Atomic int log_target = LOG_TARGET_STDERR;
static _Atomic bool log_to_journal;   /* stderr is the journal's: priorities */
static _Atomic uint64_t journal_lost; /* lines since the last one it took */

const char *log_level_name(enum log_level level)
{
	return levels[level].name;
}

bool log_level_parse(const char *name, enum log_level *level)
{
	for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(name, levels[i].name) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	if (strcmp(name, "warn") == 0) {
		*level = LOG_LEVEL_WARN;
		return true;
	}
	return false;
}

/*
 * JOURNAL_STREAM is inherited by everything a unit starts; only the stream it
 * names by device and inode is the journal's (systemd.exec(5)).
 */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(fd, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void log_open(enum log_target target, enum log_level level)
{
	enum log_target used = target;
	bool differs;
	int r = 0;

	if (target == LOG_TARGET_SYSLOG) {
		openlog("tapferryd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
		r = log_socket_look(LOG_SYSLOG_SOCKET);
		if (r != 0) /* nobody is told of lines that it does not take */
			used = LOG_TARGET_STDERR;
	} else if (target == LOG_TARGET_JOURNAL) {
		r = log_journal_open(LOG_JOURNAL_SOCKET);
	}
	atomic_store(&log_to_journal, is_journal(STDERR_FILENO));
	log_set_level(level);
	differs = atomic_exchange(&log_asked, (int)target) != (int)target;
	if (atomic_exchange(&log_target, (int)used) != (int)used)
		differs = true;
	if (r != 0 && differs && target == LOG_TARGET_JOURNAL)
		log_warn(LOG_JOURNAL_MISSING,
			"the journal is not there: lines go to standard error",
			"socket=%s errno=%d", LOG_JOURNAL_SOCKET, -r);
	else if (r != 0 && differs)
		log_warn(LOG_SYSLOG_MISSING,
			"syslog is not there: lines go to standard error until "
			"a reload finds it",
			"socket=%s errno=%d", LOG_SYSLOG_SOCKET, -r);
}

void log_set_level(enum log_level level)
{
	atomic_store(&log_level, (int)level);
}

bool log_enabled(enum log_level level)
{
	return (int)level <=
	       atomic_load_explicit(&log_level, memory_order_relaxed);
}

/* May this line pass?  *held: how many were held back before it. */
static bool limit_pass(struct log_limit *l, uint64_t *held)
{
	uint64_t now = clock_mono_ns(&clock_system) / NS_PER_S + 1;
	uint64_t second = atomic_load(&l->second);

	if (second != now &&
		atomic_compare_exchange_strong(&l->second, &second, now))
		atomic_store(&l->passed, 0);
	if (atomic_fetch_add(&l->passed, 1) >= LOG_LIMIT_BURST) {
		atomic_fetch_add(&l->held, 1);
		return false;
	}
	*held = atomic_exchange(&l->held, 0);
	return true;
}

static size_t put_time(char *line, size_t cap)
{
	uint64_t ns = clock_real_ns(&clock_system);
	time_t s = (time_t)(ns / NS_PER_S);
	struct tm tm;
	char day[32];

	gmtime_r(&s, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	return (size_t)snprintf(
		line, cap, "%s.%03uZ ", day, (unsigned)(ns / NS_PER_MS % 1000));
}

/* One write a line; there is nobody to tell when stderr fails. */
static void write_stderr(char *line, size_t n)
{
	ssize_t written;

	line[n++] = '\n';
	written = write(STDERR_FILENO, line, n);
	(void)written;
}

/* Return: false: it is not there. */
static bool send_to_journal(const struct log_entry *e)
{
	int r = log_journal_send(e);
	unsigned long long lost;

	if (r == -EAGAIN || r == -ENOBUFS)
		atomic_fetch_add(&journal_lost, 1);
	else if (r != 0)
		return false;
	else if ((lost = atomic_exchange(&journal_lost, 0)) != 0)
		log_warn(LOG_LOST, "the journal did not take all lines",
			"lines=%llu", lost);
	return true;
}

void log_write(enum log_level level, struct log_limit *limit, const char *id,
	const char *text, const char *format, ...)
{
	enum log_target target = (enum log_target)atomic_load(&log_target);
	int priority = levels[level].priority;
	char line[LINE_MAX_BYTES];
	size_t n = 0, body, pairs;
	uint64_t held = 0;
	va_list ap;
	int r;

	if (limit != NULL && !limit_pass(limit, &held))
		return;
	/* the journal and syslog have the time, and may leave a line to us */
	if (target != LOG_TARGET_SYSLOG && atomic_load(&log_to_journal))
		n = (size_t)snprintf(line, sizeof(line), "<%d>", priority);
	else if (target != LOG_TARGET_SYSLOG)
		n = put_time(line, sizeof(line));
	body = n;
	r = snprintf(line + n, sizeof(line) - n,
		"%s %s %s: ", levels[level].name, id, text);
	n += (size_t)r;
	pairs = n;
	va_start(ap, format);
	if (n < sizeof(line) - 2) {
		size_t len = log_pairs_format(
			line + n, sizeof(line) - 2 - n, format, ap);

		n = len > 0 ? n + len : n - 2; /* no pairs: no colon */
	}
	va_end(ap);
	if (held != 0 && n < sizeof(line) - 1)
		n += (size_t)snprintf(line + n, sizeof(line) - n,
			" suppressed=%llu", (unsigned long long)held);
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	if (pairs > n)
		pairs = n;
	/* none starts a line of its own, nor in what is no pair */
	for (size_t i = body; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	if (target == LOG_TARGET_SYSLOG) {
		line[n] = '\0';
		syslog(priority, "%s", line);
	} else if (target != LOG_TARGET_JOURNAL ||
		   !send_to_journal(&(struct log_entry){ priority, id,
			   line + body, n - body, pairs - body })) {
		write_stderr(line, n);
	}
}
