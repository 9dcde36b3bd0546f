/*
 * The outputs for local use: one thread writes batches to whoever reads a named
 * pipe, or listens at a unix socket.
 *
 * A reader may come late, go away and come back: without one, events wait, and
 * the feed's overflow decides when memory is full.  What is settled as
 * delivered is whole events that a pipe's reader has read, or that the kernel
 * has taken for a socket's.  Half an event that a reader leaves unread is
 * written from its start to the next one.
 *
 * The end of the daemon waits for a reader who is slow, until the deadline,
 * and for none who is not there.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/local_reader.h"
#include "deliver/output_kind.h"

/* pause for a reader to read; doubles */
#define READ_FIRST_NS (1 * NS_PER_MS)
#define READ_MAX_NS   (50 * NS_PER_MS)
/* for the rest of a line, at the end */
#define LINE_END_NS (1 * NS_PER_S)

enum { LOCAL_OUTPUT_MAGIC = 0x6c6f636c, WAIT_MS = 250 };

static bool ends(const struct local_output *o)
{
	return stop_is_over(&o->head.stop) || output_is_halting(&o->head);
}

/* --- what is read */

/* The next n events of the oldest batch are settled already. */
static void let_go(struct local_output *o)
{
	struct batch *b = o->trail.of[0];

	if (batch_left(b) > 0)
		return;
	trail_take(&o->trail);
	stat_inc(o->stats, OUTPUT_BATCHES_DELIVERED);
	output_done(&o->head, o->stats, &b);
}

static void settle(struct local_output *o, size_t unread)
{
	uint32_t n;

	while ((n = trail_read(&o->trail, unread)) > 0) {
		trail_forget(&o->trail, n);
		output_delivered(&o->head, o->stats, o->trail.of[0], n);
		let_go(o);
		o->pause_ns = READ_FIRST_NS;
	}
}

/* One event is in the way: no datagram can be that large. */
static void give_up_one(struct local_output *o)
{
	struct batch *b = o->trail.of[0];
	size_t octets = range_bytes(b, 1).len - 1;

	log_limited(LOG_LEVEL_WARN, READER_TOO_LARGE,
		"an event is larger than a datagram may be, and dropped; raise "
		"net.core.wmem_default, or use socket_type \"stream\"",
		"output=%s path=%s bytes=%zu", local_output_name(o),
		local_output_path(o), octets);
	stat_inc(o->stats, OUTPUT_DROPPED_TOO_LARGE);
	trail_forget(&o->trail, 1);
	batch_settle(b, 1);
	let_go(o);
}

/* Seen to once in a while, and before anything is written. */
static void look(struct local_output *o)
{
	uint64_t now = clock_mono_ns(&clock_system);

	if (o->end.fd < 0) {
		local_reader_find(o);
		return;
	}
	settle(o, local_end_unread(&o->end));
	if (now < o->look_ns)
		return;
	o->look_ns = now + LOCAL_LOOK_NS;
	if (local_end_is_read(&o->end))
		return;
	settle(o, local_end_unread(&o->end)); /* what it read last */
	local_reader_went(o);
}

/* --- waiting */

/* At most for that long; what ends the output ends it. */
static void wait_for(struct local_output *o, short events, int timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = o->wake, .events = POLLIN },
		{ .fd = events != 0 ? o->end.fd : -1, .events = events },
	};
	eventfd_t count;

	if (poll(p, 2, timeout_ms) > 0 && p[0].revents != 0)
		eventfd_read(o->wake, &count);
}

/*
 * There is something to write and nobody to read it.  The end of the daemon
 * waits for nobody; where another output is to take this one's place
 * (output_drain()) there is time until the deadline, unless there is a spool.
 */
