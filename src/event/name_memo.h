/*
 * Name_memo: the names of one event, written once.
 *
 * Most owner names of a message are pointers to a name that has been written
 * already (the question's, or the target of the CNAME before): its text is
 * copied from the event itself.
 */
#ifndef TAPFERRY_EVENT_NAME_MEMO_H
#define TAPFERRY_EVENT_NAME_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "event/json.h"

enum { NAME_MEMO_SLOTS = 4 };

struct name_memo {
	unsigned next; /* slot to be used next */
	struct {
		uint32_t at;  /* offset in the message; 0: empty (the header) */
		uint32_t len; /* octets of text */
		const uint8_t *text; /* in the buffer the event is written to */
	} slots[NAME_MEMO_SLOTS];
};

/* For a new event. */
static inline void name_memo_clear(struct name_memo *m)
{
	*m = (struct name_memo){ 0 };
}

/*
 * name_memo_write() - the name at offset `at`, plain (name_text.h)
 * Return: false for a broken name; nothing is written then.
 */
bool name_memo_write(
	struct name_memo *m, struct json *j, struct slice msg, uint32_t at);

#endif
