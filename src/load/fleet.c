#include "load/fleet.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/clock.h"

enum { SHOWN_FAILURES = 10 };

static uint64_t now_ns(void)
{
	return clock_mono_ns(&clock_system);
}

int fleet_init(struct fleet *f, const struct fleet_settings *settings,
	const struct tape *tape, int epoll_fd, struct progress *progress)
{
	*f = (struct fleet){ .settings = *settings,
		.epoll_fd = epoll_fd,
		.progress = progress,
		.start_ns = now_ns() };
	producer_queue_init(&f->closed);
	producer_queue_init(&f->resting);
	producer_queue_init(&f->waiting);
	producer_queue_init(&f->ready);
	f->producers = calloc(settings->connections, sizeof(*f->producers));
	if (f->producers == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < settings->connections; i++) {
		struct producer *p = &f->producers[i];

		producer_init(p, i + 1, &f->settings.producer, tape);
		producer_queue_enter(&f->closed, p);
	}
	return 0;
}

void fleet_deinit(struct fleet *f)
{
	if (f->producers == NULL)
		return;
	for (unsigned i = 0; i < f->settings.connections; i++)
		link_close(&f->producers[i].link);
	free(f->producers);
	f->producers = NULL;
}

static bool is_opening(enum producer_state state)
{
	return state == PRODUCER_CONNECTING || state == PRODUCER_GREETING;
}

static void tell_failure(struct fleet *f, const struct producer *p)
{
	char text[PRODUCER_FAILURE_MAX];

	progress_clear(f->progress);
	if (f->failed <= SHOWN_FAILURES) {
		producer_failure_text(p, text);
		fprintf(stderr, "%s\n", text);
	} else if (f->failed == SHOWN_FAILURES + 1) {
		fprintf(stderr, "further connections failed\n");
	}
}

/* Nothing more comes of a place. */
static void retire(struct fleet *f, struct producer *p)
{
	producer_queue_leave(p);
	f->over++;
}

static bool is_used_up(const struct fleet *f)
{
	return f->ending || f->opened >= f->settings.connects;
}

/* Its connection has failed: what becomes of the place? */
static void settle_failed(struct fleet *f, struct producer *p)
{
	if (f->settings.reconnect_ns > 0 && !is_used_up(f)) {
		f->reconnects++;
		p->wait_ns = now_ns();
		producer_queue_enter(&f->resting, p);
		return;
	}
	f->failed++;
	tell_failure(f, p);
	retire(f, p);
}

static void settle_over(
	struct fleet *f, struct producer *p, enum producer_state before)
{
	bool cut = before == PRODUCER_STALLED && p->error == PRODUCER_E_CLOSED;

	p->opened_ns = 0;
	if (p->state == PRODUCER_DONE) {
		f->finished += before != PRODUCER_STALLED;
		if (f->settings.churn != UINT64_MAX && !is_used_up(f))
			producer_queue_enter(&f->closed, p);
		else
			retire(f, p);
	} else if (cut) {
		f->cut++;
		if (f->settings.reconnect_ns > 0 && !is_used_up(f))
			producer_queue_enter(&f->closed, p);
		else
			retire(f, p);
	} else {
		settle_failed(f, p);
	}
	/* now they are an earlier connection's */
	p->old_frames += p->frames;
	p->old_bytes += p->bytes;
	p->frames = p->bytes = 0;
}

static void note_accept(struct fleet *f, const struct producer *p)
{
	const struct producer_settings *s = &f->settings.producer;

	if (s->unidirectional || s->stall == PRODUCER_STALL_HANDSHAKE)
		return;
	f->accepted++;
	spread_add(&f->accept_ns, now_ns() - p->opened_ns);
}

