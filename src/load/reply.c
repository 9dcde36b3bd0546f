#include "load/reply.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const texts[] = {
	"Success",
	"Token disabled",
	"Token is required",
	"Invalid authorization",
	"Invalid token",
	"No data",
	"Invalid data format",
	"Incorrect index",
	"Internal server error",
	"Server is busy",
	"Data channel is missing",
	"Invalid data channel",
	"Event field is required",
	"Event field cannot be blank",
	"ACK is disabled",
	"Error in handling indexed fields",
	"Query string authorization is not enabled",
	"HEC is healthy",
	"HEC is unhealthy, queues are full",
	"HEC is unhealthy, ack service unavailable",
	"HEC is unhealthy, queues are full, ack service unavailable",
	"Invalid token",
	"Token disabled",
	"Server is shutting down",
	"Queue is approaching capacity",
	"ACK channel is approaching capacity",
	"Queue at capacity",
	"ACK channel is at capacity",
	"Sticky session is missing",
};

const char *reply_text(int code)
{
	if (code < 0 || (size_t)code >= sizeof(texts) / sizeof(texts[0]))
		return "Unknown";
	return texts[code];
}

int reply_usual_code(unsigned status)
{
	switch (status) {
	case 200:
		return REPLY_SUCCESS;
	case 400:
		return REPLY_BAD_FORMAT;
	case 401:
		return REPLY_TOKEN_REQUIRED;
	case 403:
		return REPLY_BAD_TOKEN;
	case 429:
		return REPLY_QUEUE_FULL;
	case 500:
		return REPLY_INTERNAL_ERROR;
	case 503:
		return REPLY_BUSY;
	default:
		return -1;
	}
}

size_t reply_format(char *body, size_t cap, int code, uint64_t event_number)
{
	int n;

	if (event_number == REPLY_NO_NUMBER)
		n = snprintf(body, cap, "{\"text\":\"%s\",\"code\":%d}",
			reply_text(code), code);
	else
		n = snprintf(body, cap,
			"{\"text\":\"%s\",\"code\":%d,"
			"\"invalid-event-number\":%" PRIu64 "}",
			reply_text(code), code, event_number);
	return (size_t)n;
}
