/*
 * Collector: what sets one HTTP collector product apart from another.
 *
 * deliver/ posts batches and settles events; what a request looks like and
 * what a reply means it asks here.  A product is one file with one constant,
 * all pure, and a line in COLLECTORS, from which its output type, what
 * settings fit it and the lookups come.
 */
#ifndef TAPFERRY_COLLECTOR_COLLECTOR_H
#define TAPFERRY_COLLECTOR_COLLECTOR_H

#include "base/buf.h"
#include "collector/ack.h"
#include "collector/health.h"
#include "collector/verdict.h"
#include "event/batch.h"
#include "event/encoder.h"

/* The products: X(id, name) with something between two.  outputs[].type takes
 * the name, and the product's constant is collector_NAME. */
#define COLLECTORS(X, between) \
	X(HEC, hec)            \
	between X(HTTP, http)
#define COLLECTOR_NAME(id, name) #name

enum collector_id {
#define COLLECTOR_ID(id, name) COLLECTOR_##id,
	COLLECTORS(COLLECTOR_ID, )
#undef COLLECTOR_ID
		COLLECTOR_COUNT
};

enum collector_method { METHOD_POST = 0, METHOD_PUT };
enum collector_format { FORMAT_NDJSON = 0, FORMAT_ARRAY };

/* What an output's settings say to its collector; each reads what it knows. */
struct collector_settings {
	unsigned method;          /* enum collector_method */
	unsigned format;          /* enum collector_format */
	const char *content_type; /* NULL: the format's own */
};

/* const; every function is pure and may be called by any thread */
struct collector {
	enum event_envelope envelope; /* how events are written */
	const char *auth_scheme;      /* Authorization: SCHEME TOKEN */
	bool token_needed;
	bool idempotent; /* requests carry an Idempotency-Key */
	bool takes_zstd; /* not just gzip */
	const char *(*content_type)(const struct collector_settings *s);
	/*
	 * The URL to post to, from the configured one.
	 * Return: 0 with it appended to `url`, URL_E_* or -ENOMEM.
	 */
	int (*url)(struct buf *url, const char *base);
	/*
	 * The body for the next n events of b, appended.
	 * Return: false: they go as they are, one behind the other, and
	 * nothing was appended.  NULL: always so.
	 */
	bool (*frame)(struct buf *body, const struct collector_settings *s,
		const struct batch *b, uint32_t n);
	void (*judge)(struct verdict *v, const struct request *rq,
		const struct reply *rp);
	const struct collector_ack *ack;       /* NULL: it has none */
	const struct collector_health *health; /* NULL: nothing to ask */
};

#define COLLECTOR_DECLARE(id, name) \
	extern const struct collector collector_##name;
COLLECTORS(COLLECTOR_DECLARE, )
#undef COLLECTOR_DECLARE

/* By enum collector_id. */
extern const struct collector *const collectors[COLLECTOR_COUNT];
extern const char *const collector_names[COLLECTOR_COUNT];

#endif