/* It has moved on from a state: counts, and finds its place. */
static void settle(struct fleet *f, struct producer *p,
	enum producer_state before, bool writable)
{
	if (is_opening(before) && !is_opening(p->state)) {
		f->opening--;
		if (p->state != PRODUCER_FAILED)
			note_accept(f, p);
	}
	if (p->state != before && p->state != PRODUCER_FAILED)
		f->answered_ns = now_ns();
	f->stalled += p->state == PRODUCER_STALLED;
	f->stalled -= before == PRODUCER_STALLED;
	if (producer_is_over(p)) {
		producer_queue_leave(p);
		settle_over(f, p, before);
	} else if (producer_is_waiting(p)) {
		if (p->queue != &f->waiting)
			p->wait_ns = now_ns();
		producer_queue_enter(&f->waiting, p);
	} else if (p->state == PRODUCER_OPEN && writable) {
		producer_queue_enter(&f->ready, p);
	} else {
		producer_queue_leave(p);
	}
}

/* Has it had everything that is meant for it? */
static bool is_done(const struct fleet *f, const struct producer *p)
{
	return p->state == PRODUCER_OPEN && p->at == p->end &&
	       (f->ending || p->left == 0);
}

void fleet_run(struct fleet *f, struct producer *p)
{
	enum producer_state before = p->state;
	bool writable = producer_write(p);

	if (p->state == PRODUCER_STALLED && f->ending) {
		producer_leave(p);
	} else if (is_done(f, p)) {
		producer_stop(p);
		f->stopped++;
		writable = producer_write(p);
	}
	settle(f, p, before, writable);
}

void fleet_event(struct fleet *f, struct producer *p, uint32_t events)
{
	enum producer_state before = p->state;

	assert(p->magic == PRODUCER_MAGIC);
	if (producer_is_over(p) || p->state == PRODUCER_CLOSED)
		return;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		producer_read(p);
	if (producer_is_over(p)) {
		settle(f, p, before, false);
		return;
	}
	/* once for each state, so that none is overlooked */
	if (p->state != before)
		settle(f, p, before, false);
	if (p->queue != &f->ready)
		fleet_run(f, p);
}

/* Return: 0, LINK_E_BUSY, or -errno of epoll. */
static int open_one(struct fleet *f, struct producer *p, uint64_t mono_ns)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
					       EPOLLET,
		.data.ptr = p };
	struct address from;
	int r;

	if (f->settings.sources.n > 0)
		sources_next(&f->settings.sources, &from);
	if (p->opened_ns == 0)
		p->opened_ns = mono_ns;
	r = producer_open(p, f->settings.sources.n > 0 ? &from : NULL);
	if (r == LINK_E_BUSY) {
		if (mono_ns - p->opened_ns < FLEET_PATIENCE_MS * NS_PER_MS)
			return r;
		producer_abort(p, r);
	}
	producer_queue_leave(p);
	f->opened++;
	p->left = f->settings.churn;
	if (producer_is_over(p)) {
		settle(f, p, PRODUCER_CLOSED, false);
		return 0;
	}
	p->opened_ns = mono_ns;
	f->opening++;
	settle(f, p, p->state, false);
	if (epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, p->link.fd, &event) != 0)
		return -errno;
	return 0;
}

static uint64_t due_opens(const struct fleet *f, uint64_t mono_ns)
{
	struct pacer pacer = { .start_ns = f->start_ns,
		.rate = f->settings.connect_rate };
	uint64_t due = pacer_due(&pacer, mono_ns);

	/* the first one goes at once */
	due = due == UINT64_MAX ? due : due + 1;
	return due < f->settings.connects ? due : f->settings.connects;
}

static int open_due(struct fleet *f, uint64_t mono_ns)
{
	uint64_t due = due_opens(f, mono_ns);
	struct producer *p;

	while ((p = producer_queue_first(&f->resting)) != NULL &&
		mono_ns >= p->wait_ns + f->settings.reconnect_ns)
		producer_queue_enter(&f->closed, p);
	while ((p = producer_queue_first(&f->closed)) != NULL &&
		f->opened < due && f->opening < f->settings.opening_max) {
		int r = open_one(f, p, mono_ns);

		if (r == LINK_E_BUSY) {
			f->busy_ns = mono_ns;
			break;
		}
		if (r != 0)
			return r;
	}
	/* places that are not needed any more */
	while (is_used_up(f) && (p = producer_queue_first(&f->closed)) != NULL)
		retire(f, p);
	while (is_used_up(f) && (p = producer_queue_first(&f->resting)) != NULL)
		retire(f, p);
	return 0;
}