static void wait_for_reader(struct local_output *o)
{
	uint64_t now = clock_mono_ns(&clock_system);
	bool draining = stop_is_draining(&o->head.stop);
	const struct feed *f = o->head.feed;

	feed_stall(o->head.feed, now);
	if (draining && !o->last_try) {
		o->last_try = true;
		o->next_ns = 0;
		return;
	}
	if (draining &&
		(atomic_load(&o->head.hurries) ||
			(f->settings.spool && !atomic_load(&f->disk.refuses))))
		o->leaves = true;
	else if (o->next_ns > now)
		wait_for(o, 0,
			(int)(o->next_ns - now < LOCAL_LOOK_NS
					? (o->next_ns - now) / NS_PER_MS + 1
					: WAIT_MS));
}

/* All is written, and the reader has not read it yet. */
static void wait_for_reading(struct local_output *o)
{
	wait_for(o, 0, (int)(o->pause_ns / NS_PER_MS));
	if (o->pause_ns < READ_MAX_NS)
		o->pause_ns *= 2;
}

/* --- writing */

static void failed(struct local_output *o, int r)
{
	stat_inc(o->stats, OUTPUT_WRITE_ERRORS);
	log_limited(LOG_LEVEL_ERROR, WRITE_FAILED,
		"cannot write; events wait, and are dropped when memory is "
		"full",
		"output=%s path=%s error=\"%s\"", local_output_name(o),
		local_output_path(o), strerror(-r));
	wait_for(o, 0, WAIT_MS);
}

static void write_some(
	struct local_output *o, const struct batch *b, size_t from)
{
	size_t n, sent;
	int r = local_end_write(&o->end, b, from, &n, &sent);

	o->full = o->full && r == LOCAL_E_FULL;
	switch (r) {
	case 0:
		trail_wrote(&o->trail, n);
		stat_add(o->stats, OUTPUT_BYTES_SENT, sent);
		feed_resume(o->head.feed);
		break;
	case LOCAL_E_FULL:
		wait_for(o, POLLOUT, WAIT_MS);
		/* there may be room, and not for a large datagram */
		if (o->full)
			wait_for(o, 0, 1);
		o->full = true;
		break;
	case LOCAL_E_GONE:
		settle(o, local_end_unread(&o->end));
		local_reader_went(o);
		break;
	case LOCAL_E_TOO_LARGE:
		give_up_one(o);
		break;
	default:
		failed(o, r);
	}
}

static void take(struct local_output *o)
{
	struct batch *b;
	/* what is written and not read is to be settled in time */
	int r = output_next_within(
		&o->head, o->trail.n > 0 ? o->pause_ns : LOCAL_LOOK_NS, &b);

	if (r == 0 && batch_left(b) == 0)
		output_done(&o->head, o->stats, &b);
	else if (r == 0)
		trail_add(&o->trail, b);
	else if (r == OUTPUT_E_OVER)
		o->over = true;
	else if (o->pause_ns < READ_MAX_NS)
		o->pause_ns *= 2;
}

/*
 * A line that is begun goes to its end: the pipe goes on to have its reader,
 * and may have another writer soon.
 */
static void finish_line(struct local_output *o)
{
	uint64_t until = clock_mono_ns(&clock_system) + LINE_END_NS;
	size_t from, n, sent;
	const struct batch *b;

	while ((b = trail_next(&o->trail, &from)) != NULL && from > 0 &&
		b->data[from - 1] != '\n' &&
		clock_mono_ns(&clock_system) < until) {
		const uint8_t *end =
			memchr(b->data + from, '\n', b->len - from);
		struct batch line = *b;
		struct pollfd p = { .fd = o->end.fd, .events = POLLOUT };

		line.len = (size_t)(end + 1 - b->data);
		if (atomic_load(&o->head.stop.now))
			break;
		switch (local_end_write(&o->end, &line, from, &n, &sent)) {
		case 0:
			trail_wrote(&o->trail, n);
			stat_add(o->stats, OUTPUT_BYTES_SENT, sent);
			break;
		case LOCAL_E_FULL:
			poll(&p, 1, WAIT_MS);
			break;
		default:
			local_reader_went(o);
			return;
		}
	}
}

