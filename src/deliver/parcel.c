#include "deliver/parcel.h"

#include <inttypes.h>
#include <stdio.h>

#include "deliver/range.h"
#include "deliver/unknown.h"

void parcel_pack(struct sender *s, struct parcel *p)
{
	const struct batch *b = p->batch;

	p->plain = range_bytes(b, p->n);
	p->zipped = SLICE_NULL;
	p->key[0] = '\0';
	if (s->collector->idempotent)
		snprintf(p->key, sizeof(p->key),
			"%016" PRIx64 "-%" PRIu32 "-%" PRIu32, b->id, b->first,
			p->n);
	buf_clear(&s->frame);
	if (s->collector->frame != NULL &&
		s->collector->frame(&s->frame,
			&s->output->settings->remote.collector, b, p->n))
		p->plain = slice_from(s->frame.data, s->frame.len);
	if (buf_failed(&s->frame)) {
		buf_deinit(&s->frame);
		p->plain = SLICE_NULL;
	}
}

static int transmit(struct sender *s, const struct parcel *p, struct outcome *o,
	struct slice body, struct reply *reply)
{
	char key[sizeof("Idempotency-Key: ") + PARCEL_KEY_MAX];
	struct http_request rq = { .body = body,
		.gzip = o->request.compressed };
	int r;

	if (p->key[0] != '\0') {
		snprintf(key, sizeof(key), "Idempotency-Key: %s", p->key);
		rq.headers[0] = key;
	}
	r = http_send(s->http, o->backend->target, &rq, reply);
	o->excuse = r == HTTP_E_NO_CONNECTION ? EXCUSE_BUSY
		    : r == HTTP_E_STALE       ? EXCUSE_STALE
					      : EXCUSE_NONE;
	if (r != HTTP_E_NO_CONNECTION) {
		stat_inc(s->stats, OUTPUT_REQUESTS);
		backend_count(o->backend, BACKEND_REQUESTS, 1);
	}
	return r;
}

void parcel_post(struct sender *s, struct parcel *p, struct outcome *o)
{
	struct slice body = p->plain;
	struct reply reply;
	int r;

	if (body.data == NULL) {
		parcel_pack(s, p);
		body = p->plain;
	}
	o->verdict = (struct verdict){
		.action = VERDICT_RETRY,
		.code = -1,
		.ack_id = VERDICT_NO_ACK,
		.reason = "no memory for the request",
	};
	if (body.data == NULL)
		return;
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
	r = transmit(s, p, o, body, &reply);
	if (r == 0) {
		stat_add(s->stats, OUTPUT_BYTES_SENT, body.len);
		backend_count(o->backend, BACKEND_BYTES_SENT, body.len);
	}
	o->took_ns = http_took_ns(s->http);
	s->collector->judge(&o->verdict, &o->request, &reply);
	o->status = reply.status;
	unknown_settle(s, o, &reply);
	o->reply_len = 0;
	if (reply.status < 200 || reply.status >= 300) {
		o->reply_len = reply.body.len < sizeof(o->reply)
				       ? reply.body.len
				       : sizeof(o->reply);
		if (o->reply_len > 0)
			memcpy(o->reply, reply.body.data, o->reply_len);
	}
	if (o->status == 0)
		snprintf(o->verdict.reason, sizeof(o->verdict.reason), "%s",
			http_error(s->http));
}