static void abort_one(struct fleet *f, struct producer *p, int error)
{
	enum producer_state before = p->state;

	producer_abort(p, error);
	settle(f, p, before, false);
}

bool fleet_is_silent(const struct fleet *f, uint64_t since_ns, uint64_t mono_ns)
{
	if (since_ns < f->answered_ns)
		since_ns = f->answered_ns;
	return mono_ns > since_ns + FLEET_PATIENCE_MS * NS_PER_MS;
}

static void expire(struct fleet *f, uint64_t mono_ns)
{
	struct producer *p;

	while ((p = producer_queue_first(&f->waiting)) != NULL &&
		(fleet_is_silent(f, p->wait_ns, mono_ns) ||
			mono_ns >
				p->wait_ns + FLEET_PATIENCE_MAX_MS * NS_PER_MS))
		abort_one(f, p, PRODUCER_E_SILENT);
}

static void trickle(struct fleet *f, uint64_t mono_ns)
{
	unsigned n = f->settings.connections;
	uint64_t due = (mono_ns - f->start_ns) * n / f->settings.trickle_ns;

	/* who was asleep for long does not make up for it */
	if (due - f->trickled > n)
		f->trickled = due - n;
	for (; f->trickled < due; f->trickled++) {
		struct producer *p = &f->producers[f->trickled % n];
		enum producer_state before = p->state;

		if (before != PRODUCER_STALLED)
			continue;
		producer_trickle(p);
		settle(f, p, before, false);
	}
}

int fleet_tend(struct fleet *f, uint64_t mono_ns)
{
	int r = open_due(f, mono_ns);

	if (f->settings.trickle_ns > 0 && !f->ending)
		trickle(f, mono_ns);
	expire(f, mono_ns);
	return r;
}

uint64_t fleet_wait_ns(const struct fleet *f, uint64_t mono_ns)
{
	uint64_t wait_ns = PROGRESS_INTERVAL_NS;
	const struct producer *p = producer_queue_first(&f->resting);

	/* no need to be exact: a tick is short enough for everything here */
	if ((p != NULL && mono_ns + wait_ns >=
				  p->wait_ns + f->settings.reconnect_ns) ||
		(f->settings.trickle_ns > 0 && f->stalled > 0))
		return PACER_TICK_NS;
	if (producer_queue_first(&f->closed) == NULL ||
		f->opening >= f->settings.opening_max)
		return wait_ns;
	if (f->settings.connect_rate == 0)
		return f->busy_ns == mono_ns ? PACER_TICK_NS : 0;
	return PACER_TICK_NS;
}

struct producer *fleet_next(struct fleet *f)
{
	struct producer *p = producer_queue_first(&f->ready);

	if (p != NULL)
		producer_queue_leave(p);
	return p;
}

bool fleet_is_up(const struct fleet *f)
{
	return f->opening == 0 && producer_queue_first(&f->closed) == NULL;
}

void fleet_end(struct fleet *f, bool cut)
{
	f->ending = true;
	for (unsigned i = 0; i < f->settings.connections; i++) {
		struct producer *p = &f->producers[i];

		if (cut)
			producer_trim(p);
		if (p->state == PRODUCER_STALLED ||
			(p->state == PRODUCER_OPEN && producer_is_idle(p)))
			fleet_run(f, p);
	}
}

void fleet_abort(struct fleet *f, int error)
{
	for (unsigned i = 0; i < f->settings.connections; i++) {
		struct producer *p = &f->producers[i];

		if (p->state != PRODUCER_CLOSED && !producer_is_over(p))
			abort_one(f, p, error);
	}
}

uint64_t producer_total(const struct producer *p)
{
	return p->old_frames + p->frames;
}

void fleet_sum(const struct fleet *f, uint64_t *frames, uint64_t *bytes)
{
	*frames = *bytes = 0;
	for (unsigned i = 0; i < f->settings.connections; i++) {
		const struct producer *p = &f->producers[i];

		*frames += producer_total(p);
		*bytes += p->old_bytes + p->bytes;
	}
}
