#include "load/send.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/pacer.h"
#include "load/producer.h"
#include "load/progress.h"

enum {
	STRETCH_BYTES = 256 * 1024, /* more than a socket takes at once */
	PATIENCE_MS = 10 * 1000,    /* for connect, ACCEPT, and the end */
	EVENTS = 64,
	SHOWN_FAILURES = 10,
};

struct sender {
	const struct send_settings *settings;
	const struct tape *tape;
	struct producer *producers;
	unsigned over;                /* producers that are done or failed */
	unsigned waiting;             /* queue length */
	TAILQ_HEAD(, producer) queue; /* writable, with nothing to write */
	struct pacer pacer;
	size_t next;       /* frame of the tape that is dealt next */
	uint64_t dealt;    /* frames, in all */
	uint64_t start_ns; /* monotonic, as all times here */
	uint64_t last_ns;  /* when a socket last took octets */
	uint64_t end_ns;   /* when patience ends, once `ending` */
	bool ending;       /* nothing is dealt any more */
	int epoll_fd;
	int signal_fd;
	struct progress progress;
};

static uint64_t now_ns(void)
{
	return clock_mono_ns(&clock_system);
}

static void account_over(struct sender *s, const struct producer *p)
{
	s->over++;
	if (p->state != PRODUCER_FAILED)
		return;
	progress_clear(&s->progress);
	if (++s->progress.failures <= SHOWN_FAILURES)
		fprintf(stderr, "connection %u: %s after %" PRIu64 " frames\n",
			p->number, producer_error_text(p->error), p->frames);
	else if (s->progress.failures == SHOWN_FAILURES + 1)
		fprintf(stderr, "further connections failed\n");
}

static void enqueue(struct sender *s, struct producer *p)
{
	if (p->ready)
		return;
	p->ready = true;
	s->waiting++;
	TAILQ_INSERT_TAIL(&s->queue, p, turn);
}

static void dequeue(struct sender *s, struct producer *p)
{
	if (!p->ready)
		return;
	p->ready = false;
	s->waiting--;
	TAILQ_REMOVE(&s->queue, p, turn);
}

/* Lets a producer write, and puts it where it belongs afterwards. */
static void run(struct sender *s, struct producer *p)
{
	uint64_t bytes = p->bytes;
	bool more = producer_write(p);

	if (p->bytes != bytes)
		s->last_ns = now_ns();
	if (producer_is_over(p)) {
		dequeue(s, p);
		account_over(s, p);
	} else if (more && p->state == PRODUCER_OPEN) {
		enqueue(s, p);
	}
}

static bool all_dealt(const struct sender *s)
{
	return s->dealt == s->settings->count;
}

/* The next stretch of the tape, at most `frames` long. */
static void play(struct sender *s, struct producer *p, uint64_t frames)
{
	const struct tape *t = s->tape;
	size_t first = s->next;
	size_t last = tape_find(t, first, tape_start(t, first) + STRETCH_BYTES);

	if (last == first) /* a single frame longer than that */
		last = first + 1;
	if (last - first > frames)
		last = first + frames;
	producer_play(p, first, last);
	s->dealt += last - first;
	s->next = last == t->frames ? 0 : last;
	run(s, p);
}

/* Deals what is due now: a stretch for everyone who waits, in turn. */
static void deal(struct sender *s)
{
	uint64_t due = pacer_due(&s->pacer, now_ns());
	uint64_t left = s->settings->count - s->dealt;
	unsigned turns = s->waiting;
	uint64_t share;

	if (due == UINT64_MAX) {
		/* towards the end, something for each */
		share = left / s->settings->connections;
	} else {
		due = due > s->dealt ? due - s->dealt : 0;
		left = due < left ? due : left;
		share = turns > 0 ? left / turns : 0;
	}
	if (share == 0)
		share = 1;
	for (; turns > 0 && left > 0; turns--) {
		struct producer *p = TAILQ_FIRST(&s->queue);
		uint64_t dealt = s->dealt;

		dequeue(s, p);
		play(s, p, share < left ? share : left);
		left -= s->dealt - dealt;
	}
}

/* From now on nothing is dealt. */
static void end(struct sender *s, uint64_t mono_ns, bool cut)
{
	s->ending = true;
	s->end_ns = mono_ns + PATIENCE_MS * NS_PER_MS;
	for (unsigned i = 0; i < s->settings->connections && cut; i++)
		producer_trim(&s->producers[i]);
}

/* Says STOP where everything is written. */
static void stop_idle(struct sender *s)
{
	for (unsigned i = 0; i < s->settings->connections; i++) {
		struct producer *p = &s->producers[i];

		if (p->state != PRODUCER_OPEN || !producer_is_idle(p))
			continue;
		dequeue(s, p);
		producer_stop(p);
		run(s, p);
	}
}

/* Gives up the connections the peer keeps waiting. */
static void abort_rest(struct sender *s, int error)
{
	for (unsigned i = 0; i < s->settings->connections; i++) {
		struct producer *p = &s->producers[i];

		if (producer_is_over(p))
			continue;
		dequeue(s, p);
		producer_abort(p, error);
		account_over(s, p);
	}
}

static void abort_greeting(struct sender *s)
{
	for (unsigned i = 0; i < s->settings->connections; i++) {
		struct producer *p = &s->producers[i];

		if (p->state != PRODUCER_GREETING)
			continue;
		producer_abort(p, PRODUCER_E_SILENT);
		account_over(s, p);
	}
}

