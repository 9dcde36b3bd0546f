/*
 * The file output: one thread writes batches to a file or to standard output.
 *
 * Nothing is lost or written twice over a failing write: a short write goes on
 * at its offset, an error (a full disk, an I/O error) is tried again with
 * back-off until the drain deadline.  What is settled as delivered is whole
 * lines; half a line that the end leaves is taken back where that is possible.
 *
 * A closed standard output (EPIPE) is treated like any other error while the
 * daemon runs: events wait, and are dropped and counted when memory is full.
 * As nobody can open it again, the end does not wait for its deadline.
 *
 * SIGUSR1: when the path still means the open file, that is rotated; when
 * somebody (logrotate) has moved it away, the path is opened anew and nothing
 * else happens.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/backoff.h"
#include "spool/file.h"
#include "deliver/output_kind.h"
#include "deliver/range.h"
#include "spool/rotate.h"
#include "sync/thread.h"

#define RETRY_INITIAL_NS (100 * NS_PER_MS)
#define RETRY_MAX_NS     (5 * NS_PER_S)

enum { FILE_OUTPUT_MAGIC = 0x66696c65 };

struct file_output {
	struct output head; /* first: struct output * is this */
	unsigned magic;
	struct file file;         /* owner: the thread */
	struct rotation rotation; /* path outputs only */
	struct thread thread;
	struct stat_shard *stats;  /* owner: the thread */
	uint32_t failures;         /* owner: the thread; since a write worked */
	uint64_t rotate_next_ns;   /* owner: the thread; not before, after one
				      failed */
	_Atomic bool rotate_asked; /* atomic */
};

static const char *shown_path(const struct file_output *o)
{
	const char *path = o->head.settings->file.path;

	return path != NULL ? path : "stdout";
}

static void rotate_failed(struct file_output *o, const char *what, int error)
{
	log_warn_limited(ROTATE_FAILED, what, "path=%s error=\"%s\"",
		shown_path(o), strerror(-error));
	o->rotate_next_ns = clock_mono_ns(&clock_system) + NS_PER_S;
}

/* The open file is kept until its successor is there. */
static void reopen(struct file_output *o)
{
	const struct file_settings *s = &o->head.settings->file;
	struct file next;
	int r = file_open(&next, s->path, s->mode);

	if (r != 0) {
		rotate_failed(o,
			"the new file cannot be opened; still writing to the "
			"old one",
			r);
		return;
	}
	file_close(&o->file);
	o->file = next;
	atomic_store(&o->rotate_asked, false);
}

static void rotate(struct file_output *o)
{
	int r;

	if (clock_mono_ns(&clock_system) < o->rotate_next_ns)
		return;
	if (file_moved(&o->file, o->head.settings->file.path)) {
		reopen(o);
		return;
	}
	if (o->file.size == 0) {
		atomic_store(&o->rotate_asked, false);
		return;
	}
	r = rotation_shift(&o->rotation);
	if (r != 0) {
		rotate_failed(o, "the file cannot be renamed", r);
		return;
	}
	stat_inc(o->stats, OUTPUT_ROTATIONS);
	reopen(o);
}

static void rotate_if_asked(struct file_output *o)
{
	if (!atomic_load(&o->rotate_asked))
		return;
	if (o->file.regular)
		rotate(o);
	else
		atomic_store(&o->rotate_asked, false);
}

/*
 * How many events of b go before the next rotation: at least one.  When the
 * rotation fails all go: a file that is too large beats lost events.
 */
static uint32_t rotate_by_size(struct file_output *o, struct batch *b)
{
	uint64_t limit = o->head.settings->file.rotate_size;
	uint32_t fit;

	if (limit == 0 || !o->file.regular)
		return batch_left(b);
	for (unsigned again = 0; again < 2; again++) {
		fit = o->file.size < limit
			      ? range_events(b, limit - o->file.size)
			      : 0;
		if (fit > 0)
			return fit;
		rotate(o);
	}
	return o->file.size == 0 ? 1 : batch_left(b);
}

/* Return: false when it is time to leave. */
static bool pause_after(struct file_output *o, int error)
{
	struct stop *stop = &o->head.stop;
	bool draining = stop_is_draining(stop);

	stat_inc(o->stats, OUTPUT_WRITE_ERRORS);
	if (o->failures++ == 0)
		log_error(WRITE_FAILED,
			"cannot write; events wait, and are dropped when "
			"memory is full",
			"output=%s path=%s error=\"%s\"",
			o->head.feed->settings.name, shown_path(o),
			strerror(-error));
	if ((error == -EPIPE && draining) || output_is_halting(&o->head))
		return false;
	return !stop_pause(stop, draining,
		clock_mono_ns(&clock_system) +
			backoff_ceiling_ns(
				RETRY_INITIAL_NS, RETRY_MAX_NS, o->failures));
}

