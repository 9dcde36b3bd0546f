/*
 * Service: the paths, the authorization and the answers of HEC, in
 * libmicrohttpd's terms.
 */
#ifndef TAPFERRY_LOAD_SERVICE_H
#define TAPFERRY_LOAD_SERVICE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "load/faults.h"

enum service_endpoint {
	SERVICE_NONE = 0,
	SERVICE_EVENT,
	SERVICE_RAW,
	SERVICE_ACK,
	SERVICE_HEALTH,
	SERVICE_FAULTS, /* not HEC's: what goes wrong from now on */
	SERVICE_ACK_FAULTS,
	SERVICE_ANY, /* not HEC's: events to any path */
};

enum service_endpoint service_find(const char *url);

/*
 * service_check_token() - "Authorization: Splunk TOKEN", or Basic with the
 * token as password
 * @token:  the only one that will do; NULL: any will
 *
 * Return: REPLY_SUCCESS, or the code of the refusal (load/reply.h).
 */
int service_check_token(struct MHD_Connection *connection, const char *token);

/* The same for an endpoint that is not HEC's: "Authorization: Bearer TOKEN",
 * and none at all where any will do. */
int service_check_bearer(struct MHD_Connection *connection, const char *token);

/* The channel that a request names, by header or argument; NULL: none. */
const char *service_channel(struct MHD_Connection *connection);

/* Does it come from this machine, by the loopback interface? */
bool service_is_local(struct MHD_Connection *connection);

/*
 * service_answer() - queue HEC's answer
 * @dress:         how: chunked, last, pad, retry...
 * @code:          of HEC; -1: a page of HTML
 * @event_number:  of the first event refused, or REPLY_NO_NUMBER
 */
enum MHD_Result service_answer(struct MHD_Connection *connection,
	const struct fault *dress, unsigned status, int code,
	uint64_t event_number);

/* An answer with this body. */
enum MHD_Result service_answer_json(struct MHD_Connection *connection,
	const struct fault *dress, const char *text);
enum MHD_Result service_answer_text(struct MHD_Connection *connection,
	const struct fault *dress, unsigned status, const char *text);

/* 200 with a page where the answer of HEC should be. */
enum MHD_Result service_answer_html(
	struct MHD_Connection *connection, const struct fault *dress);

/* 404: the one answer whose code is not one of HEC's. */
enum MHD_Result service_answer_not_found(struct MHD_Connection *connection);

#endif
