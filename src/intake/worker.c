#include "intake/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "intake/channel.h"
#include "intake/deadline.h"
#include "intake/turn.h"

enum {
	WAKE_EVENTS = 64,
	ROOM_PAUSE_MS = 5,   /* how often a blocked worker looks for room */
	DRAIN_PAUSE_MS = 10, /* how often a draining one looks for its end */
	QUIET_TICKS = 2,     /* draining: TCP peers with nothing more to say */
};

/* how long reading may take after the deadline */
#define LAST_READS_NS NS_PER_S

int worker_watch(struct worker *w, struct conn *c, int op, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };
	int set = conn_is_streaming(c) ? w->all : w->calls;

	return epoll_ctl(set, op, c->fd, &e) == 0 ? 0 : -errno;
}

/* Sleeps on a set; keeps the books on busy time.  Return: how many events. */
static int wait_events(
	struct worker *w, int set, struct epoll_event *events, int timeout_ms)
{
	uint64_t before = crew_now_ns(w->crew);
	uint64_t busy =
		atomic_load_explicit(&w->load->busy_ns, memory_order_relaxed);
	int n;

	atomic_store_explicit(&w->load->busy_ns, busy + before - w->now_ns,
		memory_order_relaxed);
	pulse_sleep(&w->pulse);
	n = epoll_wait(set, events, WAKE_EVENTS, timeout_ms);
	pulse_wake(&w->pulse);
	w->now_ns = crew_now_ns(w->crew);
	w->tick = (uint32_t)(w->now_ns / WORKER_TICK_NS);
	return n;
}

static struct conn *event_conn(const struct epoll_event *e)
{
	struct conn *c = e->data.ptr;

	assert(c->magic == CONN_MAGIC);
	return c;
}

static void answer_door(struct worker *w)
{
	struct conn *c;

	/* silence first: what is pushed afterwards rings again */
	bell_silence(&w->door->bell);
	while ((c = ring_try_pop(&w->door->conns)) != NULL)
		turn_adopt(w, c);
}

static void serve_calls(struct worker *w, int timeout_ms)
{
	struct epoll_event events[WAKE_EVENTS];
	int n = wait_events(w, w->calls, events, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct conn *c;

		if (events[i].data.ptr == &w->door->bell) {
			answer_door(w);
			continue;
		}
		c = event_conn(&events[i]);
		if (c->reply != CONN_REPLY_NONE)
			turn_reply(w, c);
		else
			turn_greet(w, c);
	}
}

static void serve_all(struct worker *w, int timeout_ms)
{
	struct epoll_event events[WAKE_EVENTS];
	int n = wait_events(w, w->all, events, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct conn *c;

		if (events[i].data.ptr == &w->calls) {
			serve_calls(w, 0);
			continue;
		}
		c = event_conn(&events[i]);
		if (c->reply != CONN_REPLY_NONE)
			turn_reply(w, c);
		else
			turn_read(w, c);
	}
}

/*
 * The first part of draining: unix peers hear of it now (their next write
 * fails) and what they wrote before is read to the end.
 */
static void notice_stop(struct worker *w)
{
	struct conn *c;

	if (w->draining || !stop_is_draining(&w->crew->stop))
		return;
	w->draining = true;
	w->drain_tick = w->tick;
	for (unsigned i = 0; i < w->n_lists; i++) {
		cds_list_for_each_entry (c, &w->lists[i], link) {
			if (c->is_unix)
				shutdown(c->fd, SHUT_RD);
		}
	}
	atomic_fetch_add(&w->crew->settled, 1);
}

/*
 * TCP has no such word: a peer that is quiet has said what it had to say.  Who
 * wrote but was not served yet is not quiet, however long we took: there may
 * be more of them than one wake-up tells of, or the sink was full.
 */
