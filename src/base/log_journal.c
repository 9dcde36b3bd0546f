#include "base/log_journal.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log_pairs.h"
#include "base/log_socket.h"

enum {
	TEXT_MAX = 8192,   /* a line twice, and the fields' names */
	NAME_MAX_LEN = 64, /* the journal passes over longer ones */
};

static _Atomic int journal_fd = -1; /* stays once it is open */
static struct sockaddr_un journal = { .sun_family = AF_UNIX };

struct field_text {
	char *at;
	size_t len, cap;
};

static bool put(struct field_text *t, const char *text, size_t len)
{
	if (len > t->cap - t->len)
		return false;
	memcpy(t->at + t->len, text, len);
	t->len += len;
	return true;
}

/* NAME=value and a line's end, or nothing of it; a value of several lines has
 * its length before it. */
static void put_field(struct field_text *t, const char *name, size_t name_len,
	const char *value, size_t len)
{
	uint64_t le = htole64(len);
	bool lines = memchr(value, '\n', len) != NULL;
	size_t before = t->len;

	if (!put(t, name, name_len) || !put(t, lines ? "\n" : "=", 1) ||
		(lines && !put(t, (const char *)&le, sizeof(le))) ||
		!put(t, value, len) || !put(t, "\n", 1))
		t->len = before;
}

static void put_text(struct field_text *t, const char *name, const char *value)
{
	put_field(t, name, strlen(name), value, strlen(value));
}

/* splunk.delivered is TAPFERRY_SPLUNK_DELIVERED. */
static void put_pair(struct field_text *t, const char *key, size_t key_len,
	const char *value, size_t len)
{
	char name[NAME_MAX_LEN] = "TAPFERRY_";
	size_t n = strlen(name);

	if (key_len == 0 || key_len > sizeof(name) - n)
		return;
	for (size_t i = 0; i < key_len; i++) {
		unsigned char c = (unsigned char)key[i];

		name[n++] = c < 0x80 && isalnum(c) ? (char)toupper(c) : '_';
	}
	put_field(t, name, n, value, len);
}

/* How long the value is: to a blank, or with both its quotes. */
static size_t value_len(const char *value, const char *end, bool *quoted)
{
	const char *p = value;

	*quoted = false;
	if (p == end || *p != '"') {
		while (p < end && *p != ' ')
			p++;
		return (size_t)(p - value);
	}
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	*quoted = p < end;
	return (size_t)(p - value) + *quoted;
}

static void put_pairs(struct field_text *t, const char *p, const char *end)
{
	char plain[LOG_PAIRS_MAX];

	while (p < end) {
		const char *value = p;
		size_t len, key_len;
		bool quoted;

		while (value < end && *value != '=' && *value != ' ')
			value++;
		if (value == end || *value == ' ') {
			p = value + 1;
			continue;
		}
		key_len = (size_t)(value++ - p);
		len = value_len(value, end, &quoted);
		if (quoted && len <= sizeof(plain))
			put_pair(t, p, key_len, plain,
				log_pair_plain(plain, value + 1, len - 2));
		else
			put_pair(t, p, key_len, value, len);
		p = value + len + 1;
	}
}

size_t log_journal_format(const struct log_entry *e, char *text, size_t cap)
{
	struct field_text t = { .at = text, .cap = cap };
	const char priority[] = { (char)('0' + e->priority), '\0' };

	put_field(&t, "MESSAGE", strlen("MESSAGE"), e->line, e->len);
	put_text(&t, "PRIORITY", priority);
	put_text(&t, "SYSLOG_FACILITY", "3");
	put_text(&t, "SYSLOG_IDENTIFIER", "tapferryd");
	put_text(&t, "TAPFERRY_LOG_ID", e->id);
	put_pairs(&t, e->line + e->pairs, e->line + e->len);
	return t.len;
}

/* Entries go by the path, each time: the journal may be started again. */
int log_journal_open(const char *path)
{
	int fd;

	if (atomic_load(&journal_fd) < 0) {
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return -errno;
		snprintf(
			journal.sun_path, sizeof(journal.sun_path), "%s", path);
		atomic_store(&journal_fd, fd);
	}
	return log_socket_look(path);
}

int log_journal_send(const struct log_entry *e)
{
	char text[TEXT_MAX];
	size_t len = log_journal_format(e, text, sizeof(text));
	ssize_t n = sendto(atomic_load(&journal_fd), text, len,
		MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&journal,
		sizeof(journal));

	return n >= 0 ? 0 : -errno;
}
