/*
 * Settings: the table of settings (settings.def), and single values.
 *
 * A value always travels as text here: defaults, overrides and what the file
 * says go through the same parser, into a field of one of the structs below.
 */
#ifndef TAPFERRY_CONTROL_SETTINGS_H
#define TAPFERRY_CONTROL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "control/control_socket.h"
#include "control/sandbox.h"
#include "deliver/output.h"
#include "monitor/monitor.h"
#include "net/cidr.h"
#include "net/listen.h"
#include "net/tls_credentials.h"

/* The fields that the table's rows name: one struct for each scope. */
struct monitor_values {
	struct monitor_settings endpoint;
	const char *password_file, *token_file;
	bool allow_anonymous;
};

struct main_values {
	unsigned workers;
	unsigned buffer_size;
	uint64_t stats_interval_ns;
	unsigned max_connections;
	unsigned max_per_peer;
	unsigned peer_prefix_ipv4, peer_prefix_ipv6;
	unsigned refusals_per_second;
	uint32_t max_frame;
	size_t frame_memory;
	uint64_t handshake_timeout_ns;
	uint64_t tls_handshake_timeout_ns;
	uint64_t grace_ns;
	uint64_t drain_ns;
	unsigned log_level;
	unsigned log_target;
	const char *user, *group, *pid_file;
	struct monitor_values monitor;
	struct control_settings control;
	struct sandbox_settings sandbox;
};

struct listener_values {
	const char *name;
	unsigned type;
	struct listen_settings listen;
	unsigned max_connections;
	struct cidr_list allow, deny; /* owned */
	uint64_t idle_timeout_ns;
	struct tls_settings tls;
};

/* What overflow says; the feed has the answer. */
enum overflow_asked {
	OVERFLOW_ASKED_AUTO = 0,
	OVERFLOW_ASKED_DROP,
	OVERFLOW_ASKED_BLOCK,
	OVERFLOW_ASKED_SPOOL,
};

struct output_values {
	struct output_settings out;
	unsigned overflow;                 /* enum overflow_asked */
	unsigned spool_full;               /* enum feed_overflow */
	struct backend_settings *backends; /* out.remote has it too, const */
};

enum setting_scope {
#define SCOPE(id, ...) SCOPE_##id,
#define SETTING(...)
#include "control/settings.def"
#undef SCOPE
#undef SETTING
	SCOPE_COUNT
};

enum scope_kind { SCOPE_IS_GROUP = 0, SCOPE_IS_LIST };

enum setting_type {
	SETTING_STRING = 0,
	SETTING_SECRET,   /* visible ASCII; never printed */
	SETTING_PASSWORD, /* any text; never printed */
	SETTING_NAME,
	SETTING_PATH,
	SETTING_URL,
	SETTING_PROXY, /* URL; its user and password are never printed */
	SETTING_ADDRESS,
	SETTING_ENDPOINT, /* address and port of TCP; or none */
	SETTING_NETWORKS, /* a list in a file, else separated by commas */
	SETTING_HEADERS,  /* a list in a file, else a line each; see
			     SETTING_SECRET */
	SETTING_MODE,
	SETTING_ENUM,
	SETTING_BOOL,
	SETTING_INT,
	SETTING_DURATION,
	SETTING_SIZE,
};

/* What a row belongs to: outputs of some types, 1 << OUTPUT_TYPE_*, or
 * listeners on some kind of socket. */
enum {
	FITS_STDOUT = 1 << OUTPUT_TYPE_STDOUT,
	FITS_FILE = 1 << OUTPUT_TYPE_FILE,
	FITS_PIPE = 1 << OUTPUT_TYPE_PIPE,
	FITS_SOCKET = 1 << OUTPUT_TYPE_SOCKET,
#define FITS_ITSELF(id, name) FITS_##id = 1 << OUTPUT_TYPE_##id,
	COLLECTORS(FITS_ITSELF, )
#undef FITS_ITSELF
#define FITS_AS_WELL(id, name) FITS_##id
	/* by HTTP requests to backends */
	FITS_REMOTE = COLLECTORS(FITS_AS_WELL, |),
#undef FITS_AS_WELL
	FITS_LOCAL = FITS_PIPE | FITS_SOCKET,
	FITS_LINES = FITS_STDOUT | FITS_FILE | FITS_LOCAL,
	/* there may be nobody who takes what they have */
	FITS_AWAITED = FITS_LOCAL | FITS_REMOTE,
	FITS_UNIX = 1 << OUTPUT_TYPE_COUNT,
	FITS_CLEAR = 1 << (OUTPUT_TYPE_COUNT + 1), /* TCP without TLS */
	FITS_TLS = 1 << (OUTPUT_TYPE_COUNT + 2),
	FITS_TCP = FITS_CLEAR | FITS_TLS,
	FITS_ALL = FITS_LINES | FITS_REMOTE | FITS_UNIX | FITS_TCP,
};

struct scope {
	enum setting_scope id, parent;
	const char *key; /* "" for the file itself */
	enum scope_kind kind;
	unsigned fits;
	const char *help;
};

struct setting {
	enum setting_scope scope;
	const char *key;
	enum setting_type type;
	const char *unit; /* of SETTING_INT, else "" */
	const char *def;  /* NULL: must be given */
	const char *allowed;
	unsigned fits;
	size_t offset, size; /* of the field in the scope's struct */
	const char *help;
};

extern const struct scope scopes[SCOPE_COUNT];

/* Is it a group in that one, which an element of this kind may have? */
static inline bool scope_is_part(
	const struct scope *s, enum setting_scope parent, unsigned fits)
{
	return s->parent == parent && s->fits & fits &&
	       s->kind == SCOPE_IS_GROUP;
}
extern const struct setting settings[];
extern const size_t n_settings;

/* What any row or group of that key belongs to. */
unsigned setting_fits(enum setting_scope scope, const char *key);

/* Return: the row of that key for any of these output types, or NULL. */
const struct setting *setting_find(
	enum setting_scope scope, const char *key, unsigned fits);
const struct scope *scope_find(
	enum setting_scope parent, const char *key, unsigned fits);

/*
 * setting_nearest() - what the writer of a misspelt key may have meant
 * @nearest:  written: a key of this scope, or the path of one elsewhere
 *
 * Return: false when nothing is near.
 */
bool setting_nearest(enum setting_scope scope, const char *key, unsigned fits,
	struct buf *nearest);

/* Edits (insert, delete, change, swap) that make one text of the other. */
unsigned text_distance(const char *a, const char *b);

/*
 * setting_parse() - text to the row's field in `base`
 * @text:  strings are not copied: it must outlive base; networks and headers
 *          are, what the field had before is freed
 * @why:   written on failure: what is wrong, what is allowed
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int setting_parse(
	const struct setting *s, const char *text, void *base, struct buf *why);

/* The field as text that setting_parse() reads back; secrets as SECRET_MASK. */
void setting_format(const struct setting *s, const void *base, struct buf *out);
#define SECRET_MASK "********"

/* Is it never printed? */
static inline bool setting_secret(enum setting_type type)
{
	return type == SETTING_SECRET || type == SETTING_PASSWORD;
}

/* Is the field the same in both, secrets included?  Strings by what they say.
 */
bool setting_same(const struct setting *s, const void *a, const void *b);

/* Is the value written in quotes in a file? */
bool setting_quoted(enum setting_type type);

/* For messages and manuals: "duration", "text", ... */
const char *setting_type_name(enum setting_type type);

/* "outputs of type hec", "listeners on a unix socket" */
const char *setting_owners(unsigned fits);

#endif
