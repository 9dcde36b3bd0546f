/*
 * instructions: one piece of the hot path, for a counter of instructions.
 *
 *	instructions [--count N] decode|native|cim|captures|line
 *	instructions --build
 *
 * Does the same twice, once to warm up and once inside measured(), which
 * tests/bench/instructions.sh has callgrind count, and prints how many events
 * that were.  Input: N (10,000) generated messages, always the same; for
 * `captures` the real ones in tests/data instead.  `line` is all that a worker
 * does with what it has read: cut, decode, encode, seal, hand over.
 *
 * --build prints what the counts depend on besides the sources.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "event/filler.h"
#include "intake/stream.h"
#include "lib/replay.h"
#include "load/capture.h"
#include "load/tape.h"

enum {
	BODY_MAX = 1000 * 1000, /* the daemon's default batch.bytes */
	BATCH_EVENTS = 1000,    /* and batch.events */
	PIECE = 64 * 1024,      /* octets of a read */
	MAX_FRAME = 256 * 1024,
	SEED = 1,
};

static struct dns_record records[DNS_RECORDS_MAX];
static uint8_t body[BODY_MAX];

struct run {
	const struct tape *tape;
	struct encoder *encoder; /* NULL: decode only */
	struct conn *conn;       /* NULL: not the whole line */
	struct sink *sink;
	struct feed *feed;
	uint64_t events;
};

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "instructions: %s\n", what);
	exit(1);
}

static void play(struct run *run)
{
	for (size_t i = 0, len = 0; i < run->tape->frames; i++) {
		const uint8_t *data = run->tape->data;
		size_t start = tape_start(run->tape, i) + TAPE_PREFIX_LEN;
		struct event event;

		if (event_decode(&event, records,
			    slice_from(
				    data + start, run->tape->ends[i] - start),
			    0) != 0)
			continue;
		run->events++;
		if (run->encoder == NULL)
			continue;
		if (BODY_MAX - len < BODY_MAX / 2)
			len = 0;
		len += encoder_write(
			run->encoder, &event, body + len, BODY_MAX - len);
	}
}

/* What a sender does with a batch, but for the sending. */
static void empty(struct run *run)
{
	struct batch *b;

	while ((b = ring_try_pop(&run->feed->sealed)) != NULL) {
		run->events += b->events;
		batch_settle(b, b->events);
		batch_pool_put(&run->feed->pool, &b);
	}
}

static void play_line(struct run *run)
{
	for (size_t at = 0; at < run->tape->len; at += PIECE) {
		size_t left = run->tape->len - at;
		struct slice in = slice_from(
			run->tape->data + at, left < PIECE ? left : PIECE);
		const char *why;

		if (stream_take(run->conn, &in, run->sink, &why) != 0)
			fail("the stream is not taken");
		sink_count(run->sink);
		empty(run);
	}
	sink_flush(run->sink);
	empty(run);
}

static void do_it(struct run *run)
{
	if (run->conn != NULL)
		play_line(run);
	else
		play(run);
}

/* What is counted; its name is in instructions.sh. */
void measured(struct run *run);
void __attribute__((noinline)) measured(struct run *run)
{
	do_it(run);
}

static const struct encoder_settings encoding = {
	.dialect = DIALECT_NATIVE,
	.envelope = ENVELOPE_HEC,
	.source = "tapferry",
	.sourcetype = "dnstap",
};

static void make_encoder(struct run *run, enum event_dialect dialect)
{
	struct encoder_settings settings = encoding;

	settings.dialect = dialect;
	if (encoder_new(&run->encoder, &settings) != 0)
		fail("out of memory");
}

/* A connection whose stream has begun, and the feed that it fills. */
static void make_line(struct run *run)
{
	static const uint8_t start[] = { 0, 0, 0, 0, 0, 0, 0, 34, 0, 0, 0, 2, 0,
		0, 0, 1, 0, 0, 0, 22, 'p', 'r', 'o', 't', 'o', 'b', 'u', 'f',
		':', 'd', 'n', 's', 't', 'a', 'p', '.', 'D', 'n', 's', 't', 'a',
		'p' };
	static struct frame_memory memory = { .size = MAX_FRAME };
	static struct stat_set stats;
	static struct sink sink;
	static struct feed feed;
	const struct feed_settings settings = {
		.name = "bench",
		.encoder = encoding,
		.batch_events = BATCH_EVENTS,
		.batch_bytes = BODY_MAX,
		.linger_ns = NS_PER_S,
		.buffer_events = 10 * BATCH_EVENTS,
	};
	const struct sockaddr peer = { .sa_family = AF_UNIX };
	struct filler *filler = calloc(1, sizeof(*filler));
	struct slice in = slice_from(start, sizeof(start));
	const char *why;

	if (filler == NULL || feed_init(&feed, &settings, 1, 1) != 0 ||
		stat_set_init(&stats, 1) != 0 ||
		sink_init(&sink, &stats.shards[0]) != 0 ||
		filler_init(filler, &feed, 0) != 0 ||
		conn_new(&run->conn, -1, &peer, 0, MAX_FRAME, &memory, 0) != 0)
		fail("out of memory");
	sink_change(&sink, &filler, 1);
	run->sink = &sink;
	run->feed = &feed;
	if (stream_take(run->conn, &in, &sink, &why) != 0)
		fail(why);
}

static void add_captures(struct tape *tape)
{
	static const char *const names[] = { "alpha-kdig-axfr.dnstap",
		"alpha-kdig-https.dnstap", "alpha-kdig-mixed.dnstap",
		"alpha-kdig-tls.dnstap", "alpha-kresd.fstrm",
		"alpha-nsd.fstrm" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[64];
		int r;

		snprintf(name, sizeof(name), "captures/%s", names[i]);
		r = capture_read(tape, replay_data(name));
		if (r != 0 && r != CAPTURE_E_CUT)
			fail("a capture of tests/data cannot be read");
	}
}

static void tell_build(void)
{
#if defined(__clang__)
	printf("clang-%d", __clang_major__);
#else
	printf("gcc-%d", __GNUC__);
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	printf(" sanitized");
#elif !defined(__OPTIMIZE__)
	printf(" not-optimized");
#endif
#if defined(__x86_64__)
	printf(" x86-64\n");
#elif defined(__aarch64__)
	printf(" aarch64\n");
#else
	printf(" other\n");
#endif
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "build", no_argument, NULL, 'b' },
		{ 0 },
	};
	struct tape tape = TAPE_NULL;
	struct run run = { .tape = &tape };
	size_t count = 10 * 1000;
	const char *what;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'b') {
			tell_build();
			return 0;
		}
		if (c != 'n')
			return 2;
		count = strtoul(optarg, NULL, 10);
	}
	if (optind + 1 != argc)
		return 2;
	what = argv[optind];
	if (strcmp(what, "captures") == 0)
		add_captures(&tape);
	else if (tape_add_generated(&tape, count, SEED,
			 UINT64_C(1700000000000000000), "resolver-1") != 0)
		fail("out of memory");
	if (strcmp(what, "native") == 0 || strcmp(what, "captures") == 0)
		make_encoder(&run, DIALECT_NATIVE);
	else if (strcmp(what, "cim") == 0)
		make_encoder(&run, DIALECT_CIM);
	else if (strcmp(what, "line") == 0)
		make_line(&run);
	else if (strcmp(what, "decode") != 0)
		return 2;
	do_it(&run);
	run.events = 0;
	measured(&run);
	if (run.events == 0)
		fail("no events");
	printf("%llu\n", (unsigned long long)run.events);
	return 0;
}
