/*
 * Ids: which numbered events collectors took, and how often.
 *
 * send --number writes "run=RUN n=NUMBER of=TOTAL" into each message's extra
 * field, which is a member of the event.  Collectors count arrivals in a file
 * that several of them may share and that outlives a kill: a table of runs,
 * then an octet for each number, mapped into memory.  What it takes is bounded
 * by IDS_RUNS * IDS_MAX octets of a file with holes.
 */
#ifndef TAPFERRY_LOAD_IDS_H
#define TAPFERRY_LOAD_IDS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"
#include "load/tape.h"

enum {
	IDS_RUNS = 32,
	IDS_MAX = 4 * 1000 * 1000, /* numbers of a run, from 0 */
	IDS_OFTEN = 255,           /* an octet goes no further */
};

struct ids {
	int fd;
	struct ids_file *file; /* atomic in all its fields; NULL: closed */
};

#define IDS_NULL ((struct ids){ .fd = -1 })

/* The run and the total, in the place for each run; 0: nobody's. */
struct ids_file {
	char magic[8];
	_Atomic uint64_t runs[IDS_RUNS];
	_Atomic uint64_t unknown; /* events without a number */
	_Atomic uint8_t taken[IDS_RUNS][IDS_MAX];
};

/*
 * ids_open() - the file, made if there is none
 * Return: 0, -EINVAL when it is something else, or -errno.
 */
int ids_open(struct ids *ids, const char *path);
void ids_close(struct ids *ids);

/*
 * ids_take() - count the numbers in these events
 * @text:    of the events, as a body has them
 * @events:  how many there are; those without a number are counted as such
 *
 * Any thread, of any process that has the file.
 */
void ids_take(struct ids *ids, struct slice text, uint64_t events);

struct ids_summary {
	uint32_t run;
	uint32_t numbered;   /* numbers there are, sent or not */
	uint64_t taken;      /* of them, at least once */
	uint64_t missing;    /* never */
	uint64_t duplicated; /* more than once */
	uint64_t extra;      /* arrivals beyond the first */
};

/* Return: false: place i is nobody's. */
bool ids_sum(const struct ids *ids, unsigned i, struct ids_summary *s);

/* Lines "missing RUN FIRST[-LAST]" and "twice RUN N TIMES". */
void ids_list(const struct ids *ids, unsigned i, FILE *f);

/*
 * tape_number() - write run and number into every message of the tape
 * What a message had in its extra field before is overruled.
 * Return: 0, -ERANGE when there are more than IDS_MAX, or -ENOMEM.
 */
int tape_number(struct tape *t, uint32_t run);

#endif
