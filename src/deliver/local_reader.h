/*
 * Who reads an output for local use (output_local.c): looked for until there is
 * one, and then until that one has gone; told in the log and the status.
 *
 * Thread: the output's, but for what is atomic.
 */
#ifndef TAPFERRY_DELIVER_LOCAL_READER_H
#define TAPFERRY_DELIVER_LOCAL_READER_H

#include "base/clock.h"
#include "deliver/local_end.h"
#include "deliver/output_kind.h"
#include "deliver/trail.h"
#include "sync/thread.h"

/* between two looks at a reader */
#define LOCAL_LOOK_NS (250 * NS_PER_MS)

struct local_output {
	struct output head; /* first: struct output * is this */
	unsigned magic;
	int wake; /* const after start: eventfd, ends waits for room */
	struct thread thread;
	struct stat_shard *stats; /* owner: the thread, as what follows */
	struct local_end end;
	struct trail trail;
	bool told;          /* that nobody reads */
	bool over;          /* nothing new will come */
	bool leaves;        /* there is nobody to wait for */
	bool last_try;      /* to find a reader, at the end */
	bool full;          /* the last write found no room */
	uint32_t failures;  /* to find a reader, since there was one */
	uint64_t next_ns;   /* monotonic: not looked for before */
	uint64_t look_ns;   /* monotonic: when to see if it is still there */
	uint64_t pause_ns;  /* next one for the reader to read */
	_Atomic bool there; /* atomic */
	_Atomic uint64_t since_ns; /* atomic: monotonic, of `there` */
	_Atomic int error;         /* atomic: errno, why there is none */
};

/* Its name and path, for log lines. */
const char *local_output_name(const struct local_output *o);
const char *local_output_path(const struct local_output *o);

/* Looks for a reader, if it is time to: o->end is open when there is one. */
void local_reader_find(struct local_output *o);

/* The reader has gone: what it has not read is to be written again. */
void local_reader_went(struct local_output *o);

/* The output ends: nobody reads, and nobody is looked for. */
void local_reader_none(struct local_output *o);

/* local_reader_reason() - what is behind that o->error
 * Return: NULL: nothing.  Any thread. */
const char *local_reader_reason(const struct local_output *o, int error);

#endif
