#include "spool/keeper_own.h"

#include <string.h>

#include "base/log.h"

#define READ_NS      (100 * NS_PER_MS) /* after a file that cannot be read */
#define AGAIN_NS     NS_PER_S          /* until it is tried again; doubles */
#define AGAIN_MAX_NS (30 * NS_PER_S)

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

/* When the next of those that failed is tried again; f fails at present. */
static void plan_again(
	struct keeper *k, const struct spool_file *f, uint64_t now)
{
	bool first = spool_unreadable(k->spool) == NULL;

	if (!first && !f->failed)
		return; /* it is planned */
	k->again_ns = first ? AGAIN_NS : 2 * k->again_ns;
	if (k->again_ns > AGAIN_MAX_NS)
		k->again_ns = AGAIN_MAX_NS;
	k->again_at_ns = now + k->again_ns;
}

/*
 * One bad place of the disk is no reason to keep the others back.  A whole bad
 * disk is read slowly, and what failed on it more slowly still.
 */
static void read_failed(struct keeper *k, struct spool_file *f, int error)
{
	uint64_t now = keeper_now_ns();

	stat_inc(k->stats, OUTPUT_SPOOL_ERRORS);
	k->read_at_ns = now + READ_NS;
	plan_again(k, f, now);
	spool_read_failed(k->spool, f);
	log_limited(LOG_LEVEL_ERROR, SPOOL_UNREADABLE,
		"a file of the spool cannot be read; others are sent, and it "
		"is tried again",
		"output=%s path=%s/%016llx.batch events=%u error=\"%s\"",
		keeper_name(k), k->settings.spool.path,
		(unsigned long long)f->number, (unsigned)f->events,
		strerror(-error));
}

/* The oldest one; now and then one that could not be read. */
static struct spool_file *next_file(const struct keeper *k)
{
	uint64_t now = keeper_now_ns();
	struct spool_file *f = NULL;

	if (now >= k->again_at_ns)
		f = spool_unreadable(k->spool);
	if (f == NULL && now >= k->read_at_ns)
		f = spool_readable(k->spool);
	return f;
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
			read_failed(k, f, r);
		}
		return r == SPOOL_E_DAMAGED;
	}
	/* more than waited: some were delivered from its midst */
	if (batch_left(b) > waited)
		stat_add(k->stats, OUTPUT_RECOVERED, batch_left(b) - waited);
	keeper_know_age(b, f->created_ns);
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
		(f = next_file(k)) != NULL)
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
		else if (keeper_write_file(k, b, keeper_created_ns(b), &f) == 0)
			keeper_to_disk(k, b, f);
		else
			keeper_to_senders(k, b);
	}
}
