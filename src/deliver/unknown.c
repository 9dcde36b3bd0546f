#include "deliver/unknown.h"

#include "base/log.h"

enum { TEXT_MAX = 200 };

/* FNV-1a: is it another reply than the one that was told? */
static uint32_t fingerprint(long status, struct slice body)
{
	uint32_t h = UINT32_C(2166136261) ^ (uint32_t)status;

	for (size_t i = 0; i < body.len && i < TEXT_MAX; i++)
		h = (h ^ body.data[i]) * UINT32_C(16777619);
	return h | 1; /* 0: none was told */
}

static void tell(
	struct sender *s, const struct outcome *o, const struct reply *reply)
{
	char text[TEXT_MAX + 1];
	size_t n = 0;

	for (; n < reply->body.len && n < TEXT_MAX; n++) {
		uint8_t c = reply->body.data[n];

		text[n] = c < ' ' || c >= 0x7f ? '.'
			  : c == '"'           ? '\''
					       : (char)c;
	}
	text[n] = '\0';
	log_limited(LOG_LEVEL_WARN, DELIVER_UNKNOWN_REPLY,
		"the collector's reply means nothing to this program; tried "
		"again, then the backend is on hold",
		OUTCOME_FORMAT " text=\"%s\"", OUTCOME_ARGS(s, o), text);
}

void unknown_settle(
	struct sender *s, struct outcome *o, const struct reply *reply)
{
	struct backend *b = o->backend;
	uint32_t print;

	if (o->verdict.action != VERDICT_UNKNOWN) {
		/* the usual case writes nothing that other senders read */
		if (reply->status != 0 && atomic_load(&b->unknown) != 0)
			atomic_store(&b->unknown, 0);
		return;
	}
	o->verdict.action = atomic_fetch_add(&b->unknown, 1) < UNKNOWN_TRIES
				    ? VERDICT_RETRY
				    : VERDICT_HOLD;
	print = fingerprint(reply->status, reply->body);
	if (atomic_exchange(&b->told, print) != print)
		tell(s, o, reply);
}
