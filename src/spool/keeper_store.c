#include "spool/keeper_own.h"

#include <string.h>

#include "base/log.h"

#define RETRY_NS     NS_PER_S /* first pause after a failure; doubles */
#define RETRY_MAX_NS (30 * NS_PER_S)
#define SLOW_NS      (2 * NS_PER_S) /* a batch that takes so long is told */

void keeper_to_pool(struct keeper *k, struct batch *b)
{
	batch_pool_put(&k->feed->pool, &b);
}

void keeper_to_senders(struct keeper *k, struct batch *b)
{
	ring_push(&k->feed->sealed, b); /* has a place for every batch */
}

void keeper_drop(struct keeper *k, struct batch *b, enum output_stat reason)
{
	uint32_t left = batch_left(b);

	stat_add(k->stats, reason, left);
	batch_settle(b, left);
	keeper_to_pool(k, b);
}

void keeper_to_disk(struct keeper *k, struct batch *b, struct spool_file *f)
{
	uint32_t left = batch_left(b);

	spool_wait(k->spool, f, left);
	batch_settle(b, left);
	keeper_to_pool(k, b);
}

static bool senders_have_room(const struct keeper *k)
{
	return !k->closed && feed_has_room(k->feed);
}

/* --- trouble */

static void disk_failed(struct keeper *k, int error)
{
	k->pause_ns = k->pause_ns == 0 ? RETRY_NS : 2 * k->pause_ns;
	if (k->pause_ns > RETRY_MAX_NS)
		k->pause_ns = RETRY_MAX_NS;
	k->retry_at_ns = keeper_now_ns() + k->pause_ns;
	atomic_store(&k->feed->disk.refuses, true);
	if (error != SPOOL_E_FULL)
		stat_inc(k->stats, OUTPUT_SPOOL_ERRORS);
	log_limited(LOG_LEVEL_ERROR, SPOOL_REFUSES,
		"the spool takes nothing; events stay in memory as far as "
		"there is room",
		"output=%s path=%s reason=\"%s\" retry_seconds=%.0f",
		keeper_name(k), k->settings.spool.path,
		error == SPOOL_E_FULL ? "max_size is reached"
				      : strerror(-error),
		(double)k->pause_ns / (double)NS_PER_S);
}

static void disk_works(struct keeper *k)
{
	if (k->pause_ns == 0)
		return;
	k->pause_ns = 0;
	k->retry_at_ns = 0;
	atomic_store(&k->feed->disk.refuses, false);
	log_info_limited(SPOOL_TAKES, "the spool takes batches again",
		"output=%s path=%s", keeper_name(k), k->settings.spool.path);
}

void keeper_look_at_disk(struct keeper *k, uint64_t now)
{
	if (keeper_disk_refuses(k) && now >= k->retry_at_ns &&
		spool_has_room(k->spool)) {
		k->retry_at_ns = 0;
		atomic_store(&k->feed->disk.refuses, false);
	}
}

/* --- writing */

int keeper_write_file(struct keeper *k, const struct batch *b,
	uint64_t created_ns, struct spool_file **file)
{
	uint64_t start = keeper_now_ns(), took;
	int r = spool_write(k->spool, b, created_ns, file);

	took = keeper_now_ns() - start;
	if (took > SLOW_NS)
		log_limited(LOG_LEVEL_WARN, SPOOL_SLOW,
			"the disk of the spool is slow; batches wait in memory",
			"output=%s path=%s seconds=%.1f", keeper_name(k),
			k->settings.spool.path,
			(double)took / (double)NS_PER_S);
	if (r != 0) {
		disk_failed(k, r);
		return r;
	}
	disk_works(k);
	stat_inc(k->stats, OUTPUT_SPOOL_WRITTEN);
	if (b->file == NULL)
		stat_add(k->stats, OUTPUT_SPOOLED, batch_left(b));
	return 0;
}

uint64_t keeper_created_ns(const struct batch *b)
{
	uint64_t real = clock_real_ns(&clock_system);
	uint64_t age = b->opened_ns != 0 ? keeper_now_ns() - b->opened_ns : 0;

	return real > age ? real - age : real;
}

void keeper_know_age(struct batch *b, uint64_t created_ns)
{
	uint64_t real = clock_real_ns(&clock_system);
	uint64_t age = real > created_ns ? real - created_ns : 0;

	b->opened_ns = keeper_now_ns() - age;
	if (b->opened_ns == 0)
		b->opened_ns = 1;
}

static void park(struct keeper *k, struct batch *b)
{
	k->parked[k->n_parked++] = b; /* has a place for every batch */
}

/* The disk does not take it: memory, then what the feed's overflow says. */
static void keep_anyhow(struct keeper *k, struct batch *b)
{
	if (senders_have_room(k))
		keeper_to_senders(k, b);
	else if (k->feed->settings.overflow == OVERFLOW_BLOCK)
		park(k, b);
	else
		keeper_drop(k, b, OUTPUT_DROPPED_SPOOL_FULL);
}

void keeper_take_new(struct keeper *k, struct batch *b, bool stalled)
{
	struct spool_file *f;

	/* the senders may have caught up meanwhile */
	if (!k->feed->settings.spool_always && !stalled &&
		senders_have_room(k)) {
		keeper_to_senders(k, b);
		return;
	}
	if (keeper_disk_refuses(k) ||
		keeper_write_file(k, b, keeper_created_ns(b), &f) != 0) {
		keep_anyhow(k, b);
	} else if (k->feed->settings.spool_always && !stalled &&
		   senders_have_room(k)) {
		b->file = f;
		keeper_to_senders(k, b);
	} else {
		keeper_to_disk(k, b, f);
	}
}

void keeper_retry_parked(struct keeper *k)
{
	unsigned n = k->n_parked;

	if (n == 0 || (keeper_disk_refuses(k) && !senders_have_room(k)))
		return;
	k->n_parked = 0;
	for (unsigned i = 0; i < n; i++) {
		bool stalled = feed_is_stalled(k->feed, keeper_now_ns());
		unsigned still = k->n_parked;

		keeper_take_new(k, k->parked[i], stalled);
		if (k->n_parked == still)
			atomic_fetch_sub(&k->feed->disk.waiting, 1);
	}
}

/* --- what comes back from the senders */

/*
 * Part of it is delivered: only the rest may be sent after a restart, so it
 * becomes a file of its own.  If that fails, the whole will be sent again after
 * a restart, and before it but for what was delivered from its start.
 */
static void take_back_part(struct keeper *k, struct batch *b)
{
	struct spool_file *f = b->file, *rest;

	/* without some from its midst, numbers are those of other events */
	if (b->whole != 0)
		b->id = feed_batch_id(k->feed, b->events);
	if (!atomic_load(&k->cut) &&
		keeper_write_file(k, b, f->created_ns, &rest) == 0) {
		spool_remove(k->spool, f);
		f = rest;
	} else if (b->whole == 0) {
		f->settled = b->first;
	}
	keeper_to_disk(k, b, f);
}

void keeper_take_back(struct keeper *k, struct batch *b)
{
	struct spool_file *f = b->file;

	if (f->replayed)
		atomic_fetch_sub(&k->feed->disk.replays, 1);
	b->file = NULL;
	if (batch_left(b) == 0) {
		spool_remove(k->spool, f);
		keeper_to_pool(k, b);
	} else if (b->first == 0 && b->whole == 0) {
		keeper_to_disk(k, b, f);
	} else {
		b->file = f;
		take_back_part(k, b);
	}
}