static void on_signal(struct sender *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (s->ending)
			abort_rest(s, -ECANCELED);
		else
			end(s, now_ns(), true);
	}
}

static void on_event(struct sender *s, const struct epoll_event *event)
{
	struct producer *p = event->data.ptr;

	if (p == NULL) {
		on_signal(s);
		return;
	}
	if (producer_is_over(p))
		return;
	if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		producer_read(p);
	if (producer_is_over(p)) {
		dequeue(s, p);
		account_over(s, p);
	} else if (!p->ready) {
		run(s, p);
	}
}

static int wait_ms(const struct sender *s, uint64_t mono_ns)
{
	uint64_t wait_ns = PROGRESS_INTERVAL_NS;

	if (!s->ending && s->waiting > 0) {
		uint64_t due_ns = pacer_wait_ns(&s->pacer, mono_ns, s->dealt);

		wait_ns = due_ns < wait_ns ? due_ns : wait_ns;
	}
	return (int)(wait_ns / NS_PER_MS);
}

static void show(struct sender *s, uint64_t mono_ns)
{
	uint64_t frames = 0;
	char text[PROGRESS_MAX];

	if (!progress_is_due(&s->progress, mono_ns))
		return;
	for (unsigned i = 0; i < s->settings->connections; i++)
		frames += s->producers[i].frames;
	snprintf(text, sizeof(text),
		"sent %" PRIu64 " frames, %.0f/s, %u of %u connections", frames,
		progress_rate(&s->progress, frames, mono_ns),
		s->settings->connections - s->over, s->settings->connections);
	progress_show(&s->progress, text);
}

static int loop(struct sender *s)
{
	uint64_t greeting_end_ns = s->start_ns + PATIENCE_MS * NS_PER_MS;
	uint64_t duration_ns = s->settings->duration_ns;
	struct epoll_event events[EVENTS];

	while (s->over < s->settings->connections) {
		uint64_t mono_ns = now_ns();
		int n;

		if (!s->ending && mono_ns - s->start_ns >= duration_ns)
			end(s, mono_ns, true);
		if (!s->ending)
			deal(s);
		if (!s->ending && all_dealt(s))
			end(s, mono_ns, false);
		if (s->ending)
			stop_idle(s);
		if (s->ending && mono_ns > s->end_ns)
			abort_rest(s, PRODUCER_E_SILENT);
		if (mono_ns > greeting_end_ns) {
			abort_greeting(s);
			greeting_end_ns = UINT64_MAX;
		}
		show(s, mono_ns);
		n = epoll_wait(
			s->epoll_fd, events, EVENTS, wait_ms(s, mono_ns));
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++)
			on_event(s, &events[i]);
	}
	return 0;
}

static int watch(struct sender *s, int fd, uint32_t events, void *data)
{
	struct epoll_event event = { .events = events, .data.ptr = data };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0
								      : -errno;
}

/* Opens all connections; the failed ones are accounted for.  A failure to
 * watch one is an error of ours. */
static int open_all(struct sender *s)
{
	for (unsigned i = 0; i < s->settings->connections; i++) {
		struct producer *p = &s->producers[i];
		int r;

		if (producer_open(p, i + 1, &s->settings->to, s->tape,
			    !s->settings->unidirectional, PATIENCE_MS) != 0) {
			account_over(s, p);
			continue;
		}
		r = watch(
			s, p->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, p);
		if (r != 0)
			return r;
	}
	return 0;
}

static int open_signals(struct sender *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->signal_fd < 0)
		return -errno;
	return watch(s, s->signal_fd, EPOLLIN, NULL);
}

static void sum(const struct sender *s, struct send_result *result)
{
	*result = (struct send_result){ 0 };
	for (unsigned i = 0; i < s->settings->connections; i++) {
		const struct producer *p = &s->producers[i];

		result->frames += p->frames;
		result->bytes += p->bytes;
		result->failed += p->state != PRODUCER_DONE;
	}
	result->ns = s->last_ns - s->start_ns;
}

int send_run(struct send_result *result, const struct send_settings *settings,
	const struct tape *tape)
{
	struct sender s = { .settings = settings,
		.tape = tape,
		.epoll_fd = -1,
		.signal_fd = -1 };
	int r;

	TAILQ_INIT(&s.queue);
	progress_init(&s.progress, settings->progress, now_ns());
	s.producers = calloc(settings->connections, sizeof(*s.producers));
	if (s.producers == NULL)
		return -ENOMEM;
	s.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r = s.epoll_fd < 0 ? -errno : open_signals(&s);
	if (r == 0)
		r = open_all(&s);
	if (r == 0) {
		s.start_ns = s.last_ns = now_ns();
		s.pacer = (struct pacer){ .start_ns = s.start_ns,
			.rate = settings->rate,
			.ramp_ns = settings->ramp_ns };
		r = loop(&s);
		progress_clear(&s.progress);
		sum(&s, result);
	}
	for (unsigned i = 0; i < settings->connections; i++)
		if (s.producers[i].magic == PRODUCER_MAGIC &&
			!producer_is_over(&s.producers[i]))
			producer_abort(&s.producers[i], -ECANCELED);
	if (s.signal_fd >= 0)
		close(s.signal_fd);
	if (s.epoll_fd >= 0)
		close(s.epoll_fd);
	free(s.producers);
	return r;
}
