#include "deliver/settlement.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

/*
 * Hands copies to the keeper, who counts what becomes of them.  Until then
 * they are counted in memory.
 * Return: false: there is no file for them, or no room.
 */
static bool send_letter(struct sender *s, const struct batch *b, uint32_t n,
	const struct outcome *o, enum output_stat reason)
{
	struct output *out = s->output;
	struct feed_disk *disk = &out->feed->disk;
	struct letter_cause cause = {
		.reason = reason,
		.status = o->status,
		.code = o->verdict.code,
		.reply_len = o->reply_len,
		.real_ns = clock_real_ns(&clock_system),
	};
	struct letter *l;

	if (out->feed->keeper == NULL ||
		out->settings->keeper.dead_letters.path == NULL)
		return false;
	snprintf(cause.text, sizeof(cause.text), "%s", o->verdict.reason);
	memcpy(cause.reply, o->reply, o->reply_len);
	if (letter_new(&l, &cause, b, n) != 0)
		return false;
	atomic_fetch_add(&disk->letters, n);
	if (feed_message(out->feed, l))
		return true;
	atomic_fetch_sub(&disk->letters, n);
	free(l);
	return false;
}

void settlement_refuse(struct sender *s, struct batch *b, uint32_t n,
	const struct outcome *o, enum output_stat reason)
{
	bool kept = send_letter(s, b, n, o, reason);

	if (!kept)
		stat_add(s->stats, reason, n);
	stat_inc(s->stats, OUTPUT_REPLIES_REFUSED);
	backend_count(o->backend, BACKEND_REFUSED, n);
	batch_settle(b, n);
	log_limited(LOG_LEVEL_WARN, DELIVER_REFUSED,
		"the collector refused events for good",
		OUTCOME_FORMAT " events=%u kept=%s", OUTCOME_ARGS(s, o),
		(unsigned)n, kept ? "dead_letter" : "no");
}

size_t settlement_split(
	struct sender *s, struct parcel *p, const struct outcome *o)
{
	if (p->n > 1)
		return p->plain.len / 2;
	settlement_refuse(s, p->batch, 1, o, OUTPUT_DROPPED_TOO_LARGE);
	return SIZE_MAX;
}
