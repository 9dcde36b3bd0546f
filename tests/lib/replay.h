/*
 * Replay: the dnstap payloads of a Frame Streams file, cut by the product's
 * own code.
 */
#ifndef TESTS_LIB_REPLAY_H
#define TESTS_LIB_REPLAY_H

#include <stdint.h>

#include "base/slice.h"
#include "wire/frame.h"
#include "wire/handshake.h"

enum {
	REPLAY_E_END = 1, /* the stream ended: STOP, or the end of the file */
	REPLAY_E_BROKEN,  /* a connection would have been closed here */
};

struct replay {
	uint8_t *data;
	struct slice rest;
	struct frame_cutter cutter;
	struct handshake handshake;
	uint64_t skipped; /* frames above the limit of 256 KiB */
};

#define REPLAY_NULL ((struct replay){ 0 })

/* Reads the whole file.  Return: 0 or -errno. */
int replay_open(struct replay *r, const char *path);
void replay_close(struct replay *r);

/* Return: 0, or REPLAY_E_*; the payload is lent until replay_close(). */
int replay_next(struct replay *r, struct slice *payload);

/*
 * The path of a file of the corpus ($TAPFERRY_CORPUS, or shared/corpus beside
 * the source tree), or of tests/data; lent until the next call of the same
 * function.  replay_corpus() is NULL when there is no corpus.
 */
const char *replay_corpus(const char *name);
const char *replay_data(const char *name);

#endif
