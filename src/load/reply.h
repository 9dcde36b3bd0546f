/*
 * Reply: what Splunk's HTTP Event Collector answers, word for word.
 */
#ifndef TAPFERRY_LOAD_REPLY_H
#define TAPFERRY_LOAD_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum {
	REPLY_SUCCESS = 0,
	REPLY_TOKEN_REQUIRED = 2,
	REPLY_BAD_AUTHORIZATION = 3,
	REPLY_BAD_TOKEN = 4,
	REPLY_NO_DATA = 5,
	REPLY_BAD_FORMAT = 6,
	REPLY_INTERNAL_ERROR = 8,
	REPLY_BUSY = 9,
	REPLY_CHANNEL_MISSING = 10,
	REPLY_CHANNEL_INVALID = 11,
	REPLY_EVENT_REQUIRED = 12,
	REPLY_EVENT_BLANK = 13,
	REPLY_ACK_DISABLED = 14,
	REPLY_HEALTHY = 17,
	REPLY_QUEUE_FULL = 26,
	REPLY_CHANNEL_FULL = 27,
};
#define REPLY_NO_NUMBER UINT64_MAX

/* The sentence of a HEC code; "Unknown" for one without. */
const char *reply_text(int code);

/* The code that comes with a status most often; -1: none, the body is HTML. */
int reply_usual_code(unsigned status);

/*
 * reply_format() - the body for a code
 * @event_number:  of the first event refused, or REPLY_NO_NUMBER
 * @cap:           REPLY_MAX at least
 *
 * Return: its length.
 */
enum { REPLY_MAX = 160 };
size_t reply_format(char *body, size_t cap, int code, uint64_t event_number);

#endif
