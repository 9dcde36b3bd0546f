/*
 * Text_memo: one piece of a peer's text, as JSON, kept from event to event.
 *
 * A DNS server's identity and version are the same in all that it sends, so
 * looking at each octet once is enough while no other server comes between.
 */
#ifndef TAPFERRY_EVENT_TEXT_MEMO_H
#define TAPFERRY_EVENT_TEXT_MEMO_H

#include "event/json.h"

enum { TEXT_MEMO_MAX = 96 }; /* octets; longer text is written each time */

struct text_memo {
	uint8_t raw_len, text_len;
	uint8_t raw[TEXT_MEMO_MAX];
	uint8_t text[TEXT_MEMO_MAX]; /* the inside of a JSON string */
};

#define TEXT_MEMO_NULL ((struct text_memo){ 0 })

/* As json_text().  Thread: the memo's owner. */
void text_memo_write(struct text_memo *m, struct json *j, struct slice text);

#endif
