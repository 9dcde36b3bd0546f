#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "load/capture.h"
#include "load/command.h"
#include "load/generate.h"
#include "load/ids.h"
#include "load/option.h"
#include "load/send_options.h"

enum {
	POOL_FRAMES = 100 * 1000, /* generated once, then repeated */
	OTHER_FILES = 32,         /* besides connections */
};

static int fail(const char *text)
{
	fprintf(stderr, "tapferry-load: %s\n", text);
	return 1;
}

/* Return: 0, or 1 after a message. */
static int load_captures(const struct send_options *o, struct tape *t)
{
	for (unsigned i = 0; i < o->n_captures; i++) {
		const char *path = o->captures[i];
		int r = capture_read(t, path);

		if (r == CAPTURE_E_CUT)
			fprintf(stderr,
				"tapferry-load: %s ends without STOP; its "
				"whole frames are sent\n",
				path);
		else if (r != 0) {
			fprintf(stderr, "tapferry-load: %s: %s\n", path,
				r == CAPTURE_E_FORMAT
					? "no Frame Streams file of dnstap "
					  "messages"
					: strerror(-r));
			return 1;
		}
	}
	return t->frames > 0 ? 0 : fail("the captures hold no frame");
}

static int load_generated(const struct send_options *o, struct tape *t)
{
	uint64_t frames = o->send.count;
	int r;

	if (frames > POOL_FRAMES && !o->number)
		frames = POOL_FRAMES;
	r = tape_add_generated(t, frames, o->seed, clock_real_ns(&clock_system),
		o->identity != NULL ? o->identity : GENERATOR_IDENTITY);
	return r == 0 ? 0 : fail(strerror(-r));
}

/* Return: 0, or 1 after a message. */
static int number_frames(struct tape *t)
{
	uint32_t run;
	int r = getrandom(&run, sizeof(run), 0) == (ssize_t)sizeof(run)
			? tape_number(t, run)
			: -errno;

	return r == 0 ? 0 : fail(strerror(-r));
}

/* As many open files as connections take.  Return: 0, or 1 after a message. */
static int raise_limit(unsigned connections)
{
	rlim_t wanted = (rlim_t)connections + OTHER_FILES;
	struct rlimit l, both = { .rlim_cur = wanted, .rlim_max = wanted };

	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= wanted)
		return 0;
	/* with CAP_SYS_RESOURCE beyond the hard limit, too */
	if (l.rlim_max < wanted && setrlimit(RLIMIT_NOFILE, &both) == 0)
		return 0;
	if (l.rlim_max >= wanted) {
		l.rlim_cur = wanted;
		if (setrlimit(RLIMIT_NOFILE, &l) == 0)
			return 0;
		return fail(strerror(errno));
	}
	fprintf(stderr,
		"tapferry-load: %u connections take %llu open files, and the "
		"hard limit of this process is %llu: raise it (ulimit -Hn, "
		"LimitNOFILE=), or give --connections %llu or less and start "
		"several\n",
		connections, (unsigned long long)wanted,
		(unsigned long long)l.rlim_max,
		(unsigned long long)(l.rlim_max > OTHER_FILES
					     ? l.rlim_max - OTHER_FILES
					     : 0));
	return 1;
}

static void print_connections(const struct send_result *r)
{
	printf("connections opened=%" PRIu64 " accepted=%" PRIu64
	       " stopped=%" PRIu64 " finished=%" PRIu64 " cut=%" PRIu64
	       " reconnects=%" PRIu64 " failed=%u seconds=%.3f\n",
		r->opened, r->accepted, r->stopped, r->finished, r->cut,
		r->reconnects, r->failed, (double)r->all_ns / (double)NS_PER_S);
	printf("accept p50_us=%" PRIu64 " p99_us=%" PRIu64 " max_us=%" PRIu64
	       "\n",
		spread_quantile(&r->accept_ns, 0.5) / NS_PER_US,
		spread_quantile(&r->accept_ns, 0.99) / NS_PER_US,
		r->accept_ns.max / NS_PER_US);
	printf("frames_per_second_each p1=%" PRIu64 " p50=%" PRIu64
	       " max=%" PRIu64 "\n",
		spread_quantile(&r->place_rates, 0.01),
		spread_quantile(&r->place_rates, 0.5), r->place_rates.max);
}

/* Return: the exit status. */
static int play(struct send_options *o, struct tape *t)
{
	static struct send_result result;
	double s;
	int r;

	/* a capture is played once unless told otherwise */
	if (o->n_captures > 0 && !o->loop && o->send.count > t->frames)
		o->send.count = t->frames;
	r = send_run(&result, &o->send, t);
	if (r != 0)
		return fail(strerror(-r));
	s = (double)result.ns / (double)NS_PER_S;
	print_connections(&result);
	printf("sent frames=%" PRIu64 " bytes=%" PRIu64
	       " seconds=%.3f rate=%.0f\n",
		result.frames, result.bytes, s,
		s > 0 ? (double)result.frames / s : 0.0);
	return result.failed == 0 ? 0 : 1;
}

static int play_over_tls(struct send_options *o, struct tape *t)
{
	struct tls_dial dial = TLS_DIAL_NULL;
	struct buf why = BUF_NULL;
	int r = tls_dial_init(&dial, &o->dial, &why);

	if (r == 0) {
		o->send.fleet.producer.link.dial = &dial;
		r = play(o, t);
	} else {
		r = fail(r == -EINVAL ? buf_str(&why) : strerror(-r));
	}
	tls_dial_deinit(&dial);
	buf_deinit(&why);
	return r;
}

static int run(struct send_options *o)
{
	struct tape tape = TAPE_NULL;
	int r = raise_limit(o->send.fleet.connections);

	if (r != 0)
		return r;
	command_block_signals();
	r = o->n_captures > 0 ? load_captures(o, &tape)
			      : load_generated(o, &tape);
	if (r == 0 && o->number)
		r = number_frames(&tape);
	if (r == 0)
		r = o->send.fleet.producer.link.to.tls ? play_over_tls(o, &tape)
						       : play(o, &tape);
	tape_deinit(&tape);
	return r;
}

int command_send(int argc, char **argv)
{
	struct send_options o;
	bool helped = false;
	int r = send_options_parse(&o, argc, argv, &helped);

	if (r < 0)
		r = fail(strerror(-r));
	else if (r == 0 && !helped)
		r = run(&o);
	free(o.captures);
	return r;
}
