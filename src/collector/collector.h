/*
 * Collector: what sets one HTTP collector product apart from another.
 *
 * deliver/ posts batches and settles events; what a request looks like and
 * what a reply means it asks here.  One constant a product, all pure.
 */
#ifndef TAPFERRY_COLLECTOR_COLLECTOR_H
#define TAPFERRY_COLLECTOR_COLLECTOR_H

#include "base/buf.h"
#include "collector/ack.h"
#include "collector/verdict.h"

struct collector {
	const char *content_type;
	const char *auth_scheme; /* Authorization: SCHEME TOKEN */
	/* The URL to post to, from the configured one; see hec_url(). */
	int (*url)(struct buf *url, const char *base);
	void (*judge)(struct verdict *v, const struct request *rq,
		const struct reply *rp);
	const struct collector_ack *ack; /* NULL: it has none */
};

extern const struct collector collector_hec;

#endif
