/*
 * Service: the paths, the authorization and the answers of HEC, in
 * libmicrohttpd's terms.
 */
#ifndef TAPFERRY_LOAD_SERVICE_H
#define TAPFERRY_LOAD_SERVICE_H

#include <microhttpd.h>
#include <stdint.h>

enum service_endpoint {
	SERVICE_NONE = 0,
	SERVICE_EVENT,
	SERVICE_RAW,
	SERVICE_ACK,
	SERVICE_HEALTH,
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

/*
 * service_answer() - queue HEC's answer
 * @code:          of HEC; -1: a page of HTML
 * @event_number:  of the first event refused, or REPLY_NO_NUMBER
 */
enum MHD_Result service_answer(struct MHD_Connection *connection,
	unsigned status, int code, uint64_t event_number);

/* The channel a request names, in a header or in the URL; NULL: none. */
const char *service_channel(struct MHD_Connection *connection);

/* Queues 200 with this JSON, which is copied. */
enum MHD_Result service_answer_json(
	struct MHD_Connection *connection, const char *text);

/* 404: the one answer whose code is not one of HEC's. */
enum MHD_Result service_answer_not_found(struct MHD_Connection *connection);

#endif
