#include "load/send.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	STRETCH_BYTES = 256 * 1024, /* more than a socket takes at once */
	EVENTS = 256,
};

struct sender {
	const struct send_settings *settings;
	struct tape *tape;
	struct fleet fleet;
	struct pacer pacer;
	bool up;           /* all are open: frames are dealt */
	size_t next;       /* frame of the tape that is dealt next */
	uint64_t dealt;    /* frames, in all */
	uint64_t start_ns; /* monotonic, as all times here */
	uint64_t last_ns;  /* when a socket last took octets */
	uint64_t end_ns;   /* when the end began, once the fleet is ending */
	int epoll_fd;
	int signal_fd;
	struct progress progress;
};

static uint64_t now_ns(void)
{
	return clock_mono_ns(&clock_system);
}

static bool all_dealt(const struct sender *s)
{
	return s->dealt == s->settings->count;
}

/* The next stretch of the tape, at most `frames` long.  Return: how long. */
static size_t play(struct sender *s, struct producer *p, uint64_t frames)
{
	struct tape *t = s->tape;
	size_t first = s->next;
	size_t last = tape_find(t, first, tape_start(t, first) + STRETCH_BYTES);

	if (last == first) /* a single frame longer than that */
		last = first + 1;
	if (last - first > frames)
		last = first + frames;
	if (s->settings->stamp)
		tape_stamp(t, first, last, clock_real_ns(&clock_system));
	producer_play(p, first, last);
	s->dealt += last - first;
	if (p->left != UINT64_MAX)
		p->left -= last - first;
	s->next = last == t->frames ? 0 : last;
	fleet_run(&s->fleet, p);
	return last - first;
}

/* Deals what is due now: a stretch for everyone who waits, in turn. */
static void deal(struct sender *s)
{
	uint64_t due = pacer_due(&s->pacer, now_ns());
	uint64_t left = s->settings->count - s->dealt;
	unsigned turns = s->fleet.ready.n;
	uint64_t share, dealt;

	if (due == UINT64_MAX) {
		/* towards the end, something for each */
		share = left / s->settings->fleet.connections;
	} else {
		due = due > s->dealt ? due - s->dealt : 0;
		left = due < left ? due : left;
		share = turns > 0 ? left / turns : 0;
	}
	if (share == 0)
		share = 1;
	dealt = s->dealt;
	for (; turns > 0 && left > 0; turns--) {
		struct producer *p = fleet_next(&s->fleet);
		uint64_t n = share < left ? share : left;

		if (p == NULL)
			break;
		left -= play(s, p, n < p->left ? n : p->left);
	}
	if (s->dealt != dealt)
		s->last_ns = now_ns();
}

/* From now on nothing is dealt. */
static void end(struct sender *s, uint64_t mono_ns, bool cut)
{
	s->end_ns = mono_ns;
	fleet_end(&s->fleet, cut);
}

static void on_signal(struct sender *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (s->fleet.ending)
			fleet_abort(&s->fleet, -ECANCELED);
		else
			end(s, now_ns(), true);
	}
}

static void on_event(struct sender *s, const struct epoll_event *event)
{
	struct producer *p = event->data.ptr;
	uint64_t bytes;

	if (p == NULL) {
		on_signal(s);
		return;
	}
	bytes = producer_total(p);
	fleet_event(&s->fleet, p, event->events);
	if (producer_total(p) != bytes)
		s->last_ns = now_ns();
}

static int wait_ms(const struct sender *s, uint64_t mono_ns)
{
	uint64_t wait_ns = fleet_wait_ns(&s->fleet, mono_ns);

	if (s->up && !s->fleet.ending && !s->settings->idle &&
		s->fleet.ready.n > 0) {
		uint64_t due_ns = pacer_wait_ns(&s->pacer, mono_ns, s->dealt);

		wait_ns = due_ns < wait_ns ? due_ns : wait_ns;
	}
	return (int)(wait_ns / NS_PER_MS);
}

static void show(struct sender *s, uint64_t mono_ns)
{
	unsigned all = s->settings->fleet.connections;
	uint64_t frames, bytes;
	char text[PROGRESS_MAX];

	if (!progress_is_due(&s->progress, mono_ns))
		return;
	fleet_sum(&s->fleet, &frames, &bytes);
	snprintf(text, sizeof(text),
		"sent %" PRIu64 " frames, %.0f/s, %u of %u connections", frames,
		progress_rate(&s->progress, frames, mono_ns),
		all - s->fleet.over - s->fleet.closed.n - s->fleet.resting.n,
		all);
	progress_show(&s->progress, text);
}

