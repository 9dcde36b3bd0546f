/*
 * Conn: one accepted connection.
 *
 * It has one owner at a time: the acceptor, a conn ring, then one worker (and
 * another one, when it is handed over).  Everybody else finds it in the
 * registry under RCU, reads its constant and atomic fields (conn_describe()),
 * and may shutdown(2) its socket; the descriptor is closed in the RCU callback,
 * so its number is not given again while somebody looks.
 *
 * A quiet connection is this struct and nothing else, so every field is
 * weighed: 30,000 of them are the design's case.
 */
#ifndef TAPFERRY_INTAKE_CONN_H
#define TAPFERRY_INTAKE_CONN_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <urcu.h>
#include <urcu/list.h>
#include <urcu/rculfhash.h>

#include "base/slice.h"
#include "intake/frame_memory.h"
#include "net/tls.h"
#include "wire/frame.h"
#include "wire/handshake.h"

enum { CONN_MAGIC = 0x636f6e6e };

struct peer; /* intake/peers.h */

/* "192.0.2.1:4711", or "pid=12,uid=101" of a unix socket's peer. */
enum { CONN_PEER_TEXT_MAX = 64 };

enum { CONN_TICK_NS = 100 * 1000 * 1000 }; /* how finely activity is noted */

/* How far it has come. */
enum conn_state {
	CONN_GREETING = 0, /* its stream has not begun */
	CONN_SHAKING,      /* nor has its TLS session */
	CONN_STREAMING,    /* since START */
	CONN_ENDING,       /* since STOP: only the reply has to be got rid of */
};

/* A reply that could not be written whole yet. */
enum conn_reply {
	CONN_REPLY_NONE = 0,
	CONN_REPLY_ACCEPT,
	CONN_REPLY_FINISH, /* the connection ends with it */
};

struct conn {
	unsigned magic;       /* const after new */
	int fd;               /* const after new */
	uint64_t id;          /* const after registry_add() */
	uint64_t accepted_ns; /* const after new: monotonic */

	struct cds_lfht_node node; /* rcu: registry */
	struct rcu_head rcu;       /* owner: call_rcu */

	struct in6_addr peer;  /* const after new: IPv4 as a mapped address */
	in_port_t peer_port;   /* const after new: network order */
	uint16_t listener;     /* const after new: index in the settings */
	bool is_unix;          /* const after new: then it has no peer */
	uint8_t reply;         /* owner: worker; enum conn_reply */
	uint8_t replied;       /* owner: worker; octets of it written */
	_Atomic uint8_t state; /* atomic: set by its worker; enum conn_state */

	/* owner: its own, as the place in the registry: where it counts among
	 * the connections of its peer, or NULL */
	struct peer *place;

	struct tls *tls;             /* rcu: set by its worker; NULL: in the
				      * clear.  The session is the worker's */
	struct cds_list_head link;   /* owner: worker; one of its lists */
	struct handshake handshake;  /* owner: worker */
	struct frame_cutter cutter;  /* owner: worker */
	struct frame_memory *memory; /* const after new: what `rest` is of */
	uint8_t *rest;               /* owner: worker; a half frame, or NULL */
	uint32_t rest_len, rest_cap; /* owner: worker; octets */
	_Atomic uint32_t tick;       /* atomic: set by its worker; when it last
				      * brought octets */
	uint32_t window;             /* owner: worker; the one counted in: */
	uint32_t window_bytes;       /* owner: worker; octets read in it */

	/* atomic: added to by its worker */
	_Atomic uint32_t errors; /* dropped, or of broken structure */
	_Atomic uint64_t messages, octets;
	struct origin *origin; /* rcu: set once by its worker; NULL: unknown */
};

/* malloc(3) gives the same for 192 and for 200 octets */
_Static_assert(sizeof(struct conn) <= 200, "30,000 of them are held");

/*
 * What the first message that says so says of the DNS server: made then, so a
 * quiet connection costs nothing; with names of usual length 48 octets.
 */
