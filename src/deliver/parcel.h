/*
 * Parcel: the next events of a batch on their way to a backend, and what came
 * of a try.
 */
#ifndef TAPFERRY_DELIVER_PARCEL_H
#define TAPFERRY_DELIVER_PARCEL_H

#include "deliver/sender.h"

struct parcel {
	struct batch *batch;
	uint32_t n; /* events, from batch->first on */
	struct slice plain;
	struct slice zipped; /* NULL data: not compressed yet */
};

/* A post and what came of it. */
struct outcome {
	struct backend *backend;
	struct request request;
	long status; /* HTTP; 0: no reply */
	struct verdict verdict;
};

/* What log lines say of an outcome. */
#define OUTCOME_FORMAT "output=%s url=%s http=%ld code=%d reason=\"%s\""
#define OUTCOME_ARGS(s, o)                                                \
	(s)->output->feed->settings.name, (o)->backend->url, (o)->status, \
		(o)->verdict.code, (o)->verdict.reason

/*
 * parcel_post() - one request to o->backend, judged
 *
 * The body is compressed at the first try and kept.
 * Thread: the sender, outside any RCU read section (blocks).
 */
void parcel_post(struct sender *s, struct parcel *p, struct outcome *o);

#endif