/* Every place is open or has failed; or they come and go. */
static void start(struct sender *s, uint64_t mono_ns)
{
	const struct fleet *f = &s->fleet;
	double t = (double)(mono_ns - f->start_ns) / (double)NS_PER_S;

	s->up = true;
	s->start_ns = s->last_ns = mono_ns;
	s->pacer = s->settings->pacer;
	s->pacer.start_ns = mono_ns;
	if (s->settings->fleet.churn != UINT64_MAX)
		return;
	progress_clear(&s->progress);
	printf("open connections=%" PRIu64 " failed=%u seconds=%.3f "
	       "rate=%.0f\n",
		f->opened - f->failed - f->reconnects, f->failed, t,
		t > 0 ? (double)(f->opened - f->failed) / t : 0.0);
	fflush(stdout);
}

static void advance(struct sender *s, uint64_t mono_ns)
{
	struct fleet *f = &s->fleet;

	if (!s->up && (fleet_is_up(f) || f->settings.churn != UINT64_MAX))
		start(s, mono_ns);
	if (s->up && !f->ending &&
		mono_ns - s->start_ns >= s->settings->duration_ns)
		end(s, mono_ns, true);
	if (s->up && !f->ending && !s->settings->idle)
		deal(s);
	if (!f->ending && all_dealt(s))
		end(s, mono_ns, false);
	if (f->ending && fleet_is_silent(f, s->end_ns, mono_ns))
		fleet_abort(f, PRODUCER_E_SILENT);
}

static int loop(struct sender *s)
{
	struct epoll_event events[EVENTS];

	for (;;) {
		uint64_t mono_ns = now_ns();
		int r = fleet_tend(&s->fleet, mono_ns);
		int n;

		if (r != 0)
			return r;
		advance(s, mono_ns);
		if (fleet_is_over(&s->fleet))
			return 0;
		show(s, mono_ns);
		n = epoll_wait(
			s->epoll_fd, events, EVENTS, wait_ms(s, mono_ns));
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++)
			on_event(s, &events[i]);
	}
}

static int open_signals(struct sender *s)
{
	struct epoll_event event = { .events = EPOLLIN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->signal_fd < 0)
		return -errno;
	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->signal_fd, &event) == 0
		       ? 0
		       : -errno;
}

static void sum(const struct sender *s, struct send_result *result)
{
	const struct fleet *f = &s->fleet;
	double t = (double)(s->last_ns - s->start_ns) / (double)NS_PER_S;

	*result = (struct send_result){
		.ns = s->last_ns - s->start_ns,
		.all_ns = now_ns() - s->start_ns,
		.opened = f->opened,
		.accepted = f->accepted,
		.stopped = f->stopped,
		.finished = f->finished,
		.cut = f->cut,
		.reconnects = f->reconnects,
		.failed = f->failed,
		.accept_ns = f->accept_ns,
	};
	fleet_sum(f, &result->frames, &result->bytes);
	for (unsigned i = 0; i < f->settings.connections && t > 0; i++)
		spread_add(&result->place_rates,
			(uint64_t)((double)producer_total(&f->producers[i]) /
				   t));
}

int send_run(struct send_result *result, const struct send_settings *settings,
	struct tape *tape)
{
	struct sender s = { .settings = settings,
		.tape = tape,
		.epoll_fd = -1,
		.signal_fd = -1 };
	int r;

	progress_init(&s.progress, settings->progress, now_ns());
	s.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r = s.epoll_fd < 0 ? -errno : open_signals(&s);
	if (r == 0)
		r = fleet_init(&s.fleet, &settings->fleet, tape, s.epoll_fd,
			&s.progress);
	if (r == 0) {
		s.start_ns = s.last_ns = now_ns();
		r = loop(&s);
		progress_clear(&s.progress);
		sum(&s, result);
	}
	fleet_deinit(&s.fleet);
	if (s.signal_fd >= 0)
		close(s.signal_fd);
	if (s.epoll_fd >= 0)
		close(s.epoll_fd);
	return r;
}
