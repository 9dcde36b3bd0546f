/*
 * Intake: everything from the listening sockets to sealed batches.
 *
 *	listener -> acceptor -> conn ring[i] -> worker i -> fillers -> feeds
 *
 * control/ starts it with the feeds of all outputs and ends it before them.
 */
#ifndef TAPFERRY_INTAKE_INTAKE_H
#define TAPFERRY_INTAKE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/stat.h"
#include "event/filler.h"
#include "intake/frame_memory.h"
#include "net/cidr.h"
#include "net/listen.h"
#include "net/tls_credentials.h"

struct listener_settings {
	const char *name; /* "": none has this place */
	bool shut;        /* it has gone, its connections have not */
	struct listen_settings listen;
	unsigned max_connections;     /* 0: as many as there are places */
	struct cidr_list allow, deny; /* TCP; nothing allowed: everybody */
	uint64_t idle_timeout_ns;     /* for streams; 0: none */
	struct tls_settings tls;      /* if listen.address.tls */
};

struct intake_settings {
	const struct clock *clock; /* what all deadlines go by */
	const struct listener_settings *listeners;
	size_t n_listeners;
	/* one a listener: a listening socket that was passed on to us, taken
	 * at the start, or -1; NULL: there is none */
	int *inherited;
	unsigned workers;         /* 1 or more */
	unsigned max_connections; /* 1 or more */
	unsigned max_per_peer;    /* connections of one peer; 0: any */
	/* bits of an address that make a peer */
	unsigned peer_prefix_ipv4, peer_prefix_ipv6;
	unsigned refusals_per_second; /* 0: any number */
	uint32_t max_frame;           /* octets */
	size_t frame_memory;          /* octets of all half frames together */
	size_t read_buffer;           /* octets of a worker's read buffer */
	uint64_t handshake_timeout_ns;
	uint64_t tls_handshake_timeout_ns;
};

struct intake;
struct registry; /* intake/registry.h */

/*
 * intake_new() - open the listeners and load their certificates; no thread yet
 * @settings:  lent until intake_change() or intake_free()
 * @feeds:     n_feeds of them, made for settings->workers workers; lent
 *             likewise
 * @stats:     INTAKE_* set with 1 + workers shards (0: acceptor); lent
 * @error:     on failure: one sentence with the cure
 *
 * Return: 0 or -errno.
 */
int intake_new(struct intake **ip, const struct intake_settings *settings,
	struct feed **feeds, size_t n_feeds, struct stat_set *stats,
	char *error, size_t cap);

/*
 * intake_start() - start acceptor and workers
 * @error:  on failure: one sentence with the cure
 *
 * Return: 0 or -errno; intake_stop() is due in both cases.
 */
int intake_start(struct intake *i, char *error, size_t cap);

/*
 * intake_stop() - the first half of the shutdown
 *
 * Closes the listeners; lets every connection deliver what it has sent: unix
 * sockets are shut down for reading, so the peer's next write fails, and read
 * to their end; TCP sockets are read until they are quiet or done.  STOP is
 * answered with FINISH.  At the deadline what is still open is read once more,
 * as far as the kernel holds it then, for at most a second, and closed.  Then
 * every open batch is sealed.  Returns when acceptor and workers have ended.
 *
 * Thread: main.  @mono_deadline_ns: monotonic.
 */
void intake_stop(struct intake *i, uint64_t mono_deadline_ns);

/*
 * intake_change() - go on with other settings and feeds
 * @settings:  lent until the next ones or intake_free(), when those before are
 *             free; workers and read_buffer stay as they were
 * @feeds:     lent likewise.  Workers have left those of before that are not
 *             among them, with everything sealed, when it returns.
 * @error:     on failure: one sentence with the cure
 *
 * No connection ends, no event is lost: a listener whose address is no longer
 * named takes nobody new, and one with other settings has them for those who
 * come.  Returns when every thread works by them; workers that wait for room
 * (OVERFLOW_BLOCK) take them up meanwhile.
 *
 * Thread: main.  Return: 0; -EINVAL or another -errno: nothing has changed.
 */
int intake_change(struct intake *i, const struct intake_settings *settings,
	struct feed **feeds, size_t n_feeds, char *error, size_t cap);

/*
 * intake_refresh_tls() - take certificates, keys and authorities that changed
 * @force:  look into files that did not change, too
 *
 * Connections there are stay as they are.  What cannot be used is told in the
 * log, and what was in force before stays in force.  Thread: main.
 */
void intake_refresh_tls(struct intake *i, bool force);

/* Workers look up now: what they have to do by time is done (feed_flush()).
 * Any thread. */
void intake_wake(struct intake *i);

/* From any thread: end intake_stop() at once. */
void intake_cut(struct intake *i);

/* After intake_stop(); waits for the RCU callbacks of the connections. */
struct intake *intake_free(struct intake *i); /* NULL */

/*
 * intake_stuck() - does acceptor or worker still do what it did at the last
 * call?  One that sleeps, or has ended, is not stuck.
 * Thread: main.  Return: its name, of those the first; NULL: all is well.
 */
const char *intake_stuck(struct intake *i);

/* What half frames take.  Any thread. */
struct frame_memory_use intake_frame_memory(const struct intake *i);

/* All open connections: to walk, find and close them.  Any thread. */
struct registry *intake_registry(struct intake *i);

/*
 * What it goes by, with its listeners as connections number them.
 * Thread: main, until the next intake_change().
 */
const struct intake_settings *intake_settings_now(const struct intake *i);

/* How many connections are open now.  Any thread. */
unsigned intake_connections(const struct intake *i);

/* A listener, as somebody else sees it. */
struct listener_view {
	unsigned gate; /* what struct conn_info calls listener */
	const struct listener_settings *settings; /* lent for the call */
	bool open;       /* false: gone, and some of its connections are not */
	unsigned active; /* connections */
	uint64_t stats[LISTENER_STAT_COUNT];
};

/*
 * intake_listeners_walk() - visit every listener
 * @each:  gets each one under RCU: copies what it needs, and leaves
 * Any thread that RCU knows.
 */
void intake_listeners_walk(const struct intake *i,
	void (*each)(const struct listener_view *v, void *arg), void *arg);

/* How long ACCEPT took after accept(2), in ns.  Any thread. */
void intake_accept_times(
	const struct intake *i, struct histogram_reading *reading);

#endif
