#include "deliver/parcel.h"

#include <stdio.h>

void parcel_post(struct sender *s, struct parcel *p, struct outcome *o)
{
	struct slice body = p->plain;
	struct reply reply;

	o->request = (struct request){ .events = p->n, .bytes = p->plain.len };
	if (s->compressor != NULL && !atomic_load(&o->backend->plain)) {
		/* no memory to compress: it goes as it is */
		if (p->zipped.data != NULL ||
			compressor_gzip(s->compressor, p->plain, &p->zipped) ==
				0) {
			body = p->zipped;
			o->request.compressed = true;
		}
	}
	stat_inc(s->stats, OUTPUT_REQUESTS);
	backend_count(o->backend, BACKEND_REQUESTS, 1);
	if (http_post(s->http, o->backend->url, body, o->request.compressed,
		    &reply) == 0) {
		stat_add(s->stats, OUTPUT_BYTES_SENT, body.len);
		backend_count(o->backend, BACKEND_BYTES_SENT, body.len);
	}
	s->collector->judge(&o->verdict, &o->request, &reply);
	o->status = reply.status;
	if (o->status == 0)
		snprintf(o->verdict.reason, sizeof(o->verdict.reason), "%s",
			http_error(s->http));
}