static void write_worked(struct file_output *o)
{
	if (o->failures == 0)
		return;
	o->failures = 0;
	log_info(WRITE_RESUMED, "writing works again", "output=%s path=%s",
		o->head.feed->settings.name, shown_path(o));
}

/* The next n events.  Return: octets written; less than all at the end. */
static size_t write_range(struct file_output *o, struct slice in)
{
	size_t done = 0, n;

	while (done < in.len) {
		int r = file_write(&o->file,
			slice_from(in.data + done, in.len - done), &n);

		if (r == 0) {
			write_worked(o);
			stat_add(o->stats, OUTPUT_BYTES_SENT, n);
			done += n;
		} else if (r == FILE_E_FULL) {
			if (stop_is_over(&o->head.stop) ||
				output_is_halting(&o->head))
				break;
		} else if (!pause_after(o, r)) {
			break;
		}
	}
	return done;
}

static void deliver(struct file_output *o, struct batch *b)
{
	bool whole = true;

	while (whole && batch_left(b) > 0) {
		uint32_t n = rotate_by_size(o, b);
		struct slice in = range_bytes(b, n);
		size_t done = write_range(o, in);

		whole = done == in.len;
		if (!whole) {
			n = range_events(b, done);
			file_cut_back(&o->file, done - range_bytes(b, n).len);
		}
		output_delivered(&o->head, o->stats, b, n);
	}
	if (batch_left(b) < b->events)
		stat_inc(o->stats, OUTPUT_BATCHES_DELIVERED);
}

static void run(void *arg)
{
	struct file_output *o = arg;
	struct batch *b;
	int r;

	assert(o->magic == FILE_OUTPUT_MAGIC);
	while ((r = output_next(&o->head, &b)) != OUTPUT_E_OVER) {
		rotate_if_asked(o);
		if (r == OUTPUT_E_IDLE)
			continue;
		deliver(o, b);
		output_done(&o->head, o->stats, &b);
	}
	atomic_fetch_sub(&o->head.running, 1);
}

static void explain(
	const struct file_settings *s, int r, char *error, size_t cap)
{
	snprintf(error, cap,
		"%s: cannot be opened for writing: %s; check that its folder "
		"exists and that user %u may write there",
		s->path != NULL ? s->path : "stdout", strerror(-r),
		(unsigned)geteuid());
}

static int file_output_start(struct output **op,
	const struct output_settings *settings, struct feed *feed, char *error,
	size_t cap)
{
	const struct file_settings *s = &settings->file;
	struct file_output *o = calloc(1, sizeof(*o));
	int r;

	if (o == NULL)
		return -ENOMEM;
	o->magic = FILE_OUTPUT_MAGIC;
	o->stats = feed_sender_stats(feed, 0);
	r = file_open(&o->file, s->path, s->mode);
	if (r != 0) {
		explain(s, r, error, cap);
		goto out;
	}
	r = output_init(&o->head, &output_kind_file, settings, feed);
	if (r != 0)
		goto out_file;
	if (o->file.regular)
		r = rotation_init(
			&o->rotation, s->path, s->rotate_keep, s->rotate_gzip);
	if (r != 0)
		goto out_head;
	atomic_store(&o->head.running, 1);
	r = thread_start(&o->thread, "writer", run, o);
	if (r != 0)
		goto out_rotation;
	*op = &o->head;
	return 0;

out_rotation:
	if (o->rotation.path != NULL)
		rotation_deinit(&o->rotation);
out_head:
	output_halt(&o->head, 0); /* the feed stays for another try */
	output_deinit(&o->head);
out_file:
	file_close(&o->file);
	snprintf(error, cap, "%s: %s", feed->settings.name, strerror(-r));
out:
	free(o);
	return r;
}

static void file_output_rotate(struct output *head)
{
	struct file_output *o = (struct file_output *)head;

	atomic_store(&o->rotate_asked, true);
}

static void file_output_take_back(struct output *head)
{
	const struct file_output *o = (const struct file_output *)head;

	if (head->settings->file.path != NULL)
		file_take_back(&o->file, head->settings->file.path);
}

static void file_output_free(struct output *head)
{
	struct file_output *o = (struct file_output *)head;

	thread_join(&o->thread);
	if (o->rotation.path != NULL)
		rotation_deinit(&o->rotation);
	file_close(&o->file);
	output_deinit(head);
	free(o);
}

const struct output_kind output_kind_file = {
	.start = file_output_start,
	.rotate = file_output_rotate,
	.take_back = file_output_take_back,
	.free = file_output_free,
};
