#include "spool/keeper.h"

#include <assert.h>
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define LOOK_SOON_NS (5 * NS_PER_MS) /* while batches find no room anywhere */
#define LOOK_NS \
	(100 * NS_PER_MS)     /* how soon to look for what no errand tells */
#define RETRY_NS     NS_PER_S /* first pause after a failure; doubles */
#define RETRY_MAX_NS (30 * NS_PER_S)

#define SLOW_NS (2 * NS_PER_S) /* a batch that takes so long is told */

enum { KEEPER_MAGIC = 0x6b656570 };

struct keeper {
	unsigned magic;
	struct keeper_settings settings; /* const after start */
	struct feed *feed;               /* const after start */
	/* owner: the thread, all below but the last three */
	struct spool *spool; /* NULL: none */
	struct dead_letters letters;
	struct stat_shard *stats;
	struct batch **unwritten; /* taken, oldest first; a ring of pool.max */
	unsigned unwritten_at, n_unwritten;
	struct batch **parked; /* that found no room anywhere; oldest first */
	unsigned n_parked;
	bool closed;          /* the senders' ring is */
	uint64_t retry_at_ns; /* not before, after a failure; 0: none */
	uint64_t pause_ns;    /* the last one; 0: writing works */
	uint64_t read_at_ns;  /* not before, after a failed reading */
	uint64_t expire_at_ns;
	bool resending;
	bool resend_out;               /* a batch of them is in memory */
	struct spool_file resend_mark; /* such a batch has it for its file */
	struct thread thread;
	_Atomic bool cut;   /* atomic */
	_Atomic bool ended; /* atomic */
};

static uint64_t now_ns(void)
{
	return clock_mono_ns(&clock_system);
}

static const char *output_name(const struct keeper *k)
{
	return k->feed->settings.name;
}

/* --- batches leave the keeper */

static void to_pool(struct keeper *k, struct batch *b)
{
	batch_pool_put(&k->feed->pool, &b);
}

static void to_senders(struct keeper *k, struct batch *b)
{
	ring_push(&k->feed->sealed, b); /* has a place for every batch */
}

static void drop(struct keeper *k, struct batch *b, enum output_stat reason)
{
	uint32_t left = batch_left(b);

	stat_add(k->stats, reason, left);
	batch_settle(b, left);
	to_pool(k, b);
}

/* Its events are on the disk: they are counted there first. */
static void to_disk(struct keeper *k, struct batch *b, struct spool_file *f)
{
	uint32_t left = batch_left(b);

	spool_wait(k->spool, f, left);
	batch_settle(b, left);
	to_pool(k, b);
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
	k->retry_at_ns = now_ns() + k->pause_ns;
	atomic_store(&k->feed->disk.refuses, true);
	if (error != SPOOL_E_FULL)
		stat_inc(k->stats, OUTPUT_SPOOL_ERRORS);
	log_limited(LOG_LEVEL_ERROR, SPOOL_REFUSES,
		"the spool takes nothing; events stay in memory as far as "
		"there is room",
		"output=%s path=%s reason=\"%s\" retry_seconds=%.0f",
		output_name(k), k->settings.spool.path,
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
		"output=%s path=%s", output_name(k), k->settings.spool.path);
}

static bool disk_refuses(const struct keeper *k)
{
	return k->retry_at_ns != 0;
}

/* Time to try again?  A full spool also when it has shrunk. */
static void look_at_disk(struct keeper *k, uint64_t now)
{
	if (disk_refuses(k) && now >= k->retry_at_ns &&
		spool_has_room(k->spool)) {
		k->retry_at_ns = 0;
		atomic_store(&k->feed->disk.refuses, false);
	}
}

/* --- writing */

