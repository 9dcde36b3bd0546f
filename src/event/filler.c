#include "event/filler.h"

#include <time.h>

#include "event/loss.h"

enum {
	/* how soon to look again when a seal was put off, or room is awaited */
	RECHECK_NS = 20 * 1000 * 1000,
	ROOM_PAUSE_NS = 1000 * 1000,

};

int filler_init(struct filler *f, struct feed *feed, unsigned worker)
{
	*f = (struct filler){
		.feed = feed,
		.stats = &feed->stats.shards[worker],
		.flushes = atomic_load(&feed->flushes),
	};
	return encoder_new(&f->encoder, &feed->settings.encoder);
}

void filler_deinit(struct filler *f)
{
	f->encoder = encoder_free(f->encoder);
}

/*
 * Where everything goes to disk first, batches may use the memory on this side
 * of the disk instead of that behind it.
 */
static bool disk_has_room(const struct feed *f)
{
	size_t max = f->disk.waiting_max, behind = ring_len(&f->sealed);

	if (f->settings.spool_always && behind < f->queue_max)
		max += f->queue_max - behind;
	return atomic_load_explicit(&f->disk.waiting, memory_order_relaxed) <
	       max;
}

/*
 * Room is what queue_max says, not the ring's size: the ring has a place for
 * every batch of the pool, so a push never fails.  Workers may pass the limit
 * together by one batch each; the pool has counted those in.
 */
static bool push(struct filler *f, struct batch **bp)
{
	struct feed *feed = f->feed;
	bool disk = feed->settings.spool &&
		    !atomic_load_explicit(
			    &feed->disk.refuses, memory_order_relaxed);
	bool first = disk && (feed->settings.spool_always ||
				     feed_is_stalled(feed,
					     clock_mono_ns(&clock_system)));

	if (!first && feed_has_room(feed)) {
		ring_push(&feed->sealed, *bp);
		*bp = NULL;
		return true;
	}
	if (!disk || !disk_has_room(feed))
		return false;
	feed_to_keeper(feed, bp);
	return true;
}

/* At the end there is no other room to wait for. */
static void push_anyhow(struct filler *f, struct batch **bp)
{
	if (push(f, bp))
		return;
	if (f->feed->settings.spool) {
		feed_to_keeper(f->feed, bp);
	} else {
		ring_push(&f->feed->sealed, *bp);
		*bp = NULL;
	}
}

static void unblock(struct filler *f)
{
	if (f->blocks)
		block_end(f->feed);
	f->blocks = false;
}

static bool push_waiting(struct filler *f)
{
	if (f->waiting == NULL)
		return true;
	if (push(f, &f->waiting)) {
		unblock(f);
		return true;
	}
	if (f->blocks)
		block_last(f->feed);
	else
		block_begin(f->feed);
	f->blocks = true;
	return false;
}

static void push_waiting_anyhow(struct filler *f)
{
	if (f->waiting != NULL)
		push_anyhow(f, &f->waiting);
	unblock(f);
}

/* Thread: worker; sleeps under OVERFLOW_BLOCK until there is room or a cut. */
static void wait_for_room(struct filler *f)
{
	const struct timespec pause = { .tv_nsec = ROOM_PAUSE_NS };

	while (!push_waiting(f) && !atomic_load(&f->feed->cut))
		nanosleep(&pause, NULL);
	push_waiting_anyhow(f);
}

static struct batch *close_open(struct filler *f)
{
	struct batch *b = f->open;

	f->open = NULL;
	b->id = feed_batch_id(f->feed, b->events);
	stat_inc(f->stats, OUTPUT_BATCHES_SEALED);
	stat_add(f->stats, OUTPUT_BYTES_ENCODED, b->len);
	histogram_add(&f->feed->batch_sizes, b->events);
	return b;
}

