/*
 * Producer: one connection of `tapferry-load send`, as a DNS server has it.
 *
 *	READY -> wait for ACCEPT -> START, stretches of the tape, STOP -> wait
 *	for FINISH -> closed
 *
 * (unidirectional: START, stretches, STOP, closed).  Never blocks after
 * producer_open(): the caller calls producer_read() and producer_write() when
 * epoll says so.  Counts a frame when its last octet was taken by the
 * socket.
 */
#ifndef TAPFERRY_LOAD_PRODUCER_H
#define TAPFERRY_LOAD_PRODUCER_H

#include <stdbool.h>
#include <sys/queue.h>

#include "load/tape.h"
#include "net/address.h"
#include "wire/frame.h"

enum producer_state {
	PRODUCER_GREETING = 0, /* READY sent: ACCEPT must come */
	PRODUCER_OPEN,         /* takes stretches of the tape */
	PRODUCER_STOPPING,     /* STOP sent: FINISH must come */
	PRODUCER_DONE,         /* ended as it should; closed */
	PRODUCER_FAILED,       /* closed; `error` says why */
};

enum {
	PRODUCER_E_CLOSED = 1, /* the peer closed before the end */
	PRODUCER_E_REFUSED,    /* ACCEPT for another content type */
	PRODUCER_E_PROTOCOL,   /* not the control frame that was due */
	PRODUCER_E_SILENT,     /* no ACCEPT or FINISH in time */
};

struct producer {
	unsigned magic;
	int fd;
	unsigned number; /* from 1, for messages */
	enum producer_state state;
	bool bidirectional;
	int error; /* PRODUCER_E_* or -errno, when failed */
	const struct tape *tape;
	size_t frame;    /* of the tape: the one being written */
	size_t at;       /* offset of the next octet to write */
	size_t end;      /* of the stretch; at == end: nothing to write */
	uint64_t frames; /* taken by the socket, whole */
	uint64_t bytes;  /* of those, with their length prefixes */
	size_t out_at;
	size_t out_len;
	size_t in_len;
	uint8_t out[2 * FRAME_TYPE_MAX]; /* control frames to write */
	uint8_t in[8 + FRAME_CONTROL_MAX];
	bool ready; /* owner: send; it stands in the queue below */
	TAILQ_ENTRY(producer) turn; /* owner: send */
};
enum { PRODUCER_MAGIC = 0x9d0d0ce5 };

/*
 * producer_open() - connect and greet
 * @timeout_ms:  for the connection, which blocks
 *
 * Return: 0 or -errno; then p->state is PRODUCER_FAILED.
 */
int producer_open(struct producer *p, unsigned number, const struct address *to,
	const struct tape *tape, bool bidirectional, unsigned timeout_ms);

/* Read what the peer says.  The socket is edge-triggered: reads it empty. */
void producer_read(struct producer *p);

/*
 * producer_write() - write what goes without blocking
 * Return: true when all is written and the socket would take more.
 */
bool producer_write(struct producer *p);

/* The next stretch: frames `first` up to before `last` of the tape.  Only in
 * state PRODUCER_OPEN with nothing to write. */
void producer_play(struct producer *p, size_t first, size_t last);

/* Frames after the one being written are not written any more. */
void producer_trim(struct producer *p);

/* Send STOP behind what is still to write. */
void producer_stop(struct producer *p);

/* Close at once; state PRODUCER_FAILED. */
void producer_abort(struct producer *p, int error);

/* One phrase for PRODUCER_E_* or -errno. */
const char *producer_error_text(int error);

static inline bool producer_is_over(const struct producer *p)
{
	return p->state >= PRODUCER_DONE;
}

/* Everything it was given is written. */
static inline bool producer_is_idle(const struct producer *p)
{
	return p->at == p->end && p->out_at == p->out_len;
}

#endif
