#include "spool/keeper_own.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

#define LOOK_SOON_NS (5 * NS_PER_MS)   /* while batches find no room anywhere */
#define LOOK_NS      (100 * NS_PER_MS) /* for what no errand tells */

enum { KEEPER_MAGIC = 0x6b656570 };

static void take_batch(struct keeper *k, struct batch *b)
{
	unsigned parked = k->n_parked;

	if (b->file == &k->resend_mark)
		keeper_take_back_resent(k, b);
	else if (b->file != NULL)
		keeper_take_back(k, b);
	else
		keeper_take_new(
			k, b, feed_is_stalled(k->feed, keeper_now_ns()));
	if (k->n_parked == parked)
		atomic_fetch_sub(&k->feed->disk.waiting, 1);
}

static void take_errand(struct keeper *k, void *item)
{
	if (*(enum errand *)item != ERRAND_BATCH)
		feed_message_taken(k->feed);
	switch (*(enum errand *)item) {
	case ERRAND_BATCH:
		take_batch(k, item);
		break;
	case ERRAND_LETTER:
		keeper_write_letter(k, item);
		break;
	case ERRAND_CHORE:
		keeper_do_chore(k, item);
		break;
	}
}

/*
 * What comes back is seen to first: its file goes, and will not be sent again
 * after a crash.  New batches wait for the disk one by one.
 */
static void sort_errand(struct keeper *k, void *item)
{
	unsigned max = k->feed->pool.max;
	struct batch *b = item;

	if (*(enum errand *)item == ERRAND_BATCH && b->file == NULL)
		k->unwritten[(k->unwritten_at + k->n_unwritten++) % max] = b;
	else
		take_errand(k, item);
}

/* The next one, or NULL. */
static struct batch *next_unwritten(struct keeper *k)
{
	struct batch *b;

	if (k->n_unwritten == 0)
		return NULL;
	b = k->unwritten[k->unwritten_at];
	k->unwritten_at = (k->unwritten_at + 1) % k->feed->pool.max;
	k->n_unwritten--;
	return b;
}

/* When to stop waiting for an errand; 0: there is something to do. */
static uint64_t wake_ns(const struct keeper *k)
{
	if (k->n_unwritten > 0)
		return 0;
	return keeper_now_ns() + (k->n_parked > 0 ? LOOK_SOON_NS : LOOK_NS);
}

/* Those that a reload has set; what was refused under others is tried again. */
static void take_up_limits(struct keeper *k)
{
	uint64_t max_size = atomic_load(&k->max_size);

	k->settings.spool.max_age_ns = atomic_load(&k->max_age_ns);
	if (max_size == k->settings.spool.max_size)
		return;
	k->settings.spool.max_size = max_size;
	keeper_retry(k);
}

static void look_after_spool(struct keeper *k)
{
	uint64_t now = keeper_now_ns();
	bool stalled = feed_is_stalled(k->feed, now);

	take_up_limits(k);
	keeper_look_at_disk(k, now);
	keeper_retry_parked(k);
	keeper_expire(k, now);
	if (stalled)
		keeper_empty_memory(k);
	keeper_replay(k, stalled);
}

/*
 * The workers have ended.  What they left is written or on its way, so nothing
 * comes after it, and the senders may end when they have delivered the rest.
 */
static void close_sealed(struct keeper *k)
{
	if (k->closed || !atomic_load(&k->feed->disk.closing) ||
		atomic_load(&k->feed->disk.waiting) != 0)
		return;
	k->closed = true;
	ring_close(&k->feed->sealed);
}

/* The senders have ended: to the disk, or it is lost. */
static void finish_batch(struct keeper *k, struct batch *b)
{
	struct spool_file *f;

	if (b->file != NULL)
		take_batch(k, b);
	else if (k->spool != NULL && !atomic_load(&k->cut) &&
		 keeper_write_file(k, b, clock_real_ns(&clock_system), &f) == 0)
		keeper_to_disk(k, b, f);
	else
		keeper_drop(k, b, OUTPUT_DROPPED_SHUTDOWN);
}

static void finish(struct keeper *k)
{
	struct batch *b;
	void *item;

	k->closed = true;
	while ((b = next_unwritten(k)) != NULL)
		finish_batch(k, b);
	for (unsigned i = 0; i < k->n_parked; i++)
		finish_batch(k, k->parked[i]);
	while ((item = ring_try_pop(&k->feed->disk.errands)) != NULL ||
		(item = ring_try_pop(&k->feed->sealed)) != NULL) {
		if (*(enum errand *)item == ERRAND_BATCH)
			finish_batch(k, item);
		else
			take_errand(k, item);
	}
}

