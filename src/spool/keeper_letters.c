#include "spool/keeper_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void keeper_write_letter(struct keeper *k, struct letter *l)
{
	uint32_t written;
	int r = dead_letters_write(&k->letters, l, &written);

	stat_add(k->stats, OUTPUT_DEAD_LETTERED, written);
	stat_add(k->stats, l->cause.reason, l->events - written);
	atomic_fetch_sub(&k->feed->disk.letters, l->events);
	if (r != 0) {
		stat_inc(k->stats, OUTPUT_DEAD_LETTER_ERRORS);
		log_limited(LOG_LEVEL_ERROR, DEAD_LETTER_FAILED,
			"dead letters cannot be written; the events are "
			"dropped",
			"output=%s path=%s events=%u error=\"%s\"",
			keeper_name(k), k->settings.dead_letters.path,
			(unsigned)(l->events - written), strerror(-r));
	}
	free(l);
}

void keeper_resend_next(struct keeper *k)
{
	struct batch *b;
	int r;

	if (!k->resending || k->resend_out || k->closed)
		return;
	b = batch_pool_get(&k->feed->pool);
	if (b == NULL)
		return;
	r = dead_letters_read(&k->letters, &k->feed->pool, b);
	if (r != 0) {
		b->events = 0;
		keeper_to_pool(k, b);
		k->resending = false;
		if (r < 0)
			log_limited(LOG_LEVEL_ERROR, DEAD_LETTER_RESEND_FAILED,
				"dead letters cannot be read; ask for them "
				"once more later",
				"output=%s error=\"%s\"", keeper_name(k),
				strerror(-r));
		return;
	}
	atomic_store(&b->held, b->events);
	stat_add(k->stats, OUTPUT_RECOVERED, b->events);
	b->file = &k->resend_mark;
	b->id = feed_batch_id(k->feed, b->events);
	k->resend_out = true;
	keeper_to_senders(k, b);
}

/*
 * A reload came in between: the next senders go on with it.  The end: what is
 * not settled is a dead letter as before, and the next start goes on.
 */
void keeper_take_back_resent(struct keeper *k, struct batch *b)
{
	uint32_t left = batch_left(b);

	if (left != 0 && !atomic_load(&k->feed->disk.closing)) {
		keeper_to_senders(k, b);
		return;
	}
	/* in order, as the file is read: what is settled in the midst of a
	 * batch is sent once more */
	if (b->whole != 0)
		dead_letters_settled(&k->letters, left == 0 ? b->whole : 0);
	else
		dead_letters_settled(&k->letters, b->first);
	stat_add(k->stats, OUTPUT_DEAD_LETTERED, left);
	batch_settle(b, left);
	b->file = NULL;
	keeper_to_pool(k, b);
	k->resend_out = false;
	k->resending = k->resending && left == 0;
}