static bool is_quiet(const struct worker *w, const struct conn *c)
{
	uint32_t since =
		c->tick - w->drain_tick > INT32_MAX ? w->drain_tick : c->tick;

	return !c->is_unix && w->tick - since > QUIET_TICKS &&
	       channel_unread(c) == 0;
}

static void close_quiet(struct worker *w)
{
	struct conn *c, *next;

	for (unsigned i = 0; i < w->n_lists; i++) {
		cds_list_for_each_entry_safe(c, next, &w->lists[i], link)
		{
			if (is_quiet(w, c))
				turn_close(w, c);
		}
	}
}

/*
 * Which stream to pass on: the one that brought most in this window, but
 * not more than half of it all; a larger one would only move the overload.
 */
static struct conn *choose_stream(struct worker *w)
{
	struct conn *c, *best = NULL;
	uint64_t total = 0;

	for (unsigned i = WORKER_STREAMS; i < w->n_lists; i++) {
		cds_list_for_each_entry (c, &w->lists[i], link) {
			if (c->window == w->window)
				total += c->window_bytes;
		}
	}
	for (unsigned i = WORKER_STREAMS; i < w->n_lists; i++) {
		cds_list_for_each_entry (c, &w->lists[i], link) {
			if (c->window != w->window ||
				c->window_bytes > total / 2 ||
				c->reply != CONN_REPLY_NONE)
				continue;
			if (best == NULL ||
				c->window_bytes > best->window_bytes)
				best = c;
		}
	}
	return best;
}

static void relieve(struct worker *w)
{
	struct conn *c;
	int other;

	if (!placement_look(&w->placement, w->now_ns))
		return;
	other = placement_relief(&w->placement, w->index);
	if (other < 0 || w->draining)
		return;
	c = choose_stream(w);
	if (c == NULL)
		return;
	turn_pass_on(w, c, (unsigned)other);
	placement_moved(&w->placement);
}

/* What is done once a tick, after everybody had their turn. */
static void act_on_tick(struct worker *w)
{
	if (w->tick == w->seen_tick)
		return;
	w->seen_tick = w->tick;
	relieve(w);
	w->window++;
	if (w->draining)
		close_quiet(w);
	else
		deadline_close_idle(w);
}

void worker_adopt(struct worker *w)
{
	struct plan *next = crew_plan(w->crew);

	if (next == w->plan)
		return;
	sink_change(&w->sink, &next->fillers[w->index], next->n_feeds);
	if (WORKER_STREAMS + next->n_gates > w->n_lists)
		w->n_lists = WORKER_STREAMS + next->n_gates;
	w->plan = next;
	atomic_fetch_add(&w->crew->adopted, 1);
}

