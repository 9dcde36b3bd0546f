/*
 * Output kind: what each kind of output adds to deliver/output.h.
 *
 * struct output is the head of every kind's own struct.  A kind starts
 * threads that take batches with output_next() and settle them; whatever ends
 * a thread early, output_deinit() counts what nobody took.
 */
#ifndef TAPFERRY_DELIVER_OUTPUT_KIND_H
#define TAPFERRY_DELIVER_OUTPUT_KIND_H

#include <stdatomic.h>

#include "deliver/output.h"
#include "sync/stop.h"

struct output_kind {
	/* See output_start(). */
	int (*start)(struct output **op, const struct output_settings *s,
		struct feed *feed, char *error, size_t cap);
	/* Any thread; NULL: nothing to rotate. */
	void (*rotate)(struct output *o);
	/* See output_take_back(); NULL: nothing. */
	void (*take_back)(struct output *o);
	/* Ends waits that `stop` does not end.  Any thread; NULL: none. */
	void (*wake)(struct output *o);
	/* Any thread; NULL: it has no reader to wait for. */
	void (*reader)(const struct output *o, struct reader_view *v);
	/* Joins the threads, calls output_deinit(), frees. */
	void (*free)(struct output *o);
};

extern const struct output_kind output_kind_file;  /* and standard output */
extern const struct output_kind output_kind_local; /* pipe and socket */
extern const struct output_kind output_kind_remote;

struct output {
	const struct output_kind *kind;         /* const after start */
	const struct output_settings *settings; /* const after start */
	struct feed *feed;                      /* const after start */
	struct stop stop;
	_Atomic unsigned running;   /* atomic: threads that have not ended */
	_Atomic uint64_t halted_ns; /* atomic: monotonic; 0: not halted */
	_Atomic uint64_t halt_until_ns; /* atomic: of output_halt() */
	_Atomic bool hands_over;        /* atomic: takes no further batch */
	_Atomic bool hurries; /* atomic: waits for no reader who is not there */
};

/* Return: 0 or -errno. */
int output_init(struct output *o, const struct output_kind *kind,
	const struct output_settings *s, struct feed *feed);

/* A thread that empties the feed ends; the last one ends the keeper. */
void output_leave(struct output *o);

/*
 * output_start_keeper() - if the settings want one and the feed has none
 * @error:  on failure: one sentence with the cure
 * Return: 0 or -errno.
 */
int output_start_keeper(const struct output_settings *s, struct feed *feed,
	char *error, size_t cap);

/* After the threads are joined: ends the keeper, drops what is still in the
 * ring. */
void output_deinit(struct output *o);

enum {
	OUTPUT_E_IDLE = 1, /* nothing came for a while: look after yourself */
	OUTPUT_E_OVER,     /* end the thread */
};

/*
 * output_pauses() - does the operator's pause (feed_pause()) last?
 *
 * Sleeps for a while when it does.  Where there is a spool, what waits in
 * memory goes there, as in an outage.  A drain ends every pause.
 * Thread: the output's own.
 */
bool output_pauses(struct output *o);

/*
 * output_is_halting() - is it time to leave instead of waiting?
 * Asked wherever a thread would wait with a batch in hand; what is left of the
 * batch output_done() puts back.
 */
static inline bool output_is_halting(const struct output *o)
{
	return atomic_load(&o->halted_ns) != 0;
}

/*
 * output_next() - wait for a sealed batch
 *
 * Thread: the output's own; blocks for at most a quarter of a second.
 * Return: 0 and *bp, which is the caller's now, or OUTPUT_E_*.
 */
int output_next(struct output *o, struct batch **bp);

/* The same, blocking for at most that long (but for a pause). */
int output_next_within(struct output *o, uint64_t ns, struct batch **bp);

/*
 * output_done() - give a batch back
 * What is not settled in it goes to the spool, or is counted as dropped at the
 * shutdown, or goes on to the output that comes after a halted one.
 */
void output_done(struct output *o, struct stat_shard *stats, struct batch **bp);

/*
 * output_delivered() - settle the next n events as delivered
 * Counts their delay, if the batch knows when it was opened.
 * Thread: the batch's owner.
 */
void output_delivered(struct output *o, struct stat_shard *stats,
	struct batch *b, uint32_t n);

/* Counts n events of b as delivered, which are settled elsewhere. */
void output_count_delivered(struct output *o, struct stat_shard *stats,
	const struct batch *b, uint32_t n);

#endif
