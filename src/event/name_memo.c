#include "event/name_memo.h"
#include "event/name_text.h"

enum { SHORT = 32 }; /* a name up to here is copied by a copy of fixed size */

bool name_memo_write(
	struct name_memo *m, struct json *j, struct slice msg, uint32_t at)
{
	uint32_t pos;
	uint8_t *p;

	/* a name that is a pointer is the name it points to */
	if (msg.len > 1 && at < msg.len - 1 && msg.data[at] >= 0xc0)
		pos = (uint32_t)(msg.data[at] & 0x3f) << 8 | msg.data[at + 1];
	else
		pos = at;
	json_room(j, NAME_TEXT_ROOM);
	for (unsigned i = 0; i < NAME_MEMO_SLOTS; i++) {
		if (m->slots[i].at != pos || pos == 0)
			continue;
		if (m->slots[i].len <= SHORT) {
			uint8_t copy[SHORT];

			memcpy(copy, m->slots[i].text, SHORT);
			memcpy(j->p, copy, SHORT);
		} else {
			memcpy(j->p, m->slots[i].text, m->slots[i].len);
		}
		j->p += m->slots[i].len;
		return true;
	}
	p = name_text_plain(j->p, msg, &at);
	if (p == NULL)
		return false;
	/* the spill area does not keep its text */
	if (!j->spilling) {
		m->slots[m->next].at = pos;
		m->slots[m->next].len = (uint32_t)(p - j->p);
		m->slots[m->next].text = j->p;
		m->next = (m->next + 1) % NAME_MEMO_SLOTS;
	}
	j->p = p;
	return true;
}
