/*
 * decode_encode: nanoseconds of CPU per event, one thread.
 *
 *	decode_encode [--count N] [--capture FILE]...
 *
 * Over N (1,000,000) generated messages, and over the captures: those of the
 * command line, else those of the corpus, if there is one.  A line a figure:
 * "name value unit"; gzipN is decoding, native encoding and gzip at level N,
 * and zstdN the same with zstd, where the build has it.
 * Each way of encoding is run twice: once to count the newlines that come out
 * against the events that went in, once for the time.
 */
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "event/compress.h"
#include "event/encoder.h"
#include "lib/replay.h"
#include "load/capture.h"
#include "load/tape.h"

enum {
	BODY_MAX = 1000 * 1000,      /* the daemon's default batch.bytes */
	CAPTURE_EVENTS = 200 * 1000, /* small captures are played again */
	FEW = 200 * 1000,
	SEED = 1,
};

static struct dns_record records[DNS_RECORDS_MAX];
static uint8_t body[BODY_MAX];

struct run {
	const struct tape *tape;
	size_t turns;                  /* times the tape is played */
	size_t frames;                 /* of the tape, from its begin */
	struct encoder *encoder;       /* NULL: decode only */
	struct compressor *compressor; /* NULL: plain */
	bool count;                    /* count what comes out, do not time */
	uint64_t events;
	uint64_t not_dnstap;
	uint64_t newlines;
	uint64_t bytes;
	uint64_t compressed;
};

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "decode_encode: %s\n", what);
	exit(1);
}

static struct slice tape_payload(const struct tape *t, size_t i)
{
	size_t start = tape_start(t, i) + 4;

	return slice_from(t->data + start, t->ends[i] - start);
}

static void seal(struct run *run, size_t len)
{
	struct slice out;

	run->bytes += len;
	if (run->count)
		for (size_t i = 0; i < len; i++)
			run->newlines += body[i] == '\n';
	if (run->compressor == NULL)
		return;
	if (compressor_run(run->compressor, slice_from(body, len), &out) != 0)
		fail("out of memory");
	run->compressed += out.len;
}

static void encode(struct run *run, const struct event *event, size_t *len)
{
	size_t n = encoder_write(
		run->encoder, event, body + *len, BODY_MAX - *len);

	if (n == 0) {
		seal(run, *len);
		*len = 0;
		n = encoder_write(run->encoder, event, body, BODY_MAX);
		if (n == 0)
			fail("an event does not fit into a batch");
	}
	*len += n;
}

static void play(struct run *run)
{
	size_t len = 0;

	for (size_t turn = 0; turn < run->turns; turn++) {
		for (size_t i = 0; i < run->frames; i++) {
			struct event event;

			if (event_decode(&event, records,
				    tape_payload(run->tape, i), 0) != 0) {
				run->not_dnstap++;
				continue;
			}
			run->events++;
			if (run->encoder != NULL)
				encode(run, &event, &len);
		}
	}
	seal(run, len);
}

static void figure(
	const char *set, const char *name, double value, const char *unit)
{
	printf("%s_%s %.1f %s\n", set, name, value, unit);
	fflush(stdout);
}

static void measure(const char *set, const char *name, struct run run)
{
	struct run check = run;
	uint64_t start;

	check.count = true;
	check.turns = 1;
	play(&check);
	if (check.events + check.not_dnstap != check.frames)
		fail("frames are missing");
	if (check.encoder != NULL && check.newlines != check.events)
		fail("events in and lines out differ");
	start = cpu_ns();
	play(&run);
	figure(set, name, (double)(cpu_ns() - start) / (double)run.events,
		"ns/event");
	if (run.encoder != NULL && run.compressor == NULL) {
		char bytes[64];

		snprintf(bytes, sizeof(bytes), "%s_bytes", name);
		figure(set, bytes, (double)run.bytes / (double)run.events,
			"bytes/event");
	}
	if (run.compressor != NULL) {
		char ratio[64];

		snprintf(ratio, sizeof(ratio), "%s_ratio", name);
		figure(set, ratio, (double)run.bytes / (double)run.compressed,
			"times");
	}
}

static struct encoder *make_encoder(enum event_dialect dialect)
{
	const struct encoder_settings settings = {
		.dialect = dialect,
		.envelope = ENVELOPE_HEC,
		.source = "tapferry",
		.sourcetype = "dnstap",
	};
	struct encoder *encoder;

	if (encoder_new(&encoder, &settings) != 0)
		fail("out of memory");
	return encoder;
}

static void measure_all(const char *set, const struct tape *tape, size_t turns)
{
	struct encoder *native = make_encoder(DIALECT_NATIVE);
	struct encoder *cim = make_encoder(DIALECT_CIM);
	static const struct {
		enum compression kind;
		int level;
	} packed[] = { { COMPRESSION_GZIP, 1 }, { COMPRESSION_ZSTD, 1 },
		{ COMPRESSION_GZIP, 3 }, { COMPRESSION_GZIP, 6 },
		{ COMPRESSION_GZIP, 9 } };
	struct run run = {
		.tape = tape, .turns = turns, .frames = tape->frames
	};

	figure(set, "events", (double)tape->frames, "events");
	figure(set, "frame_bytes", (double)tape->len / (double)tape->frames - 4,
		"bytes/event");
	measure(set, "decode", run);
	run.encoder = native;
	measure(set, "native", run);
	run.encoder = cim;
	measure(set, "cim", run);
	run.encoder = native;
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		enum compression kind = packed[i].kind;
		int level = packed[i].level;
		char name[16];

		if (!compression_built(kind))
			continue;
		if (compressor_new(&run.compressor, kind, level) != 0)
			fail("out of memory");
		/* the higher ones take long, and fewer events show it */
		if (level > 1 && run.turns == 1 && tape->frames > FEW)
			run.frames = FEW;
		snprintf(name, sizeof(name), "%s%d", compression_name(kind),
			level);
		measure(set, name, run);
		compressor_free(run.compressor);
	}
	encoder_free(native);
	encoder_free(cim);
}

static void add_capture(struct tape *tape, const char *path)
{
	int r = capture_read(tape, path);

	if (r != 0 && r != CAPTURE_E_CUT) {
		fprintf(stderr, "decode_encode: %s: cannot be read\n", path);
		exit(1);
	}
}

static void add_corpus(struct tape *tape)
{
	const char *captures = replay_corpus("captures");
	char path[4096];
	struct dirent *entry;
	DIR *dir = captures == NULL ? NULL : opendir(captures);

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s", captures);
	while ((entry = readdir(dir)) != NULL) {
		char file[4096 + 256];

		if (strstr(entry->d_name, ".fstrm") == NULL &&
			strstr(entry->d_name, ".dnstap") == NULL)
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		add_capture(tape, file);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "capture", required_argument, NULL, 'f' },
		{ "count", required_argument, NULL, 'n' },
		{ 0 },
	};
	struct tape generated = TAPE_NULL;
	struct tape captured = TAPE_NULL;
	size_t count = 1000 * 1000;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'f')
			add_capture(&captured, optarg);
		else if (c == 'n')
			count = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (count > 0) {
		if (tape_add_generated(&generated, count, SEED,
			    UINT64_C(1700000000000000000), "resolver-1") != 0)
			fail("out of memory");
		measure_all("generated", &generated, 1);
		tape_deinit(&generated);
	}
	if (captured.frames == 0)
		add_corpus(&captured);
	if (captured.frames > 0)
		measure_all("captured", &captured,
			CAPTURE_EVENTS / captured.frames + 1);
	tape_deinit(&captured);
	return 0;
}
