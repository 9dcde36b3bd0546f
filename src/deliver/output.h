/*
 * Output: the threads that empty one feed into one destination.
 *
 * An output ends in three steps: feed_close() (nothing new will come),
 * output_drain() lets it deliver until a deadline, output_free() joins and
 * frees.  What is left then goes to the spool; without one it is counted
 * OUTPUT_DROPPED_SHUTDOWN.
 */
#ifndef TAPFERRY_DELIVER_OUTPUT_H
#define TAPFERRY_DELIVER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/collector.h"
#include "deliver/header_list.h"
#include "event/feed.h"
#include "spool/keeper.h"

enum output_type {
	OUTPUT_TYPE_STDOUT = 0,
	OUTPUT_TYPE_FILE,
#define OUTPUT_TYPE(id, name) OUTPUT_TYPE_##id,
	COLLECTORS(OUTPUT_TYPE, ) /* OUTPUT_TYPE_HEC, ... */
#undef OUTPUT_TYPE
	OUTPUT_TYPE_COUNT
};

/* The product that outputs of this type send to; NULL: they write a file. */
static inline const struct collector *output_collector(enum output_type type)
{
	return type > OUTPUT_TYPE_FILE ? collectors[type - OUTPUT_TYPE_FILE - 1]
				       : NULL;
}

struct backend_settings {
	const char *url; /* as configured, checked by the collector's url() */
};

struct remote_settings {
	const struct backend_settings *backends;
	size_t n_backends;
	struct collector_settings collector;
	struct header_list headers; /* owned by the configuration */
	const char *token; /* the secret itself; never logged; NULL: none */
	bool gzip;
	int gzip_level;   /* 1..12 */
	unsigned senders; /* 1 or more */
	uint64_t connect_timeout_ns;
	uint64_t request_timeout_ns;
	uint64_t retry_initial_ns; /* first back-off; doubles, full jitter */
	uint64_t retry_max_ns;
	uint64_t hold_retry_ns; /* how often a held backend is tried */
	const char *tls_ca;     /* PEM file, NULL: the system's */
	bool tls_insecure;      /* do not check certificates */
	const char *proxy;      /* NULL or "": none */
};

struct file_settings {
	const char *path; /* NULL: standard output */
	mode_t mode;
	uint64_t rotate_size; /* octets; 0: never by size */
	unsigned rotate_keep; /* rotated files kept, 1 or more */
	bool rotate_gzip;
};

struct output_settings {
	enum output_type type;
	struct feed_settings feed;     /* name included */
	struct keeper_settings keeper; /* spool and dead letters */
	struct remote_settings remote; /* HTTP requests to backends */
	struct file_settings file; /* OUTPUT_TYPE_FILE; path NULL for stdout */
};

/* How many threads will empty the feed (feed_init wants to know). */
unsigned output_senders(const struct output_settings *s);

struct output;

/*
 * output_start() - open the destination, start its threads
 * @settings, feed:  lent until output_free()
 * @error:           on failure: one sentence with the cure
 *
 * A file that cannot be opened is an error; a collector that cannot be
 * reached is not: it is tried again for ever.
 * Return: 0 or -errno.
 */
int output_start(struct output **op, const struct output_settings *settings,
	struct feed *feed, char *error, size_t cap);

/* Rotate now (SIGUSR1); outputs that are no files ignore it.  Any thread. */
void output_rotate(struct output *o);

/* The feed's ring is closed: deliver the rest, at most until then.  Returns at
 * once. */
void output_drain(struct output *o, uint64_t mono_deadline_ns);

/* Leave everything at once (second signal).  Any thread; returns at once. */
void output_cut(struct output *o);

/* True once all its threads have ended.  Any thread. */
bool output_ended(const struct output *o);

/* The thread that keeps its spool and dead letters (keeper_call()), or NULL.
 * Any thread. */
struct keeper *output_keeper(struct output *o);

/* Joins, counts what is left as OUTPUT_DROPPED_SHUTDOWN, frees. */
struct output *output_free(struct output *o); /* NULL */

#endif
