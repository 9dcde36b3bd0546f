#include <string.h>

#include "load/collect_request.h"
#include "load/reply.h"
#include "load/service.h"

/* What to answer when the body has been read. */
static void refuse(struct request *rq, unsigned status, int code)
{
	rq->status = status;
	rq->code = code;
}

/* Answers that keep nothing need not read what is in the body. */
static void refuse_by_fault(struct request *rq)
{
	if (rq->fault.what == FAULT_STATUS && rq->fault.number < 0 &&
		!rq->fault.taken)
		refuse(rq, rq->fault.status, collect_fault_code(&rq->fault));
}

static int channel_code(const char *channel)
{
	return acks_check(channel) == ACKS_E_MISSING ? REPLY_CHANNEL_MISSING
						     : REPLY_CHANNEL_INVALID;
}

/* Return: false: an encoding that nobody knows. */
static bool read_coding(const char *encoding, enum compression *coding)
{
	*coding = COMPRESSION_NONE;
	if (encoding == NULL || strcmp(encoding, "identity") == 0)
		return true;
	*coding = compression_find(encoding);
	return *coding != COMPRESSION_NONE;
}

/* A delivery's headers are here: what can be said before its body?  Faults
 * befall only those that are allowed to deliver. */
static void begin_delivery(struct collector *c, struct request *rq)
{
	const char *encoding = MHD_lookup_connection_value(rq->connection,
		MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_ENCODING);
	enum compression coding;
	bool known = read_coding(encoding, &coding);
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
		.coding = coding,
		.keep = c->settings->file != NULL || c->settings->ids != NULL ||
			c->settings->delays != NULL || any,
		.check = c->settings->check && !any,
		.raw = rq->endpoint == SERVICE_RAW,
		.array = any,
	};
	rq->fault = collect_faults_pick(&c->faults, rq->connection, coding);
	refuse_by_fault(rq);
	if (rq->status != 0)
		return;
	if (!any && c->settings->acks.on && acks_check(rq->channel) != 0)
		refuse(rq, 400, channel_code(rq->channel));
	else if (!known || !compression_built(coding))
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
	rq->fault = collect_faults_pick(
		&c->ack_faults, rq->connection, COMPRESSION_NONE);
	rq->channel = service_channel(rq->connection);
	rq->delivery = (struct delivery){ .keep = true };
	refuse_by_fault(rq);
	if (rq->status == 0 && acks_check(rq->channel) != 0)
		refuse(rq, 400, channel_code(rq->channel));
}

void collect_begin(struct collector *c, struct request *rq, const char *url,
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
