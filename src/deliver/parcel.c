#include "deliver/parcel.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/acker.h"
#include "deliver/range.h"
#include "deliver/unknown.h"

const char *outcome_numbers(
	char text[OUTCOME_NUMBERS_MAX], const struct outcome *o)
{
	int n = 0;

	*text = '\0';
	if (o->status != 0)
		n = snprintf(text, OUTCOME_NUMBERS_MAX, " http=%ld", o->status);
	if (o->verdict.code >= 0)
		snprintf(text + n, OUTCOME_NUMBERS_MAX - (size_t)n, " code=%d",
			o->verdict.code);
	return text;
}

void parcel_pack(struct sender *s, struct parcel *p)
{
	const struct batch *b = p->batch;

	p->plain = range_bytes(b, p->n);
	p->zipped = SLICE_NULL;
	p->key[0] = '\0';
	if (s->collector->idempotent)
		snprintf(p->key, sizeof(p->key), "%016" PRIx64 "-%" PRIu32,
			b->id + b->first, p->n);
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

static void tell_remark(struct sender *s, const struct outcome *o,
	const struct ack_posted *posted)
{
	switch (posted->remark) {
	case ACK_REMARK_ON:
		log_limited(LOG_LEVEL_INFO, DELIVER_ACK_ON,
			"the backend wants requests to name a channel; from "
			"now on they do",
			OUTCOME_FORMAT, OUTCOME_ARGS(s, o));
		break;
	case ACK_REMARK_OFF:
		log_limited(LOG_LEVEL_WARN, DELIVER_ACK_OFF,
			"the backend acknowledges nothing; what it answers "
			"with success counts as delivered",
			OUTCOME_FORMAT, OUTCOME_ARGS(s, o));
		break;
	case ACK_REMARK_LOOSE: /* the hold is told, too */
	case ACK_REMARK_MIXED:
		log_limited(LOG_LEVEL_WARN, DELIVER_ACK_MIXED,
			"ack ids do not grow: the collector was restarted, or "
			"a load balancer keeps no session; what waits there is "
			"sent again",
			OUTCOME_FORMAT " events=%u", OUTCOME_ARGS(s, o),
			(unsigned)posted->lost);
		break;
	case ACK_REMARK_NONE:
		break;
	}
}

/* The table hears what came back. */
static void await(struct sender *s, const struct parcel *p, struct outcome *o,
	const struct ack_post *post)
{
	const struct ack_reply reply = {
		.backend = o->backend,
		.verdict = &o->verdict,
		.answered = o->status != 0,
		.unanswered = o->status == 0 && o->excuse != EXCUSE_BUSY,
		.claim = s->claim,
		.events = { p->batch->first, p->n },
	};
	struct ack_posted posted;

	ack_table_posted(&s->acker->table, post, &reply,
		clock_mono_ns(&clock_system), &posted);
	o->awaited = posted.awaited;
	stat_add(s->stats, OUTPUT_ACK_LOST, posted.lost);
	if (posted.awaited)
		stat_add(s->stats, OUTPUT_ACK_AWAITED, p->n);
	tell_remark(s, o, &posted);
	o->loose = posted.remark == ACK_REMARK_LOOSE;
	if (o->loose)
		snprintf(o->verdict.reason, sizeof(o->verdict.reason),
			"sticky session missing; the load balancer has to set "
			"a cookie");
}

static int transmit(struct sender *s, const struct parcel *p, struct outcome *o,
	struct slice body, const char *channel, struct reply *reply)
{
	char named[ACK_HEADER_MAX];
	char key[sizeof("Idempotency-Key: ") + PARCEL_KEY_MAX];
	struct http_request rq = { .body = body,
		.compressed = o->request.compressed };
	unsigned n = 0;
	int r;

	if (p->key[0] != '\0') {
		snprintf(key, sizeof(key), "Idempotency-Key: %s", p->key);
		rq.headers[n++] = key;
	}
	if (channel[0] != '\0') {
		snprintf(named, sizeof(named), "%s: %s",
			s->collector->ack->channel_header, channel);
		rq.headers[n++] = named;
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
	struct ack_post post = { .channel = NULL };
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
			compressor_run(s->compressor, p->plain, &p->zipped) ==
				0) {
			body = p->zipped;
			o->request.compressed = true;
		}
	}
	if (s->acker != NULL)
		ack_table_post(&s->acker->table, o->backend,
			clock_mono_ns(&clock_system), &post);
	o->request.channel = post.kind;
	r = transmit(s, p, o, body, post.guid, &reply);
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
	if (s->acker != NULL)
		await(s, p, o, &post);
}