static void seal(struct filler *f)
{
	struct batch *b = close_open(f);

	if (f->feed->settings.overflow == OVERFLOW_BLOCK) {
		wait_for_room(f); /* returns at once unless one waits already */
		f->waiting = b;
		push_waiting(f);
	} else if (!push(f, &b)) {
		feed_lose(f->feed, f->stats, &b);
	}
}

/* An open batch, or NULL with the event counted as dropped. */
static struct batch *open_batch(struct filler *f, uint64_t mono_ns)
{
	if (f->open != NULL)
		return f->open;
	f->open = batch_pool_get(&f->feed->pool);
	if (f->open == NULL) {
		/* after a cut the pool may be out: all of it is queued */
		stat_inc(f->stats, atomic_load(&f->feed->cut)
					   ? OUTPUT_DROPPED_QUEUE_FULL
					   : OUTPUT_DROPPED_NO_MEMORY);
		return NULL;
	}
	f->open->opened_ns = mono_ns;
	f->popped = ring_popped(&f->feed->sealed);
	return f->open;
}

void filler_add(struct filler *f, const struct event *e, uint64_t mono_ns)
{
	const struct feed_settings *s = &f->feed->settings;
	struct batch *b = open_batch(f, mono_ns);
	size_t len;

	if (b == NULL)
		return;
	len = encoder_write(
		f->encoder, e, b->data + b->len, s->batch_bytes - b->len);
	if (len == 0 && b->events != 0) {
		seal(f);
		b = open_batch(f, mono_ns);
		if (b == NULL)
			return;
		len = encoder_write(f->encoder, e, b->data, s->batch_bytes);
	}
	if (len == 0)
		len = feed_shorten(f->feed, f->encoder, e, b);
	if (len == 0) {
		feed_lose_event(f->feed, f->stats, e);
		/* empty: its time begins with an event */
		batch_pool_put(&f->feed->pool, &f->open);
		return;
	}
	b->len += len;
	b->ends[b->events++] = (uint32_t)b->len;
	/* a plain store will do: nobody settles a batch that is still open */
	atomic_store_explicit(&b->held, b->events, memory_order_relaxed);
	stat_inc(f->stats, OUTPUT_TAKEN);
	if (b->events == s->batch_events)
		seal(f);
}

bool filler_blocked(struct filler *f)
{
	return !push_waiting(f) && !atomic_load(&f->feed->cut);
}

/*
 * Has the output taken as many batches since the open one was begun as there
 * are workers?  Then no more are added by time than are taken away, however
 * many wait: a busy worker's do, and a quiet one's events must not wait for
 * their batch to be full.
 */
static bool queue_moves(const struct filler *f)
{
	return ring_popped(&f->feed->sealed) - f->popped >= f->feed->n_workers;
}

uint64_t filler_tick(struct filler *f, uint64_t mono_ns)
{
	unsigned flushes =
		atomic_load_explicit(&f->feed->flushes, memory_order_relaxed);
	bool flush = flushes != f->flushes;
	uint64_t due;

	f->flushes = flushes;
	if (!push_waiting(f))
		return mono_ns + RECHECK_NS;
	if (f->open == NULL || f->open->events == 0)
		return UINT64_MAX;
	due = f->open->opened_ns + f->feed->settings.linger_ns;
	if (mono_ns < due && !flush)
		return due;
	if (ring_len(&f->feed->sealed) != 0 &&
		!f->feed->settings.spool_always && !flush && !queue_moves(f))
		return mono_ns + RECHECK_NS;
	seal(f);
	/* a queue that moves may be full all the same */
	return f->waiting == NULL ? UINT64_MAX : mono_ns + ROOM_PAUSE_NS;
}

void filler_flush(struct filler *f)
{
	struct batch *last;

	push_waiting_anyhow(f);
	if (f->open != NULL && f->open->events != 0) {
		last = close_open(f);
		push_anyhow(f, &last);
	} else if (f->open != NULL) {
		batch_pool_put(&f->feed->pool, &f->open);
	}
}
