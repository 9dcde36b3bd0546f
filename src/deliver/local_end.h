/*
 * Local end: our end of a named pipe or of a unix socket.
 *
 * Nothing here waits.  A reader that is not there, one that has gone and one
 * that is slow are three outcomes, and what to do about them is the output's
 * (output_local.c).
 *
 * Owner: the output's thread.
 */
#ifndef TAPFERRY_DELIVER_LOCAL_END_H
#define TAPFERRY_DELIVER_LOCAL_END_H

#include "base/buf.h"
#include "deliver/output.h"
#include "event/batch.h"

enum {
	LOCAL_E_ABSENT = 1, /* nobody reads there; *error of open says it */
	LOCAL_E_FULL,       /* the reader is slow: poll for room */
	LOCAL_E_GONE,       /* the reader has gone */
	LOCAL_E_TOO_LARGE,  /* the first event fits no datagram */
};

enum { LOCAL_FRAME_EVENTS = 256 };

/* Events with their lengths before them (RFC 6587, 3.4.1), on their way. */
struct local_frame {
	struct buf text;
	uint32_t ends[LOCAL_FRAME_EVENTS]; /* of each event in text */
	uint32_t n;                        /* events */
	uint32_t done;                     /* events that are written */
	size_t sent;                       /* octets that are */
};

struct local_end {
	const struct output_settings *settings; /* const after init */
	gid_t gid; /* const after init: of a pipe that is made; -1: ours */
	int fd;    /* -1: nobody reads */
	struct local_frame frame;
};

/*
 * local_end_check() - may that path be what the settings say?
 * @error:  on failure: one sentence with the cure
 *
 * There may be nothing, and then it is made, or waited for; what there is must
 * be a pipe, or a socket.  Any thread.
 * Return: 0 or -errno.
 */
int local_end_check(const struct output_settings *s, char *error, size_t cap);

/*
 * local_end_init() - nobody reads yet; a named pipe is made if there is none
 * @s:      lent until local_end_deinit()
 * @error:  on failure: one sentence with the cure; there is nothing to deinit
 *
 * A pipe that is there keeps its mode and group.  Thread: main.
 * Return: 0 or -errno.
 */
int local_end_init(struct local_end *e, const struct output_settings *s,
	char *error, size_t cap);

/*
 * local_end_open() - to the reader, if there is one
 * Return: 0, LOCAL_E_ABSENT (and errno), or -errno: it will not work so, but
 * somebody may mend it.
 */
int local_end_open(struct local_end *e);
void local_end_close(struct local_end *e);
void local_end_deinit(struct local_end *e);

/*
 * local_end_write() - as much as goes now of a batch
 * @from:  offset in b->data: the next octet to be written.  Sockets: the start
 *         of the first unsettled event, unless half of it is written
 * @n:     written, on 0: how many octets of the batch have gone.  What
 *         LOCAL_E_* leaves of an event is written again.
 * @sent:  written, on 0: octets on the wire
 *
 * Return: 0, LOCAL_E_* but ABSENT, or -errno.
 */
int local_end_write(struct local_end *e, const struct batch *b, size_t from,
	size_t *n, size_t *sent);

/* Is there still somebody who reads?  For a quiet while; cheap. */
bool local_end_is_read(struct local_end *e);

/* Octets that we wrote and the reader has not read; of sockets nobody can
 * tell, and it is 0. */
size_t local_end_unread(const struct local_end *e);

#endif