static int write_file(struct keeper *k, const struct batch *b,
	uint64_t created_ns, struct spool_file **file)
{
	uint64_t start = now_ns(), took;
	int r = spool_write(k->spool, b, created_ns, file);

	took = now_ns() - start;
	if (took > SLOW_NS)
		log_limited(LOG_LEVEL_WARN, SPOOL_SLOW,
			"the disk of the spool is slow; batches wait in memory",
			"output=%s path=%s seconds=%.1f", output_name(k),
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

static void park(struct keeper *k, struct batch *b)
{
	k->parked[k->n_parked++] = b; /* has a place for every batch */
}

/* The disk does not take it: memory, then what the feed's overflow says. */
static void keep_anyhow(struct keeper *k, struct batch *b)
{
	if (senders_have_room(k))
		to_senders(k, b);
	else if (k->feed->settings.overflow == OVERFLOW_BLOCK)
		park(k, b);
	else
		drop(k, b, OUTPUT_DROPPED_SPOOL_FULL);
}

/* A batch that has no file: from a worker, or from the senders' ring. */
static void take_new(struct keeper *k, struct batch *b, bool stalled)
{
	struct spool_file *f;

	/* the senders may have caught up meanwhile */
	if (!k->feed->settings.spool_always && !stalled &&
		senders_have_room(k)) {
		to_senders(k, b);
		return;
	}
	if (disk_refuses(k) ||
		write_file(k, b, clock_real_ns(&clock_system), &f) != 0) {
		keep_anyhow(k, b);
	} else if (k->feed->settings.spool_always && !stalled &&
		   senders_have_room(k)) {
		b->file = f;
		to_senders(k, b);
	} else {
		to_disk(k, b, f);
	}
}

static void retry_parked(struct keeper *k)
{
	unsigned n = k->n_parked;

	if (n == 0 || (disk_refuses(k) && !senders_have_room(k)))
		return;
	k->n_parked = 0;
	for (unsigned i = 0; i < n; i++) {
		bool stalled = feed_is_stalled(k->feed, now_ns());
		unsigned still = k->n_parked;

		take_new(k, k->parked[i], stalled);
		if (k->n_parked == still)
			atomic_fetch_sub(&k->feed->disk.waiting, 1);
	}
}

/* --- what comes back from the senders */

/*
 * Part of it is delivered: only the rest may be sent after a restart, so it
 * becomes a file of its own.  If that fails, the whole will be sent again.
 */
static void take_back_part(struct keeper *k, struct batch *b)
{
	struct spool_file *f = b->file, *rest;

	/* the old id is that of other ranges of events */
	b->id = feed_batch_id(k->feed);
	if (!atomic_load(&k->cut) &&
		write_file(k, b, f->created_ns, &rest) == 0) {
		spool_remove(k->spool, f);
		f = rest;
	}
	to_disk(k, b, f);
}

static void take_back(struct keeper *k, struct batch *b)
{
	struct spool_file *f = b->file;

	if (f->replayed)
		atomic_fetch_sub(&k->feed->disk.replays, 1);
	b->file = NULL;
	if (batch_left(b) == 0) {
		spool_remove(k->spool, f);
		to_pool(k, b);
	} else if (b->first == 0 && b->whole == 0) {
		to_disk(k, b, f);
	} else {
		b->file = f;
		take_back_part(k, b);
	}
}

/* --- dead letters */

static bool has_letters(const struct keeper *k)
{
	return k->settings.dead_letters.path != NULL;
}

static void write_letter(struct keeper *k, struct letter *l)
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
			output_name(k), k->settings.dead_letters.path,
			(unsigned)(l->events - written), strerror(-r));
	}
	free(l);
}

/* The next dead letters to be sent again, one batch of them at a time. */
static void resend(struct keeper *k)
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
		to_pool(k, b);
		k->resending = false;
		if (r < 0)
			log_limited(LOG_LEVEL_ERROR, DEAD_LETTER_RESEND_FAILED,
				"dead letters cannot be read; ask for them "
				"once more later",
				"output=%s error=\"%s\"", output_name(k),
				strerror(-r));
		return;
	}
	atomic_store(&b->held, b->events);
	stat_add(k->stats, OUTPUT_RECOVERED, b->events);
	b->file = &k->resend_mark;
	b->id = feed_batch_id(k->feed);
	k->resend_out = true;
	to_senders(k, b);
}

/* The end came in between: what is not settled is a dead letter as before. */
static void take_back_resent(struct keeper *k, struct batch *b)
{
	uint32_t left = batch_left(b);

	/* in order, as the file is read: what is settled in the midst of a
	 * batch is sent once more */
	if (b->whole != 0)
		dead_letters_settled(&k->letters, left == 0 ? b->whole : 0);
	else
		dead_letters_settled(&k->letters, b->first);
	stat_add(k->stats, OUTPUT_DEAD_LETTERED, left);
	batch_settle(b, left);
	b->file = NULL;
	to_pool(k, b);
	k->resend_out = false;
	k->resending = k->resending && left == 0;
}

/* --- reading back */

static void expire(struct keeper *k, uint64_t now)
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
			"output=%s events=%llu", output_name(k),
			(unsigned long long)events);
}

static void read_failed(struct keeper *k, int error)
{
	stat_inc(k->stats, OUTPUT_SPOOL_ERRORS);
	k->read_at_ns = now_ns() + RETRY_NS;
	log_limited(LOG_LEVEL_ERROR, SPOOL_UNREADABLE,
		"the spool cannot be read; it is tried again",
		"output=%s path=%s error=\"%s\"", output_name(k),
		k->settings.spool.path, strerror(-error));
}

/* Return: false: no more now. */
static bool replay_one(struct keeper *k, struct spool_file *f)
{
	struct batch *b = batch_pool_get(&k->feed->pool);
	uint32_t lost = 0;
	int r;

	if (b == NULL)
		return false;
	r = spool_load(k->spool, f, &k->feed->pool, b, &lost);
	if (r != 0) {
		to_pool(k, b);
		if (r == SPOOL_E_DAMAGED) {
			stat_inc(k->stats, OUTPUT_SPOOL_DAMAGED);
			stat_add(k->stats, OUTPUT_DROPPED_SPOOL_DAMAGED, lost);
		} else {
			read_failed(k, r);
		}
		return r == SPOOL_E_DAMAGED;
	}
	b->file = f;
	f->replayed = true;
	atomic_fetch_add(&k->feed->disk.replays, 1);
	stat_inc(k->stats, OUTPUT_SPOOL_REPLAYED);
	to_senders(k, b);
	return true;
}