static void run(void *arg)
{
	struct keeper *k = arg;
	struct ring *errands = &k->feed->disk.errands;
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	struct batch *b;
	void *item;
	int r;

	assert(k->magic == KEEPER_MAGIC);
	for (;;) {
		r = ring_pop(errands, wake_ns(k), &item);
		if (r == 0) {
			do
				sort_errand(k, item);
			while ((item = ring_try_pop(errands)) != NULL);
		} else if (r == RING_E_CLOSED) {
			if (atomic_load(&k->feed->disk.closing))
				break;
			/* senders were cut; the intake is still ending */
			nanosleep(&pause, NULL);
		}
		b = next_unwritten(k);
		if (b != NULL)
			take_batch(k, b);
		if (k->spool != NULL)
			look_after_spool(k);
		keeper_resend_next(k);
		if (keeper_has_letters(k))
			dead_letters_sync(&k->letters);
		close_sealed(k);
	}
	finish(k);
	atomic_store(&k->ended, true);
}

/* --- start and end */

static int open_spool(
	struct keeper *k, const char *identity, char *error, size_t cap)
{
	struct spool_found found;
	int r = spool_open(&k->spool, &k->settings.spool, identity,
		&k->feed->disk.usage, &found, error, cap);

	if (r != 0)
		return r;
	stat_add(k->stats, OUTPUT_RECOVERED, found.events);
	stat_add(k->stats, OUTPUT_SPOOL_DAMAGED, found.damaged);
	if (found.files + found.damaged != 0)
		log_info(SPOOL_RECOVERED, "an earlier run left batches",
			"output=%s path=%s files=%llu events=%llu damaged=%llu",
			keeper_name(k), k->settings.spool.path,
			(unsigned long long)found.files,
			(unsigned long long)found.events,
			(unsigned long long)found.damaged);
	return 0;
}

static int open_letters(struct keeper *k, char *error, size_t cap)
{
	int r = dead_letters_open(&k->letters, &k->settings.dead_letters,
		keeper_name(k), error, cap);

	if (r != 0)
		return r;
	k->resending = dead_letters_are_resent(&k->letters);
	if (k->resending)
		log_info(DEAD_LETTER_RESUMED,
			"dead letters that an earlier run was to send again "
			"are sent",
			"output=%s path=%s", keeper_name(k),
			k->settings.dead_letters.path);
	return 0;
}

static void deinit(struct keeper *k)
{
	k->spool = spool_close(k->spool);
	if (k->letters.settings != NULL)
		dead_letters_close(&k->letters);
	free(k->parked);
	free(k->unwritten);
	free(k);
}

int keeper_start(struct keeper **kp, const struct keeper_settings *settings,
	const char *identity, struct feed *feed, char *error, size_t cap)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int r = 0;

	if (k == NULL)
		goto out_memory;
	k->magic = KEEPER_MAGIC;
	k->settings = *settings;
	keeper_set_limits(
		k, settings->spool.max_size, settings->spool.max_age_ns);
	k->feed = feed;
	k->stats = feed_keeper_stats(feed);
	k->parked = calloc(feed->pool.max, sizeof(struct batch *));
	k->unwritten = calloc(feed->pool.max, sizeof(struct batch *));
	if (k->parked == NULL || k->unwritten == NULL)
		goto out_memory;
	if (settings->spool.path != NULL)
		r = open_spool(k, identity, error, cap);
	if (r == 0 && keeper_has_letters(k))
		r = open_letters(k, error, cap);
	if (r == 0) {
		r = thread_start(&k->thread, "keeper", run, k);
		if (r != 0)
			snprintf(error, cap, "keeper: %s", strerror(-r));
	}
	if (r == 0)
		*kp = k;
	else
		deinit(k);
	return r;

out_memory:
	if (k != NULL)
		deinit(k);
	snprintf(error, cap, "keeper: %s", strerror(ENOMEM));
	return -ENOMEM;
}

void keeper_close(struct keeper *k)
{
	ring_close(&k->feed->disk.errands);
}

void keeper_set_limits(struct keeper *k, uint64_t max_size, uint64_t max_age_ns)
{
	atomic_store(&k->max_size, max_size);
	atomic_store(&k->max_age_ns, max_age_ns);
}

void keeper_cut(struct keeper *k)
{
	atomic_store(&k->cut, true);
}

bool keeper_ended(const struct keeper *k)
{
	return atomic_load(&k->ended);
}

/* Chores that came when the thread had ended. */
static void cancel_chores(struct keeper *k)
{
	struct ring *errands = &k->feed->disk.errands;
	void *item;

	for (size_t n = ring_len(errands); n > 0; n--) {
		item = ring_try_pop(errands);
		if (*(enum errand *)item == ERRAND_CHORE)
			keeper_chore_put(item);
		else
			ring_push(errands, item);
	}
}

struct keeper *keeper_free(struct keeper *k)
{
	if (k == NULL)
		return NULL;
	feed_close(k->feed); /* done, but for a start that failed */
	keeper_close(k);
	thread_join(&k->thread);
	cancel_chores(k);
	deinit(k);
	return NULL;
}
