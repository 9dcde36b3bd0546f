#include "load/collect_request.h"

#include <stdlib.h>

#include "base/clock.h"
#include "load/reply.h"
#include "load/service.h"

bool collect_park(struct collector *c, struct request *rq, uint64_t due_ns)
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

static bool is_delivery(const struct request *rq)
{
	return rq->endpoint == SERVICE_EVENT || rq->endpoint == SERVICE_RAW ||
	       rq->endpoint == SERVICE_ANY;
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
		if (collect_park(
			    c, rq, clock_mono_ns(&clock_system) + delay_ns))
			return MHD_YES;
	}
	if (rq->status != 0)
		return collect_answer(
			c, rq, rq->status, rq->code, REPLY_NO_NUMBER);
	if (rq->endpoint == SERVICE_FAULTS ||
		rq->endpoint == SERVICE_ACK_FAULTS)
		return collect_change_faults(c, rq);
	return collect_settle(c, rq);
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
		if (collect_park(c, rq,
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
		collect_begin(c, rq, url, method);
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
