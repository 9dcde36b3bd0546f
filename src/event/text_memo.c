#include "event/text_memo.h"

enum { SHORT = 32 }; /* text up to here is copied by a copy of fixed size */

_Static_assert((int)SHORT <= (int)TEXT_MEMO_MAX, "that much can be read");

static void keep(struct text_memo *m, struct slice text, const uint8_t *written,
	size_t len)
{
	if (text.len > sizeof(m->raw) || len > sizeof(m->text))
		return;
	m->raw_len = (uint8_t)text.len;
	m->text_len = (uint8_t)len;
	memcpy(m->raw, text.data, text.len);
	memcpy(m->text, written, len);
}

void text_memo_write(struct text_memo *m, struct json *j, struct slice text)
{
	uint8_t *start;

	if (text.len == 0)
		return;
	json_room(j, TEXT_MEMO_MAX);
	start = j->p;
	if (text.len == m->raw_len &&
		memcmp(text.data, m->raw, text.len) == 0) {
		if (m->text_len <= SHORT)
			memcpy(j->p, m->text, SHORT);
		else
			memcpy(j->p, m->text, m->text_len);
		j->p += m->text_len;
		return;
	}
	json_text(j, text);
	/* the spill area does not keep its text */
	if (!j->spilling)
		keep(m, text, start, (size_t)(j->p - start));
}