void worker_wait_for_room(struct worker *w)
{
	while (sink_is_blocked(&w->sink) && !stop_is_over(&w->crew->stop)) {
		serve_calls(w, ROOM_PAUSE_MS);
		worker_adopt(w);
		notice_stop(w);
		deadline_close_late(w);
		sink_tick(&w->sink, w->now_ns);
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int worker_sleep_ms(struct worker *w)
{
	uint64_t due = sink_tick(&w->sink, w->now_ns);

	due = earlier(due, deadline_next_ns(w));
	if (w->draining)
		due = earlier(due, w->now_ns + DRAIN_PAUSE_MS * NS_PER_MS);
	if (due == UINT64_MAX)
		return -1;
	if (due <= w->now_ns)
		return 0;
	/* a minute is as good as for ever; never early, so never twice */
	return (int)((earlier(due - w->now_ns, 60 * NS_PER_S) + NS_PER_MS - 1) /
		     NS_PER_MS);
}

/*
 * Nothing is left, and nobody will pass anything on: a worker that settled
 * does not, and what it passed on before is in our ring.
 */
static bool has_drained(struct worker *w)
{
	return w->draining && w->connections == 0 &&
	       atomic_load(&w->crew->settled) == w->crew->workers &&
	       ring_len(&w->door->conns) == 0;
}

/*
 * The deadline: what the kernel holds now came in time and is read, what comes
 * later is not waited for.  Those that have not begun come first: a START may
 * be in there.
 */
static void read_last(struct worker *w)
{
	uint64_t until = crew_now_ns(w->crew) + LAST_READS_NS;
	struct conn *c, *next;

	answer_door(w);
	for (unsigned i = 0; i < w->n_lists; i++) {
		cds_list_for_each_entry_safe(c, next, &w->lists[i], link)
		{
			if (atomic_load(&w->crew->stop.now) ||
				crew_now_ns(w->crew) >= until)
				return;
			if (c->reply == CONN_REPLY_NONE)
				turn_read_last(w, c);
		}
	}
}

static void close_all(struct worker *w)
{
	struct conn *c, *next;

	for (unsigned i = 0; i < w->n_lists; i++) {
		cds_list_for_each_entry_safe(c, next, &w->lists[i], link)
		{
			turn_close(w, c);
		}
	}
}

void worker_turn(struct worker *w, int timeout_ms)
{
	serve_all(w, timeout_ms);
	notice_stop(w);
	deadline_close_late(w);
	act_on_tick(w);
}

static void run(void *arg)
{
	struct worker *w = arg;

	while (!has_drained(w)) {
		if (w->draining && stop_is_over(&w->crew->stop))
			break;
		worker_adopt(w);
		worker_wait_for_room(w);
		worker_turn(w, worker_sleep_ms(w));
	}
	read_last(w);
	close_all(w);
	sink_flush(&w->sink);
	pulse_sleep(&w->pulse);
	atomic_fetch_add(&w->crew->n_ended, 1);
	bell_ring(&w->crew->ended);
}

int worker_init(struct worker *w, struct crew *crew, unsigned index)
{
	struct epoll_event e = { .events = EPOLLIN };
	int r;

	*w = (struct worker){
		.crew = crew,
		.index = index,
		.door = &crew->doors[index],
		.load = &crew->loads[index],
		.stats = &crew->stats->shards[1 + index],
		.all = -1,
		.calls = -1,
		.now_ns = crew_now_ns(crew),
	};
	w->lists = calloc(WORKER_STREAMS + PLAN_GATES_MAX, sizeof(*w->lists));
	if (w->lists == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < WORKER_STREAMS + PLAN_GATES_MAX; i++)
		CDS_INIT_LIST_HEAD(&w->lists[i]);
	w->buffer = malloc(crew_settings(crew)->read_buffer);
	if (w->buffer == NULL)
		return -ENOMEM;
	r = placement_init(&w->placement, crew->loads, crew->workers);
	if (r != 0)
		return r;
	r = sink_init(&w->sink, w->stats);
	if (r != 0)
		return r;
	worker_adopt(w);
	w->all = epoll_create1(EPOLL_CLOEXEC);
	w->calls = epoll_create1(EPOLL_CLOEXEC);
	if (w->all < 0 || w->calls < 0)
		return -errno;
	e.data.ptr = &w->calls;
	if (epoll_ctl(w->all, EPOLL_CTL_ADD, w->calls, &e) != 0)
		return -errno;
	e.data.ptr = &w->door->bell;
	if (epoll_ctl(w->calls, EPOLL_CTL_ADD, w->door->bell.fd, &e) != 0)
		return -errno;
	return 0;
}

void worker_deinit(struct worker *w)
{
	if (w->all >= 0)
		close(w->all);
	if (w->calls >= 0)
		close(w->calls);
	sink_deinit(&w->sink);
	placement_deinit(&w->placement);
	free(w->buffer);
	free(w->lists);
	*w = (struct worker){ .all = -1, .calls = -1 };
}

int worker_start(struct worker *w)
{
	char name[16];

	snprintf(name, sizeof(name), "worker-%u", w->index % 1000);
	return thread_start(&w->thread, name, run, w);
}