enum { ORIGIN_TEXT_MAX = 128 }; /* octets of each; longer ones are cut */
struct origin {
	uint8_t identity_len, version_len;
	uint8_t text[]; /* identity, version: any octets */
};

/* A connection as somebody else sees it. */
struct conn_info {
	uint64_t id;
	unsigned listener;
	enum conn_state state;
	bool is_unix;
	struct in6_addr peer; /* TCP */
	in_port_t peer_port;  /* TCP; network order */
	pid_t pid;            /* unix */
	uid_t uid;            /* unix */
	uint64_t messages, octets, errors;
	uint64_t connected_ns; /* monotonic */
	uint64_t quiet_ns;     /* monotonic: since then, to CONN_TICK_NS */
	char peer_text[CONN_PEER_TEXT_MAX];
	uint8_t identity[ORIGIN_TEXT_MAX], version[ORIGIN_TEXT_MAX];
	uint8_t identity_len, version_len;
	/* of a TLS session that stands, else NULL and "" */
	const char *tls_version, *tls_cipher; /* as in struct tls_about */
	bool tls_resumed;
	char tls_subject[TLS_SUBJECT_MAX];
};

/*
 * conn_new() - a connection of an accepted socket
 * @fd:    taken on success
 * @peer:  as accept(2) gave it
 * @memory:  of half frames; lent
 *
 * Return: 0 or -ENOMEM.
 */
int conn_new(struct conn **cp, int fd, const struct sockaddr *peer,
	unsigned listener, uint32_t max_frame, struct frame_memory *memory,
	uint64_t mono_ns);

/* At once; for one that nobody else has ever seen.  Closes the socket. */
struct conn *conn_free(struct conn *c); /* NULL */

/*
 * Ends the connection for its peer now, closes and frees it when no reader
 * looks at it any more.  It has left the registry.  Thread: the owner.
 */
void conn_retire(struct conn *c);

/*
 * conn_keep() - append octets of an unfinished frame to the rest
 * @in:    taken from its start, moved behind what was taken
 * @want:  octets the frame needs in all; no more than these are kept
 *
 * Memory follows what has come, not what a length announces.
 * Return: 0, FRAME_MEMORY_E_FULL or -ENOMEM.
 */
int conn_keep(struct conn *c, struct slice *in, size_t want);
void conn_drop_rest(struct conn *c);

/* Octets the kernel holds for us.  Thread: the owner. */
size_t conn_unread(const struct conn *c);

/* Has it sent START? */
static inline bool conn_is_streaming(const struct conn *c)
{
	return c->state >= CONN_STREAMING;
}

/* As "tls-handshake", "handshake", "streaming" or "ending". */
const char *conn_state_text(enum conn_state state);

static inline struct slice conn_rest(const struct conn *c)
{
	return slice_from(c->rest, c->rest_len);
}

/* Counts what one read brought.  Thread: its worker. */
static inline void conn_count(
	struct conn *c, size_t octets, uint64_t messages, uint64_t errors)
{
	/* nobody else writes them: no need for a locked instruction */
	atomic_store_explicit(&c->octets,
		atomic_load_explicit(&c->octets, memory_order_relaxed) + octets,
		memory_order_relaxed);
	atomic_store_explicit(&c->messages,
		atomic_load_explicit(&c->messages, memory_order_relaxed) +
			messages,
		memory_order_relaxed);
	atomic_store_explicit(&c->errors,
		atomic_load_explicit(&c->errors, memory_order_relaxed) +
			(uint32_t)errors,
		memory_order_relaxed);
}

/*
 * conn_note_origin() - remember who sends, once
 * Without memory it stays unknown until the next message.  Thread: its worker.
 */
void conn_note_origin(
	struct conn *c, struct slice identity, struct slice version);

/* Fills in *info.  Thread: any, in the read section it was found in. */
void conn_describe(const struct conn *c, struct conn_info *info);

void conn_peer_text(const struct conn *c, char text[CONN_PEER_TEXT_MAX]);

#endif
