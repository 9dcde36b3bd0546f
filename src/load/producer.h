/*
 * Producer: one connection of `tapferry-load send`, as a DNS server has it.
 *
 *	connecting, TLS -> READY -> wait for ACCEPT -> START, stretches of the
 *	tape, STOP -> wait for FINISH -> closed
 *
 * (unidirectional: START, stretches, STOP, closed).  Never blocks: the caller
 * calls producer_read() and producer_write() when epoll, edge-triggered, says
 * so.  Counts a frame when its last octet was taken by the socket.
 *
 * One that stalls stops in the middle, of the first handshake or of its first
 * frame, and stays.
 */
#ifndef TAPFERRY_LOAD_PRODUCER_H
#define TAPFERRY_LOAD_PRODUCER_H

#include <stdbool.h>
#include <sys/queue.h>

#include "load/link.h"
#include "load/tape.h"
#include "net/address.h"
#include "wire/frame.h"

enum producer_state {
	PRODUCER_CLOSED = 0, /* not opened yet */
	PRODUCER_CONNECTING, /* TCP, TLS */
	PRODUCER_GREETING,   /* READY sent: ACCEPT must come */
	PRODUCER_OPEN,       /* takes stretches of the tape */
	PRODUCER_STALLED,    /* in the middle of something, for good */
	PRODUCER_STOPPING,   /* STOP sent: FINISH, or the end, must come */
	PRODUCER_DONE,       /* ended as it should; closed */
	PRODUCER_FAILED,     /* closed; `error` says why */
};

enum producer_stall {
	PRODUCER_NO_STALL = 0,
	PRODUCER_STALL_HANDSHAKE, /* of TLS where there is TLS */
	PRODUCER_STALL_FRAME,
};

enum {
	PRODUCER_E_CLOSED = 32, /* the peer closed before the end */
	PRODUCER_E_AWAY,        /* the peer closed in the place of ACCEPT */
	PRODUCER_E_REFUSED,     /* ACCEPT for another content type */
	PRODUCER_E_PROTOCOL,    /* not the control frame that was due */
	PRODUCER_E_SILENT,      /* no connection, ACCEPT or FINISH in time */
};

struct producer_settings {
	struct link_settings link;
	bool unidirectional;
	enum producer_stall stall;
};

struct producer {
	unsigned magic;
	unsigned number; /* from 1, for messages */
	const struct producer_settings *settings;
	const struct tape *tape;
	struct link link;
	enum producer_state state;
	int error;       /* PRODUCER_E_*, LINK_E_* or -errno, when failed */
	size_t frame;    /* of the tape: the one being written */
	size_t at;       /* offset of the next octet to write */
	size_t end;      /* of the stretch; at == end: nothing to write */
	uint64_t frames; /* taken by the socket, whole, since the opening */
	uint64_t bytes;  /* of those, with their length prefixes */
	size_t out_at;
	size_t out_stop; /* so far it is written */
	size_t out_len;
	size_t in_len;
	uint8_t out[2 * FRAME_TYPE_MAX]; /* control frames to write */
	uint8_t in[8 + FRAME_CONTROL_MAX];

	/* owner: fleet */
	uint64_t left;       /* frames until it is to stop */
	uint64_t wait_ns;    /* monotonic: when what it waits for began */
	uint64_t opened_ns;  /* monotonic: when connecting began */
	uint64_t old_frames; /* of its earlier connections */
	uint64_t old_bytes;
	struct producer_queue *queue; /* where it stands; NULL: nowhere */
	TAILQ_ENTRY(producer) turn;
};
enum { PRODUCER_MAGIC = 0x9d0d0ce5 };

TAILQ_HEAD(producer_list, producer);

/* Before the first producer_open(). */
void producer_init(struct producer *p, unsigned number,
	const struct producer_settings *settings, const struct tape *tape);

/*
 * producer_open() - begin to connect
 * @from:  where from, or NULL: the system's choice
 *
 * Return: 0; LINK_E_BUSY, to be tried again later; or LINK_E_* or -errno: then
 * p->state is PRODUCER_FAILED.
 */
int producer_open(struct producer *p, const struct address *from);

/* Read what the peer says.  The socket is edge-triggered: reads it empty. */
void producer_read(struct producer *p);

/*
 * producer_write() - connect, shake hands, and write what goes
 * Return: true when all is written and the socket would take more.
 */
bool producer_write(struct producer *p);

/* The next stretch: frames `first` up to before `last` of the tape.  Only in
 * state PRODUCER_OPEN with nothing to write. */
void producer_play(struct producer *p, size_t first, size_t last);

/* Frames after the one being written are not written any more. */
void producer_trim(struct producer *p);

/* Of one that stalls: write an octet more, if there is one that does not end
 * the stall. */
void producer_trickle(struct producer *p);

/* Send STOP behind what is still to write. */
void producer_stop(struct producer *p);

/* Close at once: of one that stalls, as it was meant; state PRODUCER_DONE. */
void producer_leave(struct producer *p);

/* Close at once; state PRODUCER_FAILED. */
void producer_abort(struct producer *p, int error);

/* Which one, where to, how far it came, what went wrong and what helps. */
enum { PRODUCER_FAILURE_MAX = LINK_TEXT_MAX + ADDRESS_TEXT_MAX + 80 };
void producer_failure_text(
	const struct producer *p, char text[PRODUCER_FAILURE_MAX]);

static inline bool producer_is_over(const struct producer *p)
{
	return p->state >= PRODUCER_DONE;
}

/* It counts on an answer that must come in time. */
static inline bool producer_is_waiting(const struct producer *p)
{
	return p->state == PRODUCER_CONNECTING ||
	       p->state == PRODUCER_GREETING || p->state == PRODUCER_STOPPING;
}

/* Everything it was given is written. */
static inline bool producer_is_idle(const struct producer *p)
{
	return p->at == p->end && p->out_at == p->out_stop;
}

#endif
