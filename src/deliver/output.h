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

#include "base/histogram.h"
#include "collector/collector.h"
#include "deliver/access.h"
#include "deliver/balance.h"
#include "deliver/breaker.h"
#include "deliver/limiter.h"
#include "deliver/outlier.h"
#include "deliver/pool.h"
#include "deliver/vitals.h"
#include "event/compress.h"
#include "event/feed.h"
#include "spool/keeper.h"

enum output_type {
	OUTPUT_TYPE_STDOUT = 0,
	OUTPUT_TYPE_FILE,
	OUTPUT_TYPE_PIPE,
	OUTPUT_TYPE_SOCKET,
#define OUTPUT_TYPE(id, name) OUTPUT_TYPE_##id,
	COLLECTORS(OUTPUT_TYPE, ) /* OUTPUT_TYPE_HEC, ... */
#undef OUTPUT_TYPE
	OUTPUT_TYPE_COUNT
};

/* The product that outputs of this type send to; NULL: they write lines. */
static inline const struct collector *output_collector(enum output_type type)
{
	return type > OUTPUT_TYPE_SOCKET
		       ? collectors[type - OUTPUT_TYPE_SOCKET - 1]
		       : NULL;
}

/* Somebody on this machine reads what outputs of this type write. */
static inline bool output_is_local(enum output_type type)
{
	return type == OUTPUT_TYPE_PIPE || type == OUTPUT_TYPE_SOCKET;
}

/* As a configuration names it: "stdout", "hec", ... */
const char *output_type_name(enum output_type type);

struct backend_settings {
	const char *url; /* as configured, checked by the collector's url() */
	unsigned weight; /* 1 or more; 0: 1 */
	bool enabled; /* false: takes nothing until output_backend_enable() */
	struct access_settings access;
};

/* Requests that only ask whether a backend is well. */
struct health_settings {
	bool enabled;
	struct vitals_settings vitals;
	uint64_t timeout_ns;
	const char *path; /* NULL: the product's own, else only connect */
	bool head;        /* HEAD, not GET */
	unsigned status;  /* wanted; 0: any 2xx */
};

struct remote_settings {
	const struct backend_settings *backends;
	size_t n_backends;
	struct collector_settings collector;
	struct access_settings access; /* the default for backends */
	enum compression compression;  /* of request bodies */
	int compression_level;
	unsigned senders; /* 1 or more */
	uint64_t connect_timeout_ns;
	uint64_t request_timeout_ns; /* 0: auto */
	uint64_t retry_initial_ns;   /* first back-off; doubles, full jitter */
	uint64_t retry_max_ns;
	uint64_t hold_retry_ns; /* how often a held backend is tried */
	uint64_t light_ns;      /* smaller share after "queue near capacity" */
	bool acknowledge;       /* 200 alone is not delivered */
	uint64_t ack_interval_ns;  /* between two questions */
	uint64_t ack_timeout_ns;   /* not acknowledged so long: sent again */
	uint64_t ack_unreached_ns; /* backend silent so long: sent again */
	enum balance_strategy balance;
	struct breaker_settings breaker;
	struct limiter_settings limiter;
	struct outlier_settings outlier;
	struct health_settings health;
	uint64_t keepalive_time_ns; /* 0: none */
	uint64_t keepalive_interval_ns;
	unsigned keepalive_count;
	struct pool_settings pool;
};

struct file_settings {
	const char *path; /* NULL: standard output */
	mode_t mode;
	uint64_t rotate_size; /* octets; 0: never by size */
	unsigned rotate_keep; /* rotated files kept, 1 or more */
	bool rotate_gzip;
};

struct local_settings {
	const char *path;
	mode_t mode;         /* of a pipe that has to be made */
	const char *group;   /* likewise; NULL: the process' */
	bool datagram;       /* a socket of that type, not stream */
	bool octet_counting; /* stream: RFC 6587, 3.4.1, not a line each */
	uint64_t retry_initial_ns; /* until a reader is looked for again */
	uint64_t retry_max_ns;     /* it doubles up to here */
};

struct output_settings {
	enum output_type type;
	struct feed_settings feed;     /* name included */
	struct keeper_settings keeper; /* spool and dead letters */
	struct remote_settings remote; /* HTTP requests to backends */
	struct file_settings file; /* OUTPUT_TYPE_FILE; path NULL for stdout */
	struct local_settings local; /* OUTPUT_TYPE_PIPE, _SOCKET */
};

/* How many threads will empty the feed (feed_init wants to know). */
unsigned output_senders(const struct output_settings *s);

/* Events it holds besides, until a reader has read them. */
unsigned output_pending_events(const struct output_settings *s);

struct output;

/*
 * output_start() - open the destination, start its threads
 * @settings, feed:  lent until output_free()
 * @error:           on failure: one sentence with the cure
 *
 * A file that cannot be opened is an error; a collector that cannot be
 * reached is not: it is tried again for ever.  After an error the feed goes on:
 * start another one, or call output_end_feed().
 * Return: 0 or -errno.
 */
int output_start(struct output **op, const struct output_settings *settings,
	struct feed *feed, char *error, size_t cap);

/* Rotate now (SIGUSR1); outputs that are no files ignore it.  Any thread. */
void output_rotate(struct output *o);

/* Nobody has used it, and nobody is to: removes the empty file it made.  Kinds
 * that make none ignore it.  Thread: main; output_free() follows. */
