#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "load/collect_request.h"
#include "load/reply.h"
#include "load/service.h"

enum { SHOWN_BAD = 10 };

int collect_fault_code(const struct fault *f)
{
	return f->code >= 0 ? f->code : reply_usual_code(f->status);
}

enum MHD_Result collect_answer(struct collector *c, struct request *rq,
	unsigned status, int code, uint64_t event_number)
{
	if (status != 200)
		atomic_fetch_add(&c->refused, 1);
	if (rq->endpoint == SERVICE_ANY)
		return service_answer_text(rq->connection, &rq->fault, status,
			status == 200 ? "taken\n" : "not taken\n");
	return service_answer(
		rq->connection, &rq->fault, status, code, event_number);
}

static void measure_delays(struct collector *c, const struct delivery *d)
{
	uint64_t now_ns = clock_real_ns(&clock_system);

	if (c->settings->delays == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	delays_add(c->settings->delays, slice_from(d->body.data, d->body.len),
		now_ns);
	pthread_mutex_unlock(&c->lock);
}

static int write_events(
	struct collector *c, const struct delivery *d, uint64_t events)
{
	int r;

	if (c->settings->ids != NULL)
		ids_take(c->settings->ids, delivery_text(d, events), events);
	if (c->settings->file == NULL)
		return 0;
	pthread_mutex_lock(&c->lock);
	r = delivery_write(d, events, c->settings->file);
	/* what is answered with success outlives the process */
	if (r == 0 && fflush(c->settings->file) != 0)
		r = -errno;
	if (r != 0)
		c->write_error = r;
	pthread_mutex_unlock(&c->lock);
	return r;
}

static void tell_bad(const struct delivery_verdict *v)
{
	char where[48] = "";

	if (v->event_number != REPLY_NO_NUMBER)
		snprintf(where, sizeof(where), ", event %" PRIu64,
			v->event_number);
	fprintf(stderr, "tapferry-load: bad delivery: %s%s%s%s\n",
		reply_text(v->code), where, v->reason > 0 ? ": " : "",
		v->reason > 0 ? events_error_text(v->reason) : "");
}

/* Events are in, as acknowledgement has it. */
void collect_on_in(void *arg, const struct delivery *d, uint64_t events)
{
	struct collector *c = arg;

	if (write_events(c, d, events) == 0)
		atomic_fetch_add(&c->events, events);
}

/* Success, with the id to ask about. */
static enum MHD_Result settle_later(
	struct collector *c, struct request *rq, uint64_t events)
{
	uint64_t bytes = rq->delivery.bytes, id;
	int r = acks_take(&c->acks, rq->channel, &rq->delivery, events,
		clock_mono_ns(&clock_system), &id);
	char text[REPLY_MAX];

	if (r == ACKS_E_FULL)
		return collect_answer(
			c, rq, 429, REPLY_CHANNEL_FULL, REPLY_NO_NUMBER);
	if (r != 0)
		return collect_answer(
			c, rq, 500, REPLY_INTERNAL_ERROR, REPLY_NO_NUMBER);
	atomic_fetch_add(&c->bytes, bytes);
	atomic_fetch_add(&c->requests, 1);
	snprintf(text, sizeof(text),
		"{\"text\":\"Success\",\"code\":0,\"ackId\":%" PRIu64 "}", id);
	return service_answer_json(rq->connection, &rq->fault, text);
}

enum MHD_Result collect_change_faults(struct collector *c, struct request *rq)
{
	const struct body *b = &rq->delivery.body;
	int r = collect_faults_set(
		rq->endpoint == SERVICE_FAULTS ? &c->faults : &c->ack_faults,
		slice_from(b->data, b->len));
	char text[256];

	snprintf(text, sizeof(text), "%s\n",
		r == 0 ? "changed" : faults_error_text(r));
	return service_answer_text(
		rq->connection, NULL, r == 0 ? 200 : 400, text);
}

static enum MHD_Result answer_question(struct collector *c, struct request *rq)
{
	const struct body *b = &rq->delivery.body;
	struct buf text = BUF_NULL;
	enum MHD_Result result;

	if (acks_answer(&c->acks, rq->channel, slice_from(b->data, b->len),
		    clock_mono_ns(&clock_system), &text) == 0)
		result = service_answer_json(
			rq->connection, &rq->fault, buf_str(&text));
	else
		result = collect_answer(
			c, rq, 400, REPLY_BAD_FORMAT, REPLY_NO_NUMBER);
	buf_deinit(&text);
	return result;
}

/* What was to go wrong does so now; the events are in, or not. */
static enum MHD_Result go_wrong(struct collector *c, struct request *rq)
{
	const struct fault *f = &rq->fault;

	atomic_fetch_add(&c->refused, 1);
	switch (f->what) {
	case FAULT_STATUS:
		if (rq->endpoint == SERVICE_ANY)
			return service_answer_text(rq->connection, f, f->status,
				f->status == 204 ? "" : "a fault\n");
		return service_answer(rq->connection, f, f->status,
			collect_fault_code(f),
			f->number >= 0 ? (uint64_t)f->number : REPLY_NO_NUMBER);
	case FAULT_HTML:
		return service_answer_html(rq->connection, f);
	case FAULT_JSON:
		return service_answer_json(
			rq->connection, f, "{\"text\":\"Success\",\"code\":0");
	case FAULT_HALF:
	case FAULT_HANG:
		if (f->what == FAULT_HALF)
			connection_half_close(rq->connection);
		rq->hung = collect_park(c, rq, UINT64_MAX);
		return rq->hung ? MHD_YES : MHD_NO;
	case FAULT_RESET:
	case FAULT_RESET_BODY:
	case FAULT_RESET_BEFORE:
		connection_reset(rq->connection);
		return MHD_NO;
	default:
		return MHD_NO; /* closes */
	}
}

/* Were its events not taken before? */
static bool is_news(struct collector *c, struct request *rq)
{
	const char *key = MHD_lookup_connection_value(
		rq->connection, MHD_HEADER_KIND, "Idempotency-Key");

	return !c->settings->idempotent || key == NULL ||
	       keys_add(&c->keys, key);
}

enum MHD_Result collect_settle(struct collector *c, struct request *rq)
{
	uint64_t most = fault_keeps(&rq->fault);
	struct delivery_verdict v;

	if (rq->endpoint == SERVICE_ACK)
		return fault_succeeds(&rq->fault) ? answer_question(c, rq)
						  : go_wrong(c, rq);
	delivery_judge(&rq->delivery, &v);
	if (rq->fault.number >= 0 && !rq->fault.taken && most >= v.events)
		rq->fault.what = FAULT_NONE; /* there is no such event */
	measure_delays(c, &rq->delivery);
	if (v.status == 200 && c->settings->acks.on &&
		fault_succeeds(&rq->fault))
		return settle_later(c, rq, v.events);
	if (v.events > most)
		v.events = most;
	if (v.events > 0 && !is_news(c, rq))
		v.events = 0; /* taken before: the answer is the same */
	if (v.events > 0 && write_events(c, &rq->delivery, v.events) != 0)
		return collect_answer(
			c, rq, 500, REPLY_INTERNAL_ERROR, REPLY_NO_NUMBER);
	atomic_fetch_add(&c->events, v.events);
	atomic_fetch_add(&c->bytes, rq->delivery.bytes);
	if (v.status != 200) {
		if (atomic_fetch_add(&c->bad, 1) < SHOWN_BAD)
			tell_bad(&v);
	} else if (!fault_succeeds(&rq->fault)) {
		return go_wrong(c, rq);
	} else {
		atomic_fetch_add(&c->requests, 1);
	}
	return collect_answer(c, rq, v.status, v.code, v.event_number);
}
