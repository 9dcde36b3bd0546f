/*
 * Log, journal: lines as entries of systemd's journal, with a field for each of
 * their pairs (systemd.io, "Native Journal Protocol").
 *
 *	MESSAGE=warning DELIVER_BACKEND_DOWN backend unreachable: url=...
 *http=503 PRIORITY=4 TAPFERRY_LOG_ID=DELIVER_BACKEND_DOWN TAPFERRY_URL=...
 *	TAPFERRY_HTTP=503
 *
 * By hand and not by sd_journal_send(3), which waits for a journal that does
 *not get on, and whoever logs with it.  For base/log.c.
 */
#ifndef TAPFERRY_BASE_LOG_JOURNAL_H
#define TAPFERRY_BASE_LOG_JOURNAL_H

#include <stddef.h>

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

struct log_entry {
	int priority; /* of syslog(3) */
	const char *id;
	const char *line; /* without control characters */
	size_t len;
	size_t pairs; /* where they begin in it; len: there are none */
};

/* Text of the fields, up to cap.  Return: how long.  Any thread. */
size_t log_journal_format(const struct log_entry *e, char *text, size_t cap);

/*
 * log_journal_open() - where entries go; is anybody there?
 * Thread: main.  Return: 0 or -errno; it may be there later.
 */
int log_journal_open(const char *path);

/*
 * log_journal_send() - never waits
 * Return: 0, -EAGAIN when it takes no more now, or another -errno when it is
 * not there.  Any thread.
 */
int log_journal_send(const struct log_entry *e);

#endif