void output_take_back(struct output *o);

/*
 * output_drain() - the feed's ring is closed: deliver the rest, at most until
 * then
 * @hurry:  wait for no reader who is not there: it is the end of the daemon
 *
 * Returns at once.
 */
void output_drain(struct output *o, uint64_t mono_deadline_ns, bool hurry);

/*
 * output_hand_over() - as output_drain(), but its threads finish only what they
 * are at, and the rest is for the spool: the next output waits for it
 */
void output_hand_over(struct output *o, uint64_t mono_deadline_ns);

/*
 * Let another output go on with the same feed: its threads finish what they
 * are at, put back what they hold and end.  After output_free() nothing is
 * lost and the feed is as it was.  Any thread; returns at once.
 * @until_ns:  monotonic: how long what is not acknowledged may be waited for,
 *             before it is put back, too
 * A later call may make that shorter.
 */
void output_halt(struct output *o, uint64_t until_ns);

/* May another output deliver to the same destination at the same time? */
bool output_is_shareable(const struct output_settings *s);

/* As at the deadline, now: no request goes on, what is left is for the spool,
 * if there is one.  Any thread; returns at once. */
void output_give_up(struct output *o);

/* Leave everything at once (second signal).  Any thread; returns at once. */
void output_cut(struct output *o);

/* True once all its threads have ended.  Any thread. */
bool output_ended(const struct output *o);

/* The thread that keeps its spool and dead letters (keeper_call()), or NULL.
 * Any thread. */
struct keeper *output_keeper(struct output *o);

/* The end of a feed whose output was halted, or never started: its keeper takes
 * what waits, or it is counted as OUTPUT_DROPPED_SHUTDOWN.  No output and no
 * worker is at it. */
void output_end_feed(struct feed *feed);

/* Joins, counts what is left as OUTPUT_DROPPED_SHUTDOWN unless it was halted,
 * frees. */
struct output *output_free(struct output *o); /* NULL */

/* Who reads what an output for local use writes. */
struct reader_view {
	bool there;
	uint64_t for_ns; /* how long it is there, or not */
	char reason[96]; /* why it is not; "": not known */
};

/* Return: false: the output has no reader to wait for.  Any thread. */
bool output_reader(const struct output *o, struct reader_view *v);

/* What an output's backend is doing. */
enum backend_state {
	BACKEND_UP = 0,
	BACKEND_DOWN, /* failed; tried again later */
	BACKEND_HELD, /* refuses us until somebody mends it */
	/* only in views */
	BACKEND_EJECTED,  /* stood out from the others */
	BACKEND_DISABLED, /* by output_backend_enable() */
	BACKEND_DRAINING, /* by output_backend_drain() */
	BACKEND_DRAINED,  /* and nothing is under way or awaited any more */
};

/* "up", "down", … */
const char *backend_state_name(enum backend_state state);

struct backend_view {
	const char *url; /* as configured; lent for the call */
	enum backend_state state;
	enum breaker_state breaker;
	unsigned weight;
	bool lighter;         /* gets a quarter of its share for a while */
	double share;         /* of the requests of all, 0..1 */
	unsigned in_flight;   /* requests under way */
	unsigned limit;       /* how many it may have */
	bool plain;           /* takes no compressed bodies */
	uint64_t down_ns;     /* how long it is not up; 0: it is */
	uint64_t retry_in_ns; /* not used before; 0: may be, or waits for the
				 request under way */
	char reason[96];      /* of the last failure; "": none yet */
	uint64_t stats[BACKEND_STAT_COUNT];
	struct histogram_reading latency; /* ns, of whole replies */
	struct pool_stats pool;           /* of its connections */
};

/*
 * The backends of an output at run time, while its senders send.  Backends go
 * by their URL as configured.  Outputs without backends have none to find.
 *
 * Thread: any that RCU knows, outside any read section (a mutex, and an
 * allocation or two).
 */
enum {
	OUTPUT_E_NO_BACKEND = 1, /* none with that URL */
	OUTPUT_E_EXISTS,         /* there is one with that URL already */
	OUTPUT_E_FULL,           /* BALANCE_MAX are there already */
	OUTPUT_E_URL,            /* no good URL for this output */
};

/* Calls each() for every backend, in order. */
void output_backends_walk(struct output *o,
	void (*each)(const struct backend_view *v, void *arg), void *arg);

/* Return: 0, OUTPUT_E_*, or -ENOMEM. */
int output_backend_add(struct output *o, const struct backend_settings *s);

/* It gets no more requests; those under way are finished.
 * Return: 0, OUTPUT_E_NO_BACKEND, or -ENOMEM. */
int output_backend_remove(struct output *o, const char *url);

/* As remove, but it stays in view; enabling it brings it back.
 * Return: 0 or OUTPUT_E_NO_BACKEND. */
int output_backend_drain(struct output *o, const char *url);

/* Return: 0 or OUTPUT_E_NO_BACKEND. */
int output_backend_enable(struct output *o, const char *url, bool enabled);
int output_backend_weigh(struct output *o, const char *url, unsigned weight);

/*
 * output_backends_set() - these and no others, as a reload wants them
 *
 * Those that stay, with the same URL and access, keep their counters and state;
 * of them only weight and enabled change.  On failure nothing has changed.
 * Return: 0, OUTPUT_E_*, or -ENOMEM.
 */
int output_backends_set(
	struct output *o, const struct backend_settings *s, size_t n);

#endif
