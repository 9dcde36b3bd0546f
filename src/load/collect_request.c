#include "load/collect_request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/delivery.h"
#include "load/reply.h"
#include "load/service.h"

enum { SHOWN_BAD = 10 };

/* owner: the library's thread that serves its connection; while it is parked,
 * the collector's list */
struct request {
	struct MHD_Connection *connection;
	enum service_endpoint endpoint;
	const char *channel; /* the library's; NULL: none was named */
	struct delivery delivery;
	struct fault fault;
	unsigned status; /* refused before its body: what to answer */
	int code;
	bool rested;     /* FAULT_READ: this piece's rest is over */
	bool delayed;    /* the delay is over */
	bool hung;       /* it is parked for ever */
	uint64_t due_ns; /* monotonic: when a parked one goes on */
	TAILQ_ENTRY(request) parked;
};

static enum MHD_Result answer(struct collector *c, struct request *rq,
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

static bool is_delivery(const struct request *rq)
{
	return rq->endpoint == SERVICE_EVENT || rq->endpoint == SERVICE_RAW ||
	       rq->endpoint == SERVICE_ANY;
}

/* What to answer when the body has been read. */
static void refuse(struct request *rq, unsigned status, int code)
{
	rq->status = status;
	rq->code = code;
}

/* What a fault answers. */
static int fault_code(const struct fault *f)
{
	return f->code >= 0 ? f->code : reply_usual_code(f->status);
}

/* Answers that keep nothing need not read what is in the body. */
static void refuse_by_fault(struct request *rq)
{
	if (rq->fault.what == FAULT_STATUS && rq->fault.number < 0 &&
		!rq->fault.taken)
		refuse(rq, rq->fault.status, fault_code(&rq->fault));
}

static int channel_code(const char *channel)
{
	return acks_check(channel) == ACKS_E_MISSING ? REPLY_CHANNEL_MISSING
						     : REPLY_CHANNEL_INVALID;
}

/* A delivery's headers are here: what can be said before its body?  Faults
 * befall only those that are allowed to deliver. */
static void begin_delivery(struct collector *c, struct request *rq)
{
	const char *encoding = MHD_lookup_connection_value(rq->connection,
		MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_ENCODING);
	bool any = rq->endpoint == SERVICE_ANY;
	int code =
		any ? service_check_bearer(rq->connection, c->settings->token)
		    : service_check_token(rq->connection, c->settings->token);

	if (code != REPLY_SUCCESS) {
		refuse(rq, code == REPLY_BAD_TOKEN ? 403 : 401, code);
		return;
	}
	rq->channel = service_channel(rq->connection);
	rq->delivery = (struct delivery){
		.gzip = encoding != NULL && strcmp(encoding, "gzip") == 0,
		.keep = c->settings->file != NULL || c->settings->ids != NULL ||
			c->settings->delays != NULL || any,
		.check = c->settings->check && !any,
		.raw = rq->endpoint == SERVICE_RAW,
		.array = any,
	};
	rq->fault = collect_faults_pick(
		&c->faults, rq->connection, rq->delivery.gzip);
	refuse_by_fault(rq);
	if (rq->status != 0)
		return;
	if (!any && c->settings->acks.on && acks_check(rq->channel) != 0)
		refuse(rq, 400, channel_code(rq->channel));
	else if (encoding != NULL && !rq->delivery.gzip &&
		 strcmp(encoding, "identity") != 0)
		refuse(rq, 415, -1);
}

/* Somebody asks what is acknowledged. */
static void begin_question(struct collector *c, struct request *rq)
{
	int code = service_check_token(rq->connection, c->settings->token);

	if (code != REPLY_SUCCESS) {
		refuse(rq, code == REPLY_BAD_TOKEN ? 403 : 401, code);
		return;
	}
	if (!c->settings->acks.on) {
		refuse(rq, 400, REPLY_ACK_DISABLED);
		return;
	}
	rq->fault = collect_faults_pick(&c->ack_faults, rq->connection, false);
	rq->channel = service_channel(rq->connection);
	rq->delivery = (struct delivery){ .keep = true };
	refuse_by_fault(rq);
	if (rq->status == 0 && acks_check(rq->channel) != 0)
		refuse(rq, 400, channel_code(rq->channel));
}

static void begin(struct collector *c, struct request *rq, const char *url,
	const char *method)
{
	bool post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0;

	bool put = strcmp(method, MHD_HTTP_METHOD_PUT) == 0;

	rq->fault = FAULT_NULL;
	rq->endpoint = service_find(url);
	if (rq->endpoint == SERVICE_NONE && c->settings->any_path)
		rq->endpoint = SERVICE_ANY;
	switch (rq->endpoint) {
	case SERVICE_EVENT:
	case SERVICE_RAW:
		if (post)
			begin_delivery(c, rq);
		else
			refuse(rq, 405, -1);
		break;
	case SERVICE_ACK:
		if (post)
			begin_question(c, rq);
		else
			refuse(rq, 405, -1);
		break;
	case SERVICE_HEALTH:
		refuse(rq, get ? 200 : 405, get ? REPLY_HEALTHY : -1);
		break;
	case SERVICE_ANY:
		if (post || put)
			begin_delivery(c, rq);
		else
			refuse(rq, 405, -1);
		break;
	case SERVICE_FAULTS:
	case SERVICE_ACK_FAULTS:
		if (!service_is_local(rq->connection))
			rq->endpoint = SERVICE_NONE;
		else if (put)
			rq->delivery = (struct delivery){ .keep = true };
		else
			refuse(rq, 405, -1);
		break;
	case SERVICE_NONE:
		break;
	}
}

/* Lets the connection rest until due_ns.  Return: false: go on at once. */
static bool park(struct collector *c, struct request *rq, uint64_t due_ns)
{
	bool parked;

	pthread_mutex_lock(&c->lock);
	parked = !c->stopping;
	if (parked) {
		rq->due_ns = due_ns;
		TAILQ_INSERT_TAIL(&c->parked, rq, parked);
		MHD_suspend_connection(rq->connection);
	}
	pthread_mutex_unlock(&c->lock);
	return parked;
}

void collect_unpark(struct collector *c, uint64_t mono_ns)
{
	struct request *rq;
	struct request *next;

	pthread_mutex_lock(&c->lock);
	for (rq = TAILQ_FIRST(&c->parked); rq != NULL; rq = next) {
		next = TAILQ_NEXT(rq, parked);
		if (rq->due_ns > mono_ns)
			continue;
		TAILQ_REMOVE(&c->parked, rq, parked);
		MHD_resume_connection(rq->connection);
	}
	pthread_mutex_unlock(&c->lock);
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
		return answer(c, rq, 429, REPLY_CHANNEL_FULL, REPLY_NO_NUMBER);
	if (r != 0)
		return answer(
			c, rq, 500, REPLY_INTERNAL_ERROR, REPLY_NO_NUMBER);
	atomic_fetch_add(&c->bytes, bytes);
	atomic_fetch_add(&c->requests, 1);
	snprintf(text, sizeof(text),
		"{\"text\":\"Success\",\"code\":0,\"ackId\":%" PRIu64 "}", id);
	return service_answer_json(rq->connection, &rq->fault, text);
}

static enum MHD_Result change_faults(struct collector *c, struct request *rq)
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
		result = answer(c, rq, 400, REPLY_BAD_FORMAT, REPLY_NO_NUMBER);
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
			fault_code(f),
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
		rq->hung = park(c, rq, UINT64_MAX);
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

static enum MHD_Result settle(struct collector *c, struct request *rq)
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
		return answer(
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
	return answer(c, rq, v.status, v.code, v.event_number);
}

/* The whole request is here. */
static enum MHD_Result finish(struct collector *c, struct request *rq)
{
	uint64_t delay_ns = rq->fault.delay_ns +
			    (is_delivery(rq) ? c->settings->delay_ns : 0);

	if (rq->hung) /* for ever is over */
		return MHD_NO;
	if (rq->endpoint == SERVICE_NONE)
		return service_answer_not_found(rq->connection);
	if (delay_ns > 0 && !rq->delayed) {
		rq->delayed = true;
		if (park(c, rq, clock_mono_ns(&clock_system) + delay_ns))
			return MHD_YES;
	}
	if (rq->status != 0)
		return answer(c, rq, rq->status, rq->code, REPLY_NO_NUMBER);
	if (rq->endpoint == SERVICE_FAULTS ||
		rq->endpoint == SERVICE_ACK_FAULTS)
		return change_faults(c, rq);
	return settle(c, rq);
}

/* A piece of the body, or its rest before it.  Return: whether the connection
 * lives. */
static bool take_piece(
	struct collector *c, struct request *rq, const char *data, size_t *len)
{
	if (rq->fault.what == FAULT_RESET_BODY) {
		connection_reset(rq->connection);
		atomic_fetch_add(&c->refused, 1);
		return false;
	}
	if (rq->fault.what == FAULT_READ && !rq->rested) {
		rq->rested = true;
		if (park(c, rq,
			    clock_mono_ns(&clock_system) + rq->fault.rest_ns))
			return true; /* the piece comes again */
	}
	rq->rested = false;
	/* a body that is refused is read all the same: the connection lives */
	if (rq->status == 0 && rq->endpoint != SERVICE_NONE)
		delivery_add(&rq->delivery, slice_from(data, *len));
	*len = 0;
	return true;
}

/* The library calls this with the headers, for each piece of the body, at its
 * end, and again when a parked connection goes on. */
enum MHD_Result collect_on_request(void *arg, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_len, void **state)
{
	struct collector *c = arg;
	struct request *rq = *state;

	(void)version;
	if (rq == NULL) {
		rq = calloc(1, sizeof(*rq));
		if (rq == NULL)
			return MHD_NO;
		rq->connection = connection;
		begin(c, rq, url, method);
		*state = rq;
		if (rq->fault.what != FAULT_RESET_BEFORE)
			return MHD_YES;
		connection_reset(connection);
		atomic_fetch_add(&c->refused, 1);
		return MHD_NO;
	}
	if (*upload_len == 0)
		return finish(c, rq);
	return take_piece(c, rq, upload, upload_len) ? MHD_YES : MHD_NO;
}

void collect_on_completed(void *arg, struct MHD_Connection *connection,
	void **state, enum MHD_RequestTerminationCode why)
{
	struct request *rq = *state;

	(void)arg;
	(void)connection;
	(void)why;
	if (rq == NULL)
		return;
	delivery_deinit(&rq->delivery);
	free(rq);
	*state = NULL;
}
