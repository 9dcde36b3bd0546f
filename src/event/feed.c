#include "event/feed.h"

#include <errno.h>
#include <sys/random.h>

enum {
	STALL_NS = 1000 * 1000 * 1000, /* shorter ones are left to memory */
	DISK_QUEUE = 8,                /* batches that may wait for the disk */
};

/* Where numbers of batches begin: other processes', before and after this one,
 * begin elsewhere. */
static uint64_t first_id(void)
{
	uint64_t id;

	if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
		id = clock_real_ns(&clock_system);
	return id;
}

int feed_init(struct feed *f, const struct feed_settings *settings,
	unsigned n_workers, unsigned n_senders)
{
	unsigned batches;
	int r;

	*f = (struct feed){
		.settings = *settings,
		.n_workers = n_workers,
		.n_senders = n_senders,
		.disk = { .waiting_max = DISK_QUEUE + n_workers },
	};
	histogram_init(&f->batch_sizes, &histogram_count);
	histogram_init(&f->delay, &histogram_delay);
	atomic_init(&f->next_id, first_id());
	f->queue_max = (settings->buffer_events + settings->batch_events - 1) /
		       settings->batch_events;
	if (f->queue_max == 0)
		f->queue_max = 1;
	f->pending_max =
		(settings->pending_events + settings->batch_events - 1) /
		settings->batch_events;
	/* besides those that queue: three a worker (one open, one waiting for
	 * room, one in the queue above its limit: see push()) and one in
	 * flight a sender; with a spool also those on the way to disk and
	 * back, and as many again that take their room in the queue while they
	 * wait for acknowledgement */
	batches = f->queue_max + f->pending_max + 3 * n_workers + n_senders;
	if (settings->spool)
		batches +=
			f->disk.waiting_max + n_workers + 2 * feed_replays(f);
	r = batch_pool_init(&f->pool, batches, settings->batch_bytes,
		settings->batch_events);
	if (r != 0)
		return r;
	r = ring_init(&f->sealed, batches);
	if (r != 0)
		goto out_pool;
	r = ring_init(&f->disk.errands, batches + FEED_MESSAGES);
	if (r != 0)
		goto out_ring;
	r = stat_set_init(&f->stats, n_workers + n_senders + 1);
	if (r != 0)
		goto out_errands;
	return 0;

out_errands:
	ring_deinit(&f->disk.errands);
out_ring:
	ring_deinit(&f->sealed);
out_pool:
	batch_pool_deinit(&f->pool);
	return r;
}

void feed_deinit(struct feed *f)
{
	stat_set_deinit(&f->stats);
	ring_deinit(&f->disk.errands);
	ring_deinit(&f->sealed);
	batch_pool_deinit(&f->pool);
}

void feed_close(struct feed *f)
{
	atomic_store(&f->disk.closing, true);
	/* what the keeper still has to write it puts there afterwards */
	if (!f->settings.spool)
		ring_close(&f->sealed);
}

void feed_to_keeper(struct feed *f, struct batch **bp)
{
	atomic_fetch_add(&f->disk.waiting, 1);
	ring_push(&f->disk.errands, *bp);
	*bp = NULL;
}

bool feed_message(struct feed *f, void *message)
{
	if (atomic_fetch_add(&f->disk.messages, 1) < FEED_MESSAGES) {
		ring_push(&f->disk.errands, message);
		return true;
	}
	atomic_fetch_sub(&f->disk.messages, 1);
	return false;
}

bool feed_is_stalled(const struct feed *f, uint64_t mono_ns)
{
	uint64_t since =
		atomic_load_explicit(&f->disk.stalled_ns, memory_order_relaxed);

	return since != 0 && mono_ns > since && mono_ns - since > STALL_NS;
}

void feed_stall(struct feed *f, uint64_t mono_ns)
{
	uint64_t none = 0;

	atomic_compare_exchange_strong(&f->disk.stalled_ns, &none, mono_ns);
}

void feed_resume(struct feed *f)
{
	if (atomic_load_explicit(&f->disk.stalled_ns, memory_order_relaxed) !=
		0)
		atomic_store(&f->disk.stalled_ns, 0);
}

void feed_pause(struct feed *f, bool paused)
{
	atomic_store(&f->paused, paused);
	if (!paused)
		feed_resume(f);
}

void feed_flush(struct feed *f)
{
	atomic_fetch_add(&f->flushes, 1);
}

void feed_cut(struct feed *f)
{
	atomic_store(&f->cut, true);
}

static void shift(struct feed *f, const struct stat_shard *intake, int64_t sign)
{
	for (unsigned id = 0; id < INTAKE_STAT_COUNT; id++)
		atomic_fetch_add(&f->offset[id],
			sign * (int64_t)atomic_load_explicit(&intake->value[id],
				       memory_order_relaxed));
}

void feed_join(struct feed *f, const struct stat_shard *intake)
{
	shift(f, intake, -1);
}

void feed_leave(struct feed *f, const struct stat_shard *intake)
{
	shift(f, intake, 1);
}

uint64_t feed_intake(
	const struct feed *f, const struct stat_set *intake, unsigned id)
{
	uint64_t sum = atomic_load(&f->left) ? 0 : stat_sum(intake, id);

	return sum + (uint64_t)atomic_load(&f->offset[id]);
}
