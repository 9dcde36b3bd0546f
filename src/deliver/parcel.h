/*
 * Parcel: the next events of a batch on their way to a backend, and what came
 * of a try.
 */
#ifndef TAPFERRY_DELIVER_PARCEL_H
#define TAPFERRY_DELIVER_PARCEL_H

#include "deliver/sender.h"
#include "spool/letter.h"

enum { PARCEL_KEY_MAX = 48 };

struct parcel {
	struct batch *batch;
	uint32_t n;          /* events, from batch->first on */
	struct slice plain;  /* NULL data: no memory, packed at the next try */
	struct slice zipped; /* NULL data: not compressed yet */
	char key[PARCEL_KEY_MAX]; /* Idempotency-Key; "": none */
};

/* Why a try that failed says nothing about the backend. */
enum excuse {
	EXCUSE_NONE = 0,
	EXCUSE_BUSY,  /* its pool had no connection: nothing was sent */
	EXCUSE_STALE, /* a connection from before had ended in the meantime */
};

/* A post and what came of it. */
struct outcome {
	struct backend *backend; /* choice.h */
	uint64_t entered_ns;     /* monotonic: when it was chosen */
	uint64_t took_ns;        /* from sending to the end of the reply */
	struct request request;
	long status; /* HTTP; 0: no reply */
	enum excuse excuse;
	struct verdict verdict;
	bool awaited;     /* the events wait for an acknowledgement now */
	bool loose;       /* what it says of acknowledgements is worthless */
	size_t reply_len; /* the reply's first octets, unless it was 2xx */
	uint8_t reply[LETTER_REPLY_MAX];
};

/* What log lines say of an outcome. */
enum { OUTCOME_NUMBERS_MAX = 48 };
#define OUTCOME_FORMAT "output=%s url=%s %s reason=\"%s\""
#define OUTCOME_ARGS(s, o)                                            \
	(s)->output->feed->settings.name, (o)->backend->base,         \
		outcome_numbers((char[OUTCOME_NUMBERS_MAX]){ 0 }, o), \
		(o)->verdict.reason

/* " http=503 code=9", without what the reply did not have.  Return: text. */
const char *outcome_numbers(
	char text[OUTCOME_NUMBERS_MAX], const struct outcome *o);

/*
 * parcel_pack() - makes the body of the next p->n events, and the key of
 * these events, which is the same in every process that sends them
 * The body is lent from the batch or the sender until the next call.
 */
void parcel_pack(struct sender *s, struct parcel *p);

/*
 * parcel_post() - one request to o->backend, judged
 *
 * The body is compressed at the first try and kept.
 * Thread: the sender, outside any RCU read section (blocks).
 */
void parcel_post(struct sender *s, struct parcel *p, struct outcome *o);

#endif
