#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/capture.h"
#include "load/command.h"
#include "load/option.h"
#include "load/send.h"

static const char help[] =
	"usage: tapferry-load send --to ADDRESS [OPTION]...\n"
	"\n"
	"  --to ADDRESS       unix:/path or tcp://host:port\n"
	"  --capture FILE     play a Frame Streams file; may be given again\n"
	"  --generate         play generated traffic (default without "
	"--capture)\n"
	"  --seed N           of the generated traffic (default 1)\n"
	"  --loop             play the captures again and again\n"
	"  --connections N    default 1\n"
	"  --rate N           frames a second over all connections (default: "
	"as\n"
	"                     many as go)\n"
	"  --ramp DURATION    raise the rate from nothing during this time\n"
	"  --count N          frames to send in all\n"
	"  --duration DURATION\n"
	"                     time to send for\n"
	"  --unidirectional   START at once, without READY and FINISH\n"
	"  --progress         a live line even when stderr is no terminal\n"
	"  --quiet            no live line\n";

enum {
	POOL_FRAMES = 100 * 1000, /* generated once, then repeated */
	CONNECTIONS_MAX = 100 * 1000,
};

struct options {
	const char *to;
	const char **captures; /* as many as arguments at most */
	unsigned n_captures;
	bool generate;
	bool loop;
	uint64_t seed;
	struct send_settings send;
};

static int usage_error(const char *text)
{
	fprintf(stderr, "tapferry-load send: %s\n", text);
	return EXIT_USAGE;
}

/* One option.  Return: false when its value cannot be. */
static bool take(struct options *o, int option, const char *name)
{
	uint64_t n;

	switch (option) {
	case 't':
		o->to = optarg;
		return true;
	case 'f':
		o->captures[o->n_captures++] = optarg;
		return true;
	case 'g':
		return o->generate = true;
	case 'l':
		return o->loop = true;
	case 'u':
		return o->send.unidirectional = true;
	case 'p':
		return o->send.progress = true;
	case 'q':
		o->send.progress = false;
		return true;
	case 's':
		return option_number(&o->seed, name, optarg, 0, UINT64_MAX);
	case 'c':
		if (!option_number(&n, name, optarg, 1, CONNECTIONS_MAX))
			return false;
		o->send.connections = (unsigned)n;
		return true;
	case 'r':
		return option_rate(&o->send.rate, name, optarg);
	case 'a':
		return option_duration(&o->send.ramp_ns, name, optarg);
	case 'n':
		return option_number(
			&o->send.count, name, optarg, 1, UINT64_MAX - 1);
	case 'd':
		return option_duration(&o->send.duration_ns, name, optarg);
	default:
		return false; /* getopt_long() has said why */
	}
}

/* What cannot be together.  Return: 0 or EXIT_USAGE. */
static int check(struct options *o, int argc, char **argv)
{
	int r;

	if (optind < argc) {
		fprintf(stderr,
			"tapferry-load send: what is \"%s\"? every value "
			"belongs to an option\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	if (o->to == NULL)
		return usage_error("--to ADDRESS is missing");
	if (o->generate && o->n_captures > 0)
		return usage_error("--generate and --capture: choose one");
	if (o->loop && o->n_captures == 0)
		return usage_error("--loop repeats captures; there is none");
	if (o->send.ramp_ns > 0 && o->send.rate == 0)
		return usage_error("--ramp leads to a rate; give --rate too");
	r = address_parse(&o->send.to, o->to);
	if (r != 0) {
		fprintf(stderr, "tapferry-load: --to %s: %s\n", o->to,
			address_error_text(r));
		return EXIT_USAGE;
	}
	if (o->send.to.tls)
		return usage_error("--to tls:// is not to be had; send to a "
				   "unix: or tcp:// listener");
	return 0;
}

/* Return: 0, or -1 after a message. */
static int parse(struct options *o, int argc, char **argv, bool *helped)
{
	static const struct option known[] = {
		{ "to", required_argument, NULL, 't' },
		{ "capture", required_argument, NULL, 'f' },
		{ "generate", no_argument, NULL, 'g' },
		{ "loop", no_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 's' },
		{ "connections", required_argument, NULL, 'c' },
		{ "rate", required_argument, NULL, 'r' },
		{ "ramp", required_argument, NULL, 'a' },
		{ "count", required_argument, NULL, 'n' },
		{ "duration", required_argument, NULL, 'd' },
		{ "unidirectional", no_argument, NULL, 'u' },
		{ "progress", no_argument, NULL, 'p' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int index = 0;
	int option;

	while ((option = getopt_long(argc, argv, "h", known, &index)) != -1) {
		if (option == 'h') {
			*helped = true;
			fputs(help, stdout);
			return 0;
		}
		if (!take(o, option, known[index].name))
			return EXIT_USAGE;
	}
	return check(o, argc, argv);
}

/* Return: 0, or 1 after a message. */
static int load_captures(const struct options *o, struct tape *t)
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
	if (t->frames > 0)
		return 0;
	fputs("tapferry-load: the captures hold no frame\n", stderr);
	return 1;
}

static int load_generated(const struct options *o, struct tape *t)
{
	uint64_t frames = o->send.count;
	int r;

	if (frames > POOL_FRAMES)
		frames = POOL_FRAMES;
	r = tape_add_generated(
		t, frames, o->seed, clock_real_ns(&clock_system));
	if (r == 0)
		return 0;
	fprintf(stderr, "tapferry-load: %s\n", strerror(-r));
	return 1;
}

/* Return: the exit status. */
static int play(struct options *o, const struct tape *t)
{
	struct send_result result;
	double s;
	int r;

	/* a capture is played once unless told otherwise */
	if (o->n_captures > 0 && !o->loop && o->send.count > t->frames)
		o->send.count = t->frames;
	r = send_run(&result, &o->send, t);
	if (r != 0) {
		fprintf(stderr, "tapferry-load: %s\n", strerror(-r));
		return 1;
	}
	s = (double)result.ns / (double)NS_PER_S;
	printf("sent frames=%" PRIu64 " bytes=%" PRIu64
	       " seconds=%.3f rate=%.0f\n",
		result.frames, result.bytes, s,
		s > 0 ? (double)result.frames / s : 0.0);
	return result.failed == 0 ? 0 : 1;
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int command_send(int argc, char **argv)
{
	struct options o = {
		.seed = 1,
		.send = {
			.connections = 1,
			.count = UINT64_MAX,
			.duration_ns = UINT64_MAX,
			.progress = isatty(STDERR_FILENO) == 1,
		},
	};
	struct tape tape = TAPE_NULL;
	bool helped = false;
	int r;

	o.captures = calloc((size_t)argc, sizeof(*o.captures));
	if (o.captures == NULL) {
		fprintf(stderr, "tapferry-load: %s\n", strerror(ENOMEM));
		return 1;
	}
	r = parse(&o, argc, argv, &helped);
	if (r == 0 && !helped) {
		block_signals();
		r = o.n_captures > 0 ? load_captures(&o, &tape)
				     : load_generated(&o, &tape);
		if (r == 0)
			r = play(&o, &tape);
	}
	tape_deinit(&tape);
	free(o.captures);
	return r;
}