/* Who reads now can read what the kernel holds when we are gone; else it is
 * gone as well. */
static void finish(struct local_output *o)
{
	struct batch *b;

	if (o->end.fd >= 0 && local_end_is_read(&o->end)) {
		if (!o->head.settings->local.datagram &&
			!o->head.settings->local.octet_counting)
			finish_line(o);
		if (o->end.fd >= 0)
			settle(o, 0);
	} else if (o->end.fd >= 0) {
		settle(o, local_end_unread(&o->end));
	}
	local_end_close(&o->end);
	local_reader_none(o);
	while ((b = trail_take(&o->trail)) != NULL)
		output_done(&o->head, o->stats, &b);
}

static void run(void *arg)
{
	struct local_output *o = arg;
	struct batch *b;
	size_t from;

	assert(o->magic == LOCAL_OUTPUT_MAGIC);
	while (!ends(o) && !o->leaves) {
		look(o);
		b = trail_next(&o->trail, &from);
		if (b != NULL && o->end.fd < 0)
			wait_for_reader(o);
		else if (b != NULL)
			write_some(o, b, from);
		else if (o->over)
			break; /* what is not read yet the reader can read */
		else if (trail_is_full(&o->trail) ||
			 o->trail.n > o->head.feed->pending_max)
			wait_for_reading(o);
		else
			take(o);
	}
	finish(o);
	output_leave(&o->head);
}

/* --- start and end */

static int local_output_start(struct output **op,
	const struct output_settings *settings, struct feed *feed, char *error,
	size_t cap)
{
	struct local_output *o = calloc(1, sizeof(*o));
	int r;

	error[0] = '\0';
	if (o == NULL)
		return -ENOMEM;
	o->magic = LOCAL_OUTPUT_MAGIC;
	o->stats = feed_sender_stats(feed, 0);
	o->pause_ns = READ_FIRST_NS;
	atomic_store(&o->since_ns, clock_mono_ns(&clock_system));
	r = local_end_init(&o->end, settings, error, cap);
	if (r != 0)
		goto out;
	o->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = o->wake < 0 ? -errno : 0;
	if (r != 0)
		goto out;
	r = output_init(&o->head, &output_kind_local, settings, feed);
	if (r != 0)
		goto out_wake;
	r = output_start_keeper(settings, feed, error, cap);
	if (r != 0)
		goto out_head;
	atomic_store(&o->head.running, 1);
	r = thread_start(&o->thread, "writer", run, o);
	if (r != 0)
		goto out_head;
	*op = &o->head;
	return 0;

out_head:
	output_halt(&o->head, 0); /* the feed stays for another try */
	output_deinit(&o->head);
out_wake:
	close(o->wake);
out:
	free(o);
	if (error[0] == '\0')
		snprintf(error, cap, "output %s: %s", feed->settings.name,
			strerror(-r));
	return r;
}

static void local_output_wake(struct output *head)
{
	struct local_output *o = (struct local_output *)head;

	eventfd_write(o->wake, 1);
}

static void local_output_reader(
	const struct output *head, struct reader_view *v)
{
	const struct local_output *o = (const struct local_output *)head;

	*v = (struct reader_view){
		.there = atomic_load(&o->there),
		.for_ns = clock_mono_ns(&clock_system) -
			  atomic_load(&o->since_ns),
	};
	if (!v->there && atomic_load(&o->error) != 0)
		snprintf(v->reason, sizeof(v->reason), "%s",
			local_reader_reason(o, atomic_load(&o->error)));
}

static void local_output_free(struct output *head)
{
	struct local_output *o = (struct local_output *)head;

	thread_join(&o->thread);
	local_end_deinit(&o->end);
	output_deinit(head);
	close(o->wake);
	free(o);
}

const struct output_kind output_kind_local = {
	.start = local_output_start,
	.wake = local_output_wake,
	.reader = local_output_reader,
	.free = local_output_free,
};