static void replay(struct keeper *k, bool stalled)
{
	/* one is enough to find out that a backend works again */
	unsigned most = stalled ? 1 : feed_replays(k->feed);
	struct spool_file *f;

	while (!k->closed && atomic_load(&k->feed->disk.replays) < most &&
		now_ns() >= k->read_at_ns &&
		(f = spool_oldest(k->spool)) != NULL)
		if (!replay_one(k, f))
			break;
}

/*
 * Nothing can be delivered for now: what waits in memory is safer on disk.
 * Those that came from there stay, for the next try.
 */
static void empty_memory(struct keeper *k)
{
	size_t n = ring_len(&k->feed->sealed);
	struct spool_file *f;
	struct batch *b;

	while (n-- > 0 && !disk_refuses(k) && !k->closed &&
		(b = ring_try_pop(&k->feed->sealed)) != NULL) {
		if (b->file == &k->resend_mark ||
			(b->file != NULL && b->file->replayed))
			to_senders(k, b);
		else if (b->file != NULL)
			take_back(k, b);
		else if (write_file(k, b, clock_real_ns(&clock_system), &f) ==
			 0)
			to_disk(k, b, f);
		else
			to_senders(k, b);
	}
}

/* --- the thread */

static void take_batch(struct keeper *k, struct batch *b)
{
	unsigned parked = k->n_parked;

	if (b->file == &k->resend_mark)
		take_back_resent(k, b);
	else if (b->file != NULL)
		take_back(k, b);
	else
		take_new(k, b, feed_is_stalled(k->feed, now_ns()));
	if (k->n_parked == parked)
		atomic_fetch_sub(&k->feed->disk.waiting, 1);
}

struct call {
	enum errand errand; /* ERRAND_CALL */
	void (*fn)(struct keeper *k, void *arg);
	void *arg;
	sem_t done;
};

static void take_errand(struct keeper *k, void *item)
{
	struct call *call = item;

	switch (*(enum errand *)item) {
	case ERRAND_BATCH:
		take_batch(k, item);
		break;
	case ERRAND_LETTER:
		write_letter(k, item);
		break;
	case ERRAND_CALL:
		call->fn(k, call->arg);
		sem_post(&call->done);
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
	return now_ns() + (k->n_parked > 0 ? LOOK_SOON_NS : LOOK_NS);
}

static void look_after_spool(struct keeper *k)
{
	uint64_t now = now_ns();
	bool stalled = feed_is_stalled(k->feed, now);

	look_at_disk(k, now);
	retry_parked(k);
	expire(k, now);
	if (stalled)
		empty_memory(k);
	replay(k, stalled);
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
		 write_file(k, b, clock_real_ns(&clock_system), &f) == 0)
		to_disk(k, b, f);
	else
		drop(k, b, OUTPUT_DROPPED_SHUTDOWN);
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
		resend(k);
		if (has_letters(k))
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
			output_name(k), k->settings.spool.path,
			(unsigned long long)found.files,
			(unsigned long long)found.events,
			(unsigned long long)found.damaged);
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
	k->feed = feed;
	k->stats = feed_keeper_stats(feed);
	k->parked = calloc(feed->pool.max, sizeof(struct batch *));
	k->unwritten = calloc(feed->pool.max, sizeof(struct batch *));
	if (k->parked == NULL || k->unwritten == NULL)
		goto out_memory;
	if (settings->spool.path != NULL)
		r = open_spool(k, identity, error, cap);
	if (r == 0 && has_letters(k))
		r = dead_letters_open(&k->letters, &k->settings.dead_letters,
			output_name(k), error, cap);
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

void keeper_cut(struct keeper *k)
{
	atomic_store(&k->cut, true);
}

bool keeper_ended(const struct keeper *k)
{
	return atomic_load(&k->ended);
}

struct keeper *keeper_free(struct keeper *k)
{
	if (k == NULL)
		return NULL;
	feed_close(k->feed); /* done, but for a start that failed */
	keeper_close(k);
	thread_join(&k->thread);
	deinit(k);
	return NULL;
}

/* --- for the operator */

void keeper_call(
	struct keeper *k, void (*fn)(struct keeper *k, void *arg), void *arg)
{
	struct call call = { .errand = ERRAND_CALL, .fn = fn, .arg = arg };

	sem_init(&call.done, 0, 0);
	while (!ring_push(&k->feed->disk.errands, &call)) {
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
	return has_letters(k) ? &k->letters : NULL;
}

void keeper_retry(struct keeper *k)
{
	k->retry_at_ns = disk_refuses(k) ? 1 : 0;
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

	if (has_letters(k))
		r = k->resending ? 0 : dead_letters_resend(&k->letters);
	k->resending = r == 0;
	return r;
}
