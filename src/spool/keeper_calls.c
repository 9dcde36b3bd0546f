/* What operators ask the keeper for. */
#include "spool/keeper_own.h"

#include <time.h>

void keeper_call(
	struct keeper *k, void (*fn)(struct keeper *k, void *arg), void *arg)
{
	struct keeper_call call = {
		.errand = ERRAND_CALL, .fn = fn, .arg = arg
	};

	sem_init(&call.done, 0, 0);
	while (!feed_message(k->feed, &call)) {
		const struct timespec pause = { .tv_nsec = 1000 * 1000 };

		nanosleep(&pause, NULL);
	}
	while (sem_wait(&call.done) != 0)
		; /* interrupted */
	sem_destroy(&call.done);
}

struct spool *keeper_spool(struct keeper *k)
{
	return k->spool;
}

struct dead_letters *keeper_dead_letters(struct keeper *k)
{
	return keeper_has_letters(k) ? &k->letters : NULL;
}

void keeper_retry(struct keeper *k)
{
	k->retry_at_ns = keeper_disk_refuses(k) ? 1 : 0;
	k->read_at_ns = 0;
}

uint64_t keeper_discard(struct keeper *k, uint64_t number)
{
	struct spool_file *f, *next;
	uint64_t events = 0;

	if (k->spool == NULL)
		return 0;
	for (f = spool_next(k->spool, NULL); f != NULL; f = next) {
		next = spool_next(k->spool, f);
		if (!f->waits || (number != 0 && f->number != number))
			continue;
		events += f->events;
		stat_add(k->stats, OUTPUT_DROPPED_SPOOL_DISCARDED, f->events);
		spool_remove(k->spool, f);
	}
	return events;
}

int keeper_resend(struct keeper *k)
{
	int r = DEAD_LETTERS_E_NONE;

	if (keeper_has_letters(k))
		r = k->resending ? 0 : dead_letters_resend(&k->letters);
	k->resending = r == 0;
	return r;
}
