/*
 * Fleet: the connections of `tapferry-load send`: opens them, a few at a time,
 * keeps what is ready to write in turn, opens others in the place of those
 * that ended, and counts what became of all.
 *
 * One thread, one edge-triggered epoll set.
 */
#ifndef TAPFERRY_LOAD_FLEET_H
#define TAPFERRY_LOAD_FLEET_H

#include "load/pacer.h"
#include "load/producer_queue.h"
#include "load/progress.h"
#include "load/sources.h"
#include "load/spread.h"

enum {
	FLEET_PATIENCE_MS = 10 * 1000, /* for an answer, if nobody gets one */
	FLEET_PATIENCE_MAX_MS = 60 * 1000, /* for an answer in any case */
};

struct fleet_settings {
	struct producer_settings producer;
	unsigned connections;  /* places: open at a time */
	unsigned opening_max;  /* of those that are about to open */
	uint64_t connect_rate; /* opened in a second; 0: as many as go */
	struct sources sources;
	uint64_t connects;     /* opened in all; UINT64_MAX: no end */
	uint64_t churn;        /* frames, then another; UINT64_MAX: no churn */
	uint64_t reconnect_ns; /* pause before one that failed; 0: never */
	uint64_t trickle_ns;   /* from octet to octet of one that stalls */
};

struct fleet {
	struct fleet_settings settings; /* const, but for sources.next */
	int epoll_fd;
	struct producer *producers;
	struct progress *progress; /* lent: to be cleared for a message */
	bool ending;               /* nobody new, and who is idle says STOP */
	uint64_t start_ns;         /* monotonic, as all times here */
	uint64_t answered_ns;      /* when somebody last got an answer */
	uint64_t busy_ns;          /* when the listener's queue was full */
	uint64_t trickled;         /* octets that were due so far */
	struct producer_queue closed;  /* to be opened, first come first */
	struct producer_queue resting; /* to be opened after a pause */
	struct producer_queue waiting; /* for an answer, longest first */
	struct producer_queue ready;   /* writable, with nothing to write */
	unsigned opening;              /* on the way to their ACCEPT */
	unsigned stalled;
	unsigned over; /* places that nothing more comes of */
	/* what became of them */
	uint64_t opened;
	uint64_t accepted;
	uint64_t stopped;    /* STOP was sent */
	uint64_t finished;   /* ended as they should */
	uint64_t cut;        /* stalled, until the receiver closed */
	uint64_t reconnects; /* failed, and opened again */
	unsigned failed;
	struct spread accept_ns; /* from connecting to ACCEPT */
};

/*
 * fleet_init() - nothing is open yet
 * @progress:  lent
 * @tape:      lent
 *
 * Return: 0 or -ENOMEM.
 */
int fleet_init(struct fleet *f, const struct fleet_settings *settings,
	const struct tape *tape, int epoll_fd, struct progress *progress);
void fleet_deinit(struct fleet *f); /* closes what is open */

/*
 * fleet_tend() - open who is due, give up who was waited for too long, send the
 * octets of those that trickle
 * Return: 0, or -errno of what no connection can do without.
 */
int fleet_tend(struct fleet *f, uint64_t mono_ns);

/* How long fleet_tend() has nothing to do. */
uint64_t fleet_wait_ns(const struct fleet *f, uint64_t mono_ns);

/* An event of the epoll set, whose data is the producer. */
void fleet_event(struct fleet *f, struct producer *p, uint32_t events);

/* Lets one write what it has, and puts it where it belongs afterwards. */
void fleet_run(struct fleet *f, struct producer *p);

/* The first that is ready, out of its queue; NULL when nobody is. */
struct producer *fleet_next(struct fleet *f);

/* Nobody has got an answer for as long as patience lasts, since that time. */
bool fleet_is_silent(
	const struct fleet *f, uint64_t since_ns, uint64_t mono_ns);

/* Every place has been tried: what opens later takes an earlier one's. */
bool fleet_is_up(const struct fleet *f);

static inline bool fleet_is_over(const struct fleet *f)
{
	return f->over == f->settings.connections;
}

/*
 * fleet_end() - nobody new; who has nothing to write any more says STOP
 * @cut:  what is dealt and not begun is not written
 */
void fleet_end(struct fleet *f, bool cut);

/* Gives up whom the peer keeps waiting. */
void fleet_abort(struct fleet *f, int error);

/* Of one place, over all its connections; and of all. */
uint64_t producer_total(const struct producer *p);
void fleet_sum(const struct fleet *f, uint64_t *frames, uint64_t *bytes);

#endif
