#include "spool/keeper_own.h"

#include <string.h>

#include "base/log.h"

#define RETRY_NS NS_PER_S

void keeper_expire(struct keeper *k, uint64_t now)
{
	uint64_t real = clock_real_ns(&clock_system), events = 0;
	struct spool_file *f;

	if (now < k->expire_at_ns)
		return;
	k->expire_at_ns = now + NS_PER_S;
	while ((f = spool_oldest(k->spool)) != NULL &&
		spool_is_expired(k->spool, f, real)) {
		events += f->events;
		stat_add(k->stats, OUTPUT_DROPPED_SPOOL_EXPIRED, f->events);
		spool_remove(k->spool, f);
	}
	if (events != 0)
		log_limited(LOG_LEVEL_ERROR, SPOOL_EXPIRED,
			"events waited in the spool longer than max_age and "
			"are dropped",
			"output=%s events=%llu", keeper_name(k),
			(unsigned long long)events);
}

static void read_failed(struct keeper *k, int error)
{
	stat_inc(k->stats, OUTPUT_SPOOL_ERRORS);
	k->read_at_ns = keeper_now_ns() + RETRY_NS;
	log_limited(LOG_LEVEL_ERROR, SPOOL_UNREADABLE,
		"the spool cannot be read; it is tried again",
		"output=%s path=%s error=\"%s\"", keeper_name(k),
		k->settings.spool.path, strerror(-error));
}

/* Return: false: no more now. */
static bool replay_one(struct keeper *k, struct spool_file *f)
{
	struct batch *b = batch_pool_get(&k->feed->pool);
	uint32_t lost = 0, waited = f->events;
	int r;

	if (b == NULL)
		return false;
	r = spool_load(k->spool, f, &k->feed->pool, b, &lost);
	if (r != 0) {
		keeper_to_pool(k, b);
		if (r == SPOOL_E_DAMAGED) {
			stat_inc(k->stats, OUTPUT_SPOOL_DAMAGED);
			stat_add(k->stats, OUTPUT_DROPPED_SPOOL_DAMAGED, lost);
		} else {
			read_failed(k, r);
		}
		return r == SPOOL_E_DAMAGED;
	}
	/* more than waited: some were delivered from its midst */
	if (batch_left(b) > waited)
		stat_add(k->stats, OUTPUT_RECOVERED, batch_left(b) - waited);
	b->file = f;
	f->replayed = true;
	atomic_fetch_add(&k->feed->disk.replays, 1);
	stat_inc(k->stats, OUTPUT_SPOOL_REPLAYED);
	keeper_to_senders(k, b);
	return true;
}

void keeper_replay(struct keeper *k, bool stalled)
{
	/* one is enough to find out that a backend works again */
	unsigned most = stalled ? 1 : feed_replays(k->feed);
	struct spool_file *f;

	while (!k->closed && atomic_load(&k->feed->disk.replays) < most &&
		keeper_now_ns() >= k->read_at_ns &&
		(f = spool_oldest(k->spool)) != NULL)
		if (!replay_one(k, f))
			break;
}

void keeper_empty_memory(struct keeper *k)
{
	size_t n = ring_len(&k->feed->sealed);
	struct spool_file *f;
	struct batch *b;

	while (n-- > 0 && !keeper_disk_refuses(k) && !k->closed &&
		(b = ring_try_pop(&k->feed->sealed)) != NULL) {
		if (b->file == &k->resend_mark ||
			(b->file != NULL && b->file->replayed))
			keeper_to_senders(k, b);
		else if (b->file != NULL)
			keeper_take_back(k, b);
		else if (keeper_write_file(
				 k, b, clock_real_ns(&clock_system), &f) == 0)
			keeper_to_disk(k, b, f);
		else
			keeper_to_senders(k, b);
	}
}
